"""How tasks lie in a commit: packed in one table, or as folders that Harbor reads, with a table that lists them."""

from hashlib import sha256
from pathlib import Path
from typing import Self

from core.errors import PublishError
from core.publishing.archive import TaskFiles, pack_files
from core.publishing.options import Layout
from core.publishing.tables import Table
from core.publishing.tasks import BuiltTask

DATA_PATH = "data/train-00000-of-00001.parquet"
HINTS_PATH = "hints/train-00000-of-00001.parquet"
TASKS_FOLDER = "tasks"
"""Where Harbor looks in a repository by itself."""
OUR_FOLDERS = ("data/", "hints/", f"{TASKS_FOLDER}/")
"""A publication replaces everything below these."""
MAX_FOLDERS = 10_000
"""Entries that the Hub allows in one folder of a repository."""
KEEP = ".gitkeep"
"""A repository holds no empty folders."""
_UNCOMMITTABLE = frozenset({".git", ".cache"})
"""Names that huggingface_hub takes into no commit."""
_OWNER_MAY_WRITE = 0o600


class ArchiveWriter:
    """A table of archives: `path` and `task_binary`."""

    def __init__(self, folder: Path) -> None:
        import pyarrow as pa

        self.hashes: dict[str, str] = {}
        self._table = Table(folder / DATA_PATH, pa.schema([("path", pa.string()), ("task_binary", pa.binary())]))

    def add(self, task: BuiltTask) -> None:
        """One more archive."""
        packed = pack_files(task.files)
        self._table.add({"path": task.folder, "task_binary": packed}, size=len(packed))

    def __enter__(self) -> Self:
        self._table.__enter__()
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        self._table.__exit__(kind, *rest)


class FoldersWriter:
    """Task folders below `tasks/`; the table has their paths and files, and no contents."""

    def __init__(self, folder: Path) -> None:
        import pyarrow as pa

        columns = [("path", pa.string()), ("trial_name", pa.string()), ("files", pa.list_(pa.string()))]
        columns += [("has_verifier", pa.bool_()), ("twin_of", pa.string()), ("content_sha256", pa.string())]
        self.hashes: dict[str, str] = {}
        self._folder = folder
        self._table = Table(folder / DATA_PATH, pa.schema(columns))

    def add(self, task: BuiltTask) -> None:
        """One more folder."""
        place = f"{TASKS_FOLDER}/{task.folder}"
        files = self._write(place, task.files)
        row = {
            "path": place,
            "trial_name": task.trial.name,
            "files": files,
            "has_verifier": task.has_verifier,
            "twin_of": task.twin_of and f"{TASKS_FOLDER}/{task.twin_of}",
            "content_sha256": task.content_hash,
        }
        self._table.add(row, size=sum(map(len, files)))

    def _write(self, place: str, files: TaskFiles) -> list[str]:
        written = []
        for path in sorted(files.contents):
            name = f"{path}{KEEP}" if path.endswith("/") else path
            target = self._folder / place / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(files.contents[path])
            target.chmod(files.get_mode(path) | _OWNER_MAY_WRITE)
            self.hashes[f"{place}/{name}"] = sha256(files.contents[path]).hexdigest()
            written.append(name)
        return written

    def __enter__(self) -> Self:
        self._table.__enter__()
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        self._table.__exit__(kind, *rest)


def open_writer(layout: Layout, folder: Path) -> ArchiveWriter | FoldersWriter:
    """The writer of a layout."""
    return ArchiveWriter(folder) if layout is Layout.ARCHIVE else FoldersWriter(folder)


def check_room(layout: Layout, count: int) -> None:
    """Refuse more tasks than a layout has room for.

    Raises:
        PublishError: So many folders would be refused by the Hub.
    """
    if layout is Layout.FOLDERS and count > MAX_FOLDERS:
        raise PublishError(f"A folder on the Hub holds at most {MAX_FOLDERS:,} entries. Choose the layout archive.")


def find_layout_obstacle(layout: Layout, files: TaskFiles) -> str | None:
    """Why a task cannot be published in a layout, with what to do; None if it can."""
    if layout is Layout.ARCHIVE:
        return None
    for path in files.contents:
        if not _UNCOMMITTABLE.isdisjoint(path.split("/")):
            return f"Its file {ascii(path)} can be in no repository. Remove it there, or choose the layout archive."
    return None
