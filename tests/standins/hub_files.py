"""The Hub's routes that carry contents: downloads, and uploads of large files by LFS."""

import hashlib
import re

from tests.standins.hub_call import Call
from tests.standins.hub_errors import HubError
from tests.standins.wire import Reply, json_reply

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def resolve(call: Call) -> Reply:
    """A file at a revision, whole or in part; HEAD tells its hash, size and commit."""
    repo = call.get_repo(with_files=True)
    commit = repo.get_commit(call.params["revision"])
    file = repo.get_file(commit.sha, call.params["path"])
    headers = {
        "X-Repo-Commit": commit.sha,
        "ETag": f'"{file.oid}"',
        "Content-Type": "application/octet-stream",
    }
    if file.is_lfs:
        headers |= {
            "X-Linked-Size": str(len(file.content)),
            "X-Linked-ETag": f'"{file.sha256}"',
            "X-Xet-Hash": call.state.xet.ensure_file(file.content, file.sha256),
            "Link": f'<{call.endpoint}/api/datasets/{repo.id}/xet-read-token/{commit.sha}>; rel="xet-auth"',
        }
    return range_reply(call, file.content, headers)


def range_reply(call: Call, content: bytes, headers: dict[str, str]) -> Reply:
    """The content, or the part of it that the request's Range header asks for."""
    headers = {"Accept-Ranges": "bytes", **headers}
    wanted = _RANGE.fullmatch(call.request.headers.get("range", ""))
    if wanted is None or not any(wanted.groups()):
        return Reply(200, content, headers)
    size = len(content)
    if wanted[1]:
        start, end = int(wanted[1]), min(int(wanted[2] or size - 1), size - 1)
    else:
        start, end = max(0, size - int(wanted[2])), size - 1
    if start > end:
        raise HubError(416, "Range Not Satisfiable", headers={"Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    return Reply(206, content[start : end + 1], headers)


def lfs_batch(call: Call) -> Reply:
    """Where to upload which large files; those that are here already need no upload."""
    call.get_writable_repo(as_pull_request=True)
    objects = []
    for wanted in call.request.json()["objects"]:
        answer = {"oid": wanted["oid"], "size": wanted["size"], "authenticated": True}
        if wanted["oid"] not in call.state.blobs:
            address = f"{call.endpoint}/_lfs/{wanted['oid']}"
            upload = {"href": address, "header": {}, "expires_in": 900}
            answer["actions"] = {"upload": upload, "verify": {"href": f"{address}/verify", "header": {}}}
        objects.append(answer)
    content_type = {"Content-Type": "application/vnd.git-lfs+json"}
    return json_reply({"transfer": "basic", "objects": objects}, headers=content_type)


def lfs_upload(call: Call) -> Reply:
    """Keep an uploaded file; the address is a secret in itself, so there is no token."""
    if hashlib.sha256(call.request.body).hexdigest() != call.params["oid"]:
        raise HubError(400, "the content does not have the SHA-256 in the address")
    call.state.blobs[call.params["oid"]] = call.request.body
    return Reply(200)


def lfs_verify(call: Call) -> Reply:
    """Whether the uploaded file is here in full."""
    content = call.state.blobs.get(call.params["oid"])
    if content is None or len(content) != call.request.json()["size"]:
        raise HubError(404, "Object does not exist on the server")
    return json_reply({})
