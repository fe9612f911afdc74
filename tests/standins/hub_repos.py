"""Repositories in memory: branches, tags, pull requests and commits that are immutable snapshots."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.standins.hub_errors import entry_not_found, revision_not_found

LFS_SUFFIXES = (
    *(".7z", ".arrow", ".bin", ".bz2", ".gz", ".joblib", ".lz4", ".npy", ".npz", ".parquet", ".pkl", ".tar"),
    *(".tgz", ".xz", ".zip", ".zst", ".jpg", ".jpeg", ".png", ".gif", ".webp", ".mp3", ".mp4", ".wav"),
)
MAIN = "refs/heads/main"

_FIRST_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
_GIT_ATTRIBUTES = "".join(f"*{suffix} filter=lfs diff=lfs merge=lfs -text\n" for suffix in LFS_SUFFIXES)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """The content of one file at one commit."""

    content: bytes = field(repr=False)
    is_lfs: bool
    sha256: str
    blob_id: str
    """SHA-1 of git's blob; of an LFS file, of its pointer."""

    @property
    def oid(self) -> str:
        """What the client compares to see whether a file has changed."""
        return self.sha256 if self.is_lfs else self.blob_id

    @property
    def pointer_size(self) -> int:
        """Length of the pointer that git holds in place of an LFS file."""
        return len(_pointer(self.sha256, len(self.content)))


@dataclass(frozen=True, slots=True)
class Commit:
    """One snapshot of a repository."""

    sha: str
    parent: str | None
    title: str
    description: str
    author: str
    created_at: str
    files: Mapping[str, StoredFile] = field(repr=False)


@dataclass(slots=True)
class Discussion:
    """A discussion or a pull request."""

    number: int
    title: str
    author: str
    created_at: str
    is_pull_request: bool
    base: str = MAIN
    status: str = "open"
    merge_commit: str | None = None


def store_file(content: bytes, *, is_lfs: bool) -> StoredFile:
    """The file with its hashes."""
    sha256 = hashlib.sha256(content).hexdigest()
    return StoredFile(content, is_lfs, sha256, _git_oid(_pointer(sha256, len(content)) if is_lfs else content))


def is_lfs_path(path: str) -> bool:
    """Whether `.gitattributes` sends this path to large file storage."""
    return path.lower().endswith(LFS_SUFFIXES)


class Repo:
    """One dataset repository; new ones hold `.gitattributes`, as on the Hub."""

    def __init__(self, repo_id: str, *, author: str, private: bool = False, gated: str | None = None) -> None:
        self.id = repo_id
        self.private = private
        self.gated = gated
        """`auto` or `manual` when files need an approved request."""
        self.refs: dict[str, str] = {}
        self.commits: dict[str, Commit] = {}
        self.discussions: list[Discussion] = []
        first = {".gitattributes": store_file(_GIT_ATTRIBUTES.encode(), is_lfs=False)}
        self.add_commit(MAIN, first, title="initial commit", description="", author=author)

    def find_ref(self, revision: str) -> str | None:
        """The full name of a branch, tag or pull request, or None."""
        names = (revision, f"refs/heads/{revision}", f"refs/tags/{revision}")
        return next((name for name in names if name in self.refs), None)

    def get_commit(self, revision: str) -> Commit:
        """The commit that a sha, branch, tag or `refs/pr/N` means; raises HubError if there is none."""
        ref = self.find_ref(revision)
        sha = self.refs[ref] if ref else revision
        if sha not in self.commits:
            raise revision_not_found(revision)
        return self.commits[sha]

    def get_file(self, revision: str, path: str) -> StoredFile:
        """The file at that revision; raises HubError if there is none."""
        commit = self.get_commit(revision)
        if path not in commit.files:
            raise entry_not_found(path, commit.sha)
        return commit.files[path]

    def list_commits(self, revision: str = "main") -> list[Commit]:
        """The history of a revision, oldest first, so that `[-1]` is the head."""
        history: list[Commit] = []
        sha: str | None = self.get_commit(revision).sha
        while sha is not None:
            history.append(self.commits[sha])
            sha = history[-1].parent
        return history[::-1]

    def find_last_change(self, commit: Commit, path: str) -> Commit:
        """The latest commit, up to this one, that changed the file or something in the folder."""
        while commit.parent is not None:
            parent = self.commits[commit.parent]
            if _below(parent, path) != _below(commit, path):
                break
            commit = parent
        return commit

    def add_commit(
        self, ref: str, files: Mapping[str, StoredFile], *, title: str, description: str, author: str
    ) -> Commit:
        """A new head of `ref` with exactly these files; a new ref starts without history."""
        parent = self.refs.get(ref)
        listing = "".join(f"{path} {file.sha256}\n" for path, file in sorted(files.items()))
        number = len(self.commits)
        identity = f"{self.id}\n{number}\n{parent}\n{title}\n{description}\n{author}\n{listing}"
        sha = hashlib.sha1(identity.encode()).hexdigest()
        commit = Commit(sha, parent, title, description, author, self.moment(number), dict(files))
        self.commits[sha] = commit
        self.refs[ref] = sha
        return commit

    def moment(self, number: int | None = None) -> str:
        """The repository's own time, a minute for each commit, so that nothing depends on the clock."""
        minutes = len(self.commits) if number is None else number
        return (_FIRST_MOMENT + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _below(commit: Commit, path: str) -> dict[str, str]:
    return {p: f.sha256 for p, f in commit.files.items() if p == path or p.startswith(f"{path}/")}


def _git_oid(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _pointer(sha256: str, size: int) -> bytes:
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n".encode()
