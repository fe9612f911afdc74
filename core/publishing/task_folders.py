"""Source tasks that are folders on disk: where they are, and what is in one. Links are never followed."""

import os
import stat
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.errors import SourceError
from core.models import Trial
from core.publishing.archive import (
    DEFAULT_LIMITS,
    PERMISSIONS,
    PLAIN_MODE,
    ArchiveLimits,
    TaskFiles,
    drop_full_folders,
)
from core.publishing.entry_names import check_path, show_name
from core.publishing.task_names import Named, TaskNames
from core.publishing.task_rows import TasksIdentity

INSTRUCTION = "instruction.md"
TASK_TOML = "task.toml"
_DEEPEST = 3
"""Folders between the one that was named and a task."""
_MAX_TOML_BYTES = 1 << 20


class FolderTasks:
    """Task folders in one folder, directly or a little deeper; or that folder is a task itself."""

    def __init__(self, root: Path, trials: Sequence[Named], limits: ArchiveLimits) -> None:
        self.identity = TasksIdentity(source=root.resolve().name)
        self._limits = limits
        self._names: TaskNames[Path] = TaskNames(trials)
        is_empty = True
        for folder in _list_folders(root, _DEEPEST):
            is_empty = False
            path = root.resolve().name if folder == root else folder.relative_to(root).as_posix()
            self._names.add(folder, {path, *_read_own_name(folder)})
        if is_empty:
            raise SourceError(f"{root} holds no task folders. Give the folder whose subfolders hold {INSTRUCTION}.")

    def find_files(self, trial: Trial) -> TaskFiles | None:
        """The files of a trial's source task, or None; see `SourceTasks`."""
        folder = self._names.find(trial)
        return None if folder is None else load_folder(folder, self._limits)


def _list_folders(root: Path, depth: int) -> Iterator[Path]:
    if (root / INSTRUCTION).is_file() or (root / TASK_TOML).is_file():
        yield root
        return
    try:
        entries = sorted(os.scandir(root), key=lambda entry: entry.name)
    except OSError as error:
        raise _translate(error) from None
    for entry in entries:
        if depth and entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
            yield from _list_folders(root / entry.name, depth - 1)


def _read_own_name(folder: Path) -> Iterator[str]:
    """The `org/name` that a task's own file may give it."""
    path = folder / TASK_TOML
    try:
        facts = path.lstat()
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > _MAX_TOML_BYTES:
            return
        task = tomllib.loads(path.read_text("utf-8")).get("task")
    except (OSError, ValueError, RecursionError):
        # not for us to judge: a task is looked at whole when a trial wants it
        return
    if isinstance(task, dict) and isinstance(task.get("name"), str):
        yield task["name"]


def load_folder(root: Path, limits: ArchiveLimits = DEFAULT_LIMITS) -> TaskFiles:
    """The files of one task folder on disk.

    Raises:
        SourceError: It holds a link, a device or an odd name, is too large, or cannot be read.
    """
    contents: dict[str, bytes] = {}
    modes: dict[str, int] = {}
    left = limits.max_bytes
    try:
        for path in sorted(root.rglob("*")):
            name = check_path(path.relative_to(root).as_posix())
            facts = path.lstat()
            if len(contents) >= limits.max_entries:
                raise SourceError(f"It has more than {limits.max_entries:,} entries; one is {show_name(name)}.")
            if stat.S_ISDIR(facts.st_mode):
                contents[f"{name}/"] = b""
                continue
            if not stat.S_ISREG(facts.st_mode):
                raise SourceError(f"Its entry {show_name(name)} is a link or a device.")
            left -= facts.st_size
            if left < 0:
                raise SourceError(f"It has more than {limits.max_bytes >> 20} MB, with {show_name(name)}.")
            contents[name] = _read(path, facts)
            if facts.st_mode & PERMISSIONS != PLAIN_MODE:
                modes[name] = facts.st_mode & PERMISSIONS
    except OSError as error:
        raise _translate(error) from None
    return TaskFiles(drop_full_folders(contents), modes)


def _read(path: Path, facts: os.stat_result) -> bytes:
    # what was looked at is what is read: a link put there since then is not followed
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:  # noqa: PTH123 - it has no descriptors
        if not os.path.samestat(facts, os.fstat(file.fileno())):
            raise SourceError(f"{path} was replaced while it was read. Publish again.")
        return file.read(facts.st_size)


def _translate(error: OSError) -> SourceError:
    return SourceError(f"{error.filename} cannot be read ({os.strerror(error.errno or 0)}).")
