"""What a repository holds at a revision, and whether that is what we have here."""

import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from huggingface_hub import HfApi
from huggingface_hub.hf_api import RepoFile

from core.publishing.files import CommitFiles
from core.publishing.hub_calls import Calls


def list_tree(api: HfApi, repo: str, revision: str, calls: Calls) -> dict[str, RepoFile]:
    """Every file at a revision, by path."""

    def load() -> list[object]:
        return list(api.list_repo_tree(repo, repo_type="dataset", revision=revision, recursive=True))

    return {entry.path: entry for entry in calls.run(load) if isinstance(entry, RepoFile)}


def load_file(api: HfApi, repo: str, revision: str, path: str, folder: Path, calls: Calls) -> Path:
    """A file as the Hub has it, downloaded below `folder` and not from any cache of files."""
    download = partial(
        api.hf_hub_download, repo, path, repo_type="dataset", revision=revision, local_dir=folder, force_download=True
    )
    return Path(str(calls.run(download, carries_data=True)))


def holds_files(tree: Mapping[str, RepoFile], files: CommitFiles) -> bool:
    """True if the Hub's hashes say that it holds exactly these contents."""
    return all(path in tree and _is_same(tree[path], files, path) for path in files.paths)


def _is_same(remote: RepoFile, files: CommitFiles, path: str) -> bool:
    size = (files.folder / path).stat().st_size
    if remote.size != size:
        return False
    if remote.lfs is not None:
        return str(remote.lfs.sha256) == files.read_hash(path)
    # git's own hash of a blob
    digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    digest.update((files.folder / path).read_bytes())
    return digest.hexdigest() == remote.blob_id
