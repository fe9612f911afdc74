"""The Hub's routes that change a repository: create, settings, branches, tags, preupload and commit."""

import base64
import re
from typing import Any

import orjson

from tests.standins.hub_call import Call
from tests.standins.hub_errors import HubError, revision_not_found
from tests.standins.hub_repos import Discussion, Repo, StoredFile, is_lfs_path, store_file
from tests.standins.wire import Reply, json_reply

_REGULAR_MAX_BYTES = 10 * 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")


def create_repo(call: Call) -> Reply:
    """A new dataset; 409 with its URL when there is one already."""
    token, wanted = call.check_signed_in(), call.request.json()
    if wanted.get("type") != "dataset":
        raise HubError(400, "this stand-in only has datasets")
    if not _NAME.fullmatch(wanted["name"]) or wanted["name"].endswith((".git", ".ipynb")):
        raise HubError(400, f"Invalid repo name: {wanted['name']}")
    repo_id = f"{wanted.get('organization') or token.user}/{wanted['name']}"
    url = f"{call.endpoint}/datasets/{repo_id}"
    if token.role == "read" or not token.owns(repo_id):
        namespace = repo_id.split("/")[0]
        message = f'You don\'t have the rights to create a dataset under the namespace "{namespace}"'
        raise HubError(403, message)
    if repo_id in call.state.repos:
        error = {"error": "You already created this dataset repo", "url": url}
        return json_reply(error, status=409, headers={"X-Error-Message": error["error"]})
    private = wanted.get("visibility") == "private" or bool(wanted.get("private"))
    call.state.repos[repo_id] = Repo(repo_id, author=token.user, private=private)
    return json_reply({"url": url, "name": repo_id, "id": repo_id})


def delete_repo(call: Call) -> Reply:
    """Remove a dataset for good."""
    token, wanted = call.check_signed_in(), call.request.json()
    call.params["id"] = f"{wanted.get('organization') or token.user}/{wanted['name']}"
    del call.state.repos[call.get_writable_repo().id]
    return json_reply({})


def change_settings(call: Call) -> Reply:
    """Visibility and gating."""
    repo, wanted = call.get_writable_repo(), call.request.json()
    if "visibility" in wanted or "private" in wanted:
        repo.private = wanted.get("visibility") == "private" or bool(wanted.get("private"))
    if "gated" in wanted:
        repo.gated = wanted["gated"] or None
    return json_reply({"private": repo.private, "gated": repo.gated or False})


def create_branch(call: Call) -> Reply:
    """A branch at `startingPoint`, by default at main's head."""
    repo = call.get_writable_repo()
    return _create_ref(repo, f"refs/heads/{call.params['name']}", call.request.json().get("startingPoint", "main"))


def create_tag(call: Call) -> Reply:
    """A tag at the revision in the path."""
    repo = call.get_writable_repo()
    return _create_ref(repo, f"refs/tags/{call.request.json()['tag']}", call.params["name"])


def delete_ref(call: Call) -> Reply:
    """Remove the branch or tag that the path names."""
    repo = call.get_writable_repo()
    kind = "heads" if "/branch/" in call.request.path else "tags"
    if repo.refs.pop(f"refs/{kind}/{call.params['name']}", None) is None:
        raise revision_not_found(call.params["name"])
    return json_reply({})


def preupload(call: Call) -> Reply:
    """For each file: large file storage or in the commit, and the oid of what is there now."""
    as_pull_request = call.request.flag("create_pr")
    repo = call.get_writable_repo(as_pull_request=as_pull_request)
    commit = repo.get_commit(call.params["revision"])
    answers = []
    for file in call.request.json()["files"]:
        present = commit.files.get(file["path"])
        mode = "lfs" if _belongs_in_lfs(file) else "regular"
        answer = {"path": file["path"], "uploadMode": mode, "shouldIgnore": False}
        answers.append(answer | ({"oid": present.oid} if present else {}))
    return json_reply({"files": answers, "commitOid": commit.sha})


