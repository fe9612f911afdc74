"""What a repository holds at a revision, and whether that is what we have here."""

import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from huggingface_hub import HfApi
from huggingface_hub.hf_api import RepoFile

from core.publishing.files import CommitFiles
from core.publishing.hub_calls import Calls


class HeldFile(NamedTuple):
    """What the Hub says of a file's content; there may be tens of thousands of files."""

    size: int
    """Bytes."""
    git_sha1: str
    """Git's own hash of the blob."""
    lfs_sha256: str | None
    """Of a large file's content, whose blob is a pointer; None: it is no large file."""


def list_tree(api: HfApi, repo: str, revision: str, calls: Calls) -> dict[str, HeldFile]:
    """Every file at a revision, by path."""

    def load() -> dict[str, HeldFile]:
        entries = api.list_repo_tree(repo, repo_type="dataset", revision=revision, recursive=True)
        return {entry.path: _build_file(entry) for entry in entries if isinstance(entry, RepoFile)}

    return calls.run(load)


def _build_file(entry: RepoFile) -> HeldFile:
    return HeldFile(entry.size, entry.blob_id, None if entry.lfs is None else str(entry.lfs.sha256))


def load_file(api: HfApi, repo: str, revision: str, path: str, folder: Path, calls: Calls) -> Path:
    """A file as the Hub has it, downloaded below `folder` and not from any cache of files."""
    download = partial(
        api.hf_hub_download, repo, path, repo_type="dataset", revision=revision, local_dir=folder, force_download=True
    )
    return Path(str(calls.run(download, carries_data=True)))


def holds_files(tree: Mapping[str, HeldFile], files: CommitFiles) -> bool:
    """True if the Hub's hashes say that it holds exactly these contents."""
    return all(path in tree and _is_same(tree[path], files, path) for path in files.paths)


def _is_same(remote: HeldFile, files: CommitFiles, path: str) -> bool:
    size = (files.folder / path).stat().st_size
    if remote.size != size:
        return False
    if remote.lfs_sha256 is not None:
        return remote.lfs_sha256 == files.read_hash(path)
    digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    digest.update((files.folder / path).read_bytes())
    return digest.hexdigest() == remote.git_sha1
