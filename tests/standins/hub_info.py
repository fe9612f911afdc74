"""The Hub's routes that tell what there is: dataset info, tree, paths, refs, history."""

import hashlib
from typing import Any
from urllib.parse import parse_qs, urlencode

from tests.standins.hub_call import Call
from tests.standins.hub_card import read_card
from tests.standins.hub_errors import HubError
from tests.standins.hub_repos import Commit, Repo, StoredFile
from tests.standins.wire import Reply, json_reply


def whoami(call: Call) -> Reply:
    """Who the sender is and what the token may do."""
    return json_reply(call.check_signed_in().to_whoami())


def list_datasets(call: Call) -> Reply:
    """The datasets that the sender may see, by name; `author` and `search` filter."""
    author = call.request.query.get("author", [""])[-1]
    search = call.request.query.get("search", [""])[-1].lower()
    found = [
        _info(repo, repo.get_commit("main"), with_blobs=False)
        for repo in sorted(call.state.repos.values(), key=lambda repo: repo.id)
        if (not author or repo.id.startswith(f"{author}/")) and search in repo.id.lower()
        if not repo.private or (call.token and call.token.owns(repo.id))
    ]
    return json_reply(found)


def show_dataset(call: Call) -> Reply:
    """One dataset at a revision: sha, files, card data."""
    repo = call.get_repo()
    commit = repo.get_commit(call.params.get("revision", "main"))
    info = _info(repo, commit, with_blobs=call.request.flag("blobs"))
    if wanted := call.request.query.get("expand"):
        info = {key: value for key, value in info.items() if key in {"_id", "id", *wanted}}
    return json_reply(info)


def list_tree(call: Call) -> Reply:
    """Files and folders below a path, a page at a time."""
    commit = call.get_repo().get_commit(call.params["revision"])
    folder = call.params.get("path") or ""
    prefix = f"{folder}/" if folder else ""
    below = [path for path in commit.files if path.startswith(prefix)]
    if folder and not below:
        raise HubError(404, f"{folder} does not exist on this revision", code="EntryNotFound")
    paths = {*below, *(parent for path in below for parent in _parents(path) if parent.startswith(prefix))}
    if not call.request.flag("recursive"):
        paths = {path for path in paths if "/" not in path[len(prefix) :]}
    start = int(call.request.query.get("cursor", ["0"])[-1])
    page = sorted(paths)[start : start + call.state.tree_page_size]
    end = start + len(page)
    headers = {}
    if end < len(paths):
        query = {name: values[-1] for name, values in call.request.query.items()} | {"cursor": str(end)}
        headers["Link"] = f'<{call.endpoint}{call.request.path}?{urlencode(query)}>; rel="next"'
    expand = call.request.flag("expand")
    return json_reply([_entry(call, commit, path, expand=expand) for path in page], headers=headers)


def list_paths(call: Call) -> Reply:
    """Those of the paths in the form that exist, file or folder."""
    commit = call.get_repo().get_commit(call.params["revision"])
    if call.request.headers.get("content-type", "").startswith("application/json"):
        form = call.request.json()
        paths, expand = form["paths"], bool(form.get("expand"))
    else:
        fields = parse_qs(call.request.body.decode())
        paths, expand = fields.get("paths", []), fields.get("expand", [""])[-1].lower() == "true"
    folders = {parent for path in commit.files for parent in _parents(path)}
    wanted = [path.strip("/") for path in paths]
    known = [path for path in wanted if path in commit.files or path in folders]
    return json_reply([_entry(call, commit, path, expand=expand) for path in known])


def list_refs(call: Call) -> Reply:
    """Branches, tags and, with `include_prs`, pull requests."""
    refs = call.get_repo().refs

    def below(prefix: str) -> list[dict[str, str]]:
        return [
            {"name": ref.removeprefix(prefix), "ref": ref, "targetCommit": sha}
            for ref, sha in sorted(refs.items())
            if ref.startswith(prefix)
        ]

    listing = {"branches": below("refs/heads/"), "tags": below("refs/tags/"), "converts": []}
    if call.request.flag("include_prs"):
        listing["pullRequests"] = below("refs/pr/")
    return json_reply(listing)


def list_commits(call: Call) -> Reply:
    """The history of a revision, newest first."""
    commits = call.get_repo().list_commits(call.params["revision"])
    return json_reply(
        [
            {
                "id": commit.sha,
                "title": commit.title,
                "message": commit.description,
                "authors": [{"user": commit.author}],
                "date": commit.created_at,
            }
            for commit in reversed(commits)
        ]
    )


def check_access(call: Call) -> Reply:
    """Whether the sender may read, or write if the path says so."""
    if call.request.path.endswith("/write"):
        call.get_writable_repo()
    call.get_repo(with_files=True)
    return json_reply({})


def _info(repo: Repo, commit: Commit, *, with_blobs: bool) -> dict[str, Any]:
    readme = commit.files.get("README.md")
    siblings = [
        {"rfilename": path, **(_blob(file) if with_blobs else {})} for path, file in sorted(commit.files.items())
    ]
    return {
        "_id": hashlib.sha1(repo.id.encode()).hexdigest()[:24],
        "id": repo.id,
        "author": repo.id.split("/")[0],
        "sha": commit.sha,
        "private": repo.private,
        "gated": repo.gated or False,
        "disabled": False,
        "createdAt": repo.moment(0),
        "lastModified": commit.created_at,
        "cardData": read_card(readme.content.decode("utf-8", "replace")).data if readme else None,
        "downloads": 0,
        "likes": 0,
        "tags": [],
        "usedStorage": sum(len(file.content) for file in commit.files.values()),
        "siblings": siblings,
    }


def _blob(file: StoredFile) -> dict[str, Any]:
    blob: dict[str, Any] = {"blobId": file.blob_id, "size": len(file.content)}
    if file.is_lfs:
        blob["lfs"] = {"sha256": file.sha256, "size": len(file.content), "pointerSize": file.pointer_size}
    return blob


def _entry(call: Call, commit: Commit, path: str, *, expand: bool) -> dict[str, Any]:
    file = commit.files.get(path)
    entry: dict[str, Any] = {"path": path}
    if file is None:
        below = "".join(f"{p} {f.blob_id}\n" for p, f in commit.files.items() if p.startswith(f"{path}/"))
        entry |= {"type": "directory", "oid": hashlib.sha1(below.encode()).hexdigest(), "size": 0}
    else:
        entry |= {"type": "file", "oid": file.blob_id, "size": len(file.content)}
    if file and file.is_lfs:
        entry["lfs"] = {"oid": file.sha256, "size": len(file.content), "pointerSize": file.pointer_size}
        entry["xetHash"] = call.state.xet.ensure_file(file.content, file.sha256)
    if expand:
        last = call.get_repo().find_last_change(commit, path)
        entry["lastCommit"] = {"id": last.sha, "title": last.title, "date": last.created_at}
        if file:
            entry["securityFileStatus"] = {"status": "safe", "avScan": None, "pickleImportScan": None}
    return entry


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]