def commit(call: Call) -> Reply:
    """Apply the operations in the body (ndjson) as one commit, or as a pull request."""
    as_pull_request = call.request.flag("create_pr")
    repo = call.get_writable_repo(as_pull_request=as_pull_request)
    lines = [orjson.loads(line) for line in call.request.body.splitlines() if line.strip()]
    if not lines or lines[0]["key"] != "header":
        raise HubError(400, "the first line must be the header")
    header = lines[0]["value"]
    if not header.get("summary"):
        raise HubError(400, '"summary" is not allowed to be empty')
    ref = repo.find_ref(call.params["revision"])
    if ref is None or ref.startswith("refs/tags/"):
        raise revision_not_found(call.params["revision"])
    head = repo.commits[repo.refs[ref]]
    if header.get("parentCommit") not in (None, head.sha):
        raise HubError(412, "A commit has happened since. Please refresh and try again.")
    files = dict(head.files)
    for line in lines[1:]:
        _apply(call, files, line["key"], line["value"])
    return _finish_commit(call, repo, ref, files, header, as_pull_request=as_pull_request)


def _finish_commit(
    call: Call,
    repo: Repo,
    ref: str,
    files: dict[str, StoredFile],
    header: dict[str, Any],
    *,
    as_pull_request: bool,
) -> Reply:
    pull_request_url = None
    if as_pull_request:
        pull_request = open_discussion(repo, header["summary"], author=call.user, base=ref)
        pull_request_url = f"{call.endpoint}/datasets/{repo.id}/discussions/{pull_request.number}"
        head, ref = repo.refs[ref], f"refs/pr/{pull_request.number}"
        repo.refs[ref] = head
    # a commit that changes nothing is a commit too: on the Hub, it is the client that leaves it out
    description = header.get("description", "")
    new = repo.add_commit(ref, files, title=header["summary"], description=description, author=call.user)
    answer = {
        "success": True,
        "commitOid": new.sha,
        "commitUrl": f"{call.endpoint}/datasets/{repo.id}/commit/{new.sha}",
        "hookOutput": "",
    }
    return json_reply(answer | ({"pullRequestUrl": pull_request_url} if pull_request_url else {}))


def open_discussion(repo: Repo, title: str, *, author: str, base: str | None) -> Discussion:
    """A new discussion, or a pull request onto `base`."""
    discussion = Discussion(len(repo.discussions) + 1, title, author, repo.moment(), is_pull_request=base is not None)
    if base is not None:
        discussion.base = base
    repo.discussions.append(discussion)
    return discussion


def _apply(call: Call, files: dict[str, StoredFile], operation: str, value: dict[str, Any]) -> None:
    path: str = value["path"]
    match operation:
        case "file":
            files[path] = store_file(base64.b64decode(value["content"]), is_lfs=False)
        case "lfsFile":
            if value["oid"] not in call.state.blobs:
                raise HubError(400, f"LFS pointer pointed to a file that does not exist: {path}")
            files[path] = store_file(call.state.blobs[value["oid"]], is_lfs=True)
        case "deletedFile" if path in files:
            del files[path]
        case "deletedFolder" if any(name.startswith(f"{path.rstrip('/')}/") for name in files):
            for name in [name for name in files if name.startswith(f"{path.rstrip('/')}/")]:
                del files[name]
        case "deletedFile" | "deletedFolder":
            raise HubError(404, f"A file with this name doesn't exist: {path}", code="EntryNotFound")
        case _:
            raise HubError(400, f"unknown operation {operation}")


def _belongs_in_lfs(file: dict[str, Any]) -> bool:
    sample = base64.b64decode(file["sample"])
    return is_lfs_path(file["path"]) or file["size"] > _REGULAR_MAX_BYTES or b"\0" in sample


def _create_ref(repo: Repo, ref: str, revision: str) -> Reply:
    if ref in repo.refs:
        raise HubError(409, f"Reference already exists: {ref}")
    repo.refs[ref] = repo.get_commit(revision).sha
    return json_reply({}, status=201)
