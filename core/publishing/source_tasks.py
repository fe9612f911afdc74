"""Source tasks (`--tasks`): whole task folders whose instruction alone is changed. Everything else is carried over.

A trial's task is found by its `task`, else by its name; nothing is guessed from parts of a name.
"""

import os
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NamedTuple, Protocol

from core.errors import SourceError
from core.models import Trial
from core.publishing.archive import (
    MAX_ENTRIES,
    MAX_TOTAL_BYTES,
    TaskFiles,
    check_path,
    drop_full_folders,
    unpack_files,
)
from core.publishing.task_rows import TABLE_ENDINGS, TaskRow, TasksIdentity, load_file_rows, load_hub_rows

INSTRUCTION = "instruction.md"


class SourceTasks(Protocol):
    """Tasks by name."""

    identity: TasksIdentity

    def find_files(self, name: str) -> TaskFiles | None:
        """The files of the task with this name, or None.

        Raises:
            SourceError: It is damaged or hostile, or several tasks have this name.
        """
        ...


@contextmanager
def open_source_tasks(source: str, *, wanted: Collection[str]) -> Iterator[SourceTasks]:
    """The tasks of a folder, a .parquet or .jsonl file, or a Hub dataset, for as long as the block lasts.

    Args:
        source: A path that exists, or looks like one, is local; everything else is a Hub id.
        wanted: Names that will be asked for; of a table, only these are kept.

    Raises:
        SourceError: There is nothing there, or nothing that holds tasks.
    """
    path = Path(source).expanduser()
    looks_like_path = path.suffix.lower() in TABLE_ENDINGS or source.startswith(("/", "./", "../", "~"))
    if path.is_dir():
        yield _FolderTasks(path)
        return
    if not path.is_file() and looks_like_path:
        raise SourceError(f"There is no {source} to take tasks from. Check --tasks.")
    identity, rows = load_file_rows(path) if path.is_file() else load_hub_rows(source)
    with TemporaryFile() as spool:
        yield _SpooledTasks(identity, rows, spool, wanted)


def list_names(trial: Trial) -> list[str]:
    """The names that a trial's source task may have, the most certain first."""
    names = [trial.task, trial.task.rsplit("/", 1)[-1] if trial.task else None, trial.name]
    return list(dict.fromkeys(name for name in names if name))


def find_source_files(tasks: SourceTasks, trial: Trial) -> TaskFiles:
    """The files of a trial's source task; there is always an `instruction.md` among them.

    Raises:
        SourceError: There is none, or it is damaged or hostile; the message says which, and what to do.
    """
    for name in list_names(trial):
        try:
            files = tasks.find_files(name)
        except SourceError as error:
            raise SourceError(f'The source task "{name}" cannot be used. {error} Mend it, or leave it out.') from None
        if files is not None:
            if INSTRUCTION not in files.contents:
                raise SourceError(f'The source task "{name}" has no {INSTRUCTION}. Add it, or publish without --tasks.')
            return files
    raise SourceError(
        f'{tasks.identity.source} has no task "{list_names(trial)[0]}". Add it, or publish without --tasks.'
    )


class _FolderTasks:
    """Task folders side by side in one folder; or that folder is a task itself."""

    def __init__(self, root: Path) -> None:
        self.identity = TasksIdentity(source=root.resolve().name)
        folders = [root] if (root / INSTRUCTION).is_file() else sorted(root.iterdir())
        self._folders = {
            folder.resolve().name: folder
            for folder in folders
            if not folder.is_symlink() and (folder / INSTRUCTION).is_file()
        }
        if not self._folders:
            raise SourceError(f"{root} holds no task folders. Give the folder whose subfolders hold {INSTRUCTION}.")

    def find_files(self, name: str) -> TaskFiles | None:
        folder = self._folders.get(name)
        return None if folder is None else load_folder(folder)


def load_folder(root: Path, *, max_bytes: int = MAX_TOTAL_BYTES, max_entries: int = MAX_ENTRIES) -> TaskFiles:
    """The files of one task folder on disk.

    Raises:
        SourceError: It holds a link or a device, is too large, or cannot be read.
    """
    contents: dict[str, bytes] = {}
    executables = set()
    left = max_bytes
    try:
        for path in sorted(root.rglob("*")):
            name = check_path(path.relative_to(root).as_posix())
            facts = path.lstat()
            if stat.S_ISDIR(facts.st_mode):
                contents[f"{name}/"] = b""
                continue
            if not stat.S_ISREG(facts.st_mode):
                raise SourceError(f"Its entry {ascii(name)} is a link or a device.")
            left -= facts.st_size
            if left < 0 or len(contents) >= max_entries:
                raise SourceError(f"It has more than {max_bytes >> 20} MB or {max_entries} entries.")
            contents[name] = path.read_bytes()
            if facts.st_mode & stat.S_IXUSR:
                executables.add(name)
    except OSError as error:
        raise SourceError(f"{error.filename} cannot be read ({os.strerror(error.errno or 0)}).") from None
    return TaskFiles(drop_full_folders(contents), frozenset(executables))


class _Place(NamedTuple):
    offset: int
    size: int
    digest: bytes


class _SpooledTasks:
    """Archives from a table, put aside on disk so that no more than one is in memory."""

    def __init__(
        self, identity: TasksIdentity, rows: Iterator[TaskRow], spool: IO[bytes], wanted: Collection[str]
    ) -> None:
        self.identity = identity
        self._spool = spool
        self._places: dict[str, _Place] = {}
        self._ambiguous: set[str] = set()
        for row in rows:
            names = {name for name in (row.task, row.path, row.path.rsplit("/", 1)[-1]) if name in wanted and name}
            if names:
                self._keep(names, row.binary)

    def _keep(self, names: Collection[str], binary: bytes) -> None:
        place = _Place(self._spool.tell(), len(binary), sha256(binary).digest())
        self._spool.write(binary)
        for name in names:
            known = self._places.setdefault(name, place)
            if known.digest != place.digest:
                self._ambiguous.add(name)

    def find_files(self, name: str) -> TaskFiles | None:
        place = self._places.get(name)
        if place is None:
            return None
        if name in self._ambiguous:
            raise SourceError("Several tasks have this name.")
        self._spool.seek(place.offset)
        return unpack_files(self._spool.read(place.size))
