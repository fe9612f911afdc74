"""Source tasks (`--tasks`): whole task folders whose instruction alone is changed. Everything else is carried over."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Protocol

from core.errors import SourceError
from core.models import Trial
from core.publishing.archive import DEFAULT_LIMITS, ArchiveLimits, TaskFiles, unpack_files
from core.publishing.spool import Spool
from core.publishing.task_folders import INSTRUCTION, FolderTasks
from core.publishing.task_names import Named, TaskNames, get_last_part, list_wanted
from core.publishing.task_rows import TABLE_ENDINGS, TaskRow, TasksIdentity, load_file_rows, load_hub_rows


class SourceTasks(Protocol):
    """Tasks by the trials that were run on them."""

    identity: TasksIdentity

    def find_files(self, trial: Trial) -> TaskFiles | None:
        """The files of a trial's source task, or None.

        Raises:
            SourceError: It is damaged or hostile, or several tasks could be it.
        """
        ...


@contextmanager
def open_source_tasks(
    source: str, *, trials: Sequence[Named], limits: ArchiveLimits = DEFAULT_LIMITS
) -> Iterator[SourceTasks]:
    """The tasks of a folder, a .parquet or .jsonl file, or a Hub dataset, for as long as the block lasts.

    Args:
        source: A path that exists, or looks like one, is local; everything else is a Hub id.
        trials: All trials of the dataset; of a table, only tasks that one of them may want are kept.
        limits: Of one task.

    Raises:
        SourceError: There is nothing there, or nothing that holds tasks.
    """
    path = Path(source).expanduser()
    looks_like_path = path.suffix.lower() in TABLE_ENDINGS or source.startswith(("/", "./", "../", "~"))
    if path.is_dir():
        yield FolderTasks(path, trials, limits)
        return
    if not path.is_file() and looks_like_path:
        raise SourceError(f"There is no {source} to take tasks from. Check --tasks.")
    identity, rows = load_file_rows(path) if path.is_file() else load_hub_rows(source)
    with TemporaryFile() as spool:
        yield _SpooledTasks(identity, rows, spool, trials, limits)


def find_source_files(tasks: SourceTasks, trial: Trial) -> TaskFiles | None:
    """The files of a trial's source task, an `instruction.md` always among them; None if there is none.

    Raises:
        SourceError: It is damaged or hostile, or several could be it; the message says which, and what to do.
    """
    name = trial.task or trial.name
    try:
        files = tasks.find_files(trial)
    except SourceError as error:
        raise SourceError(f'The source task "{name}" cannot be used. {error} Mend it, or leave it out.') from None
    if files is not None and INSTRUCTION not in files.contents:
        why = (
            ": tasks of several steps cannot carry hints"
            if any(path.startswith("steps/") for path in files.contents)
            else ""
        )
        raise SourceError(f'The source task "{name}" has no {INSTRUCTION}{why}. Add it, or publish without --tasks.')
    return files


class _SpooledTasks:
    """Archives from a table, put aside on disk so that no more than one is in memory."""

    def __init__(
        self,
        identity: TasksIdentity,
        rows: Iterator[TaskRow],
        spool: IO[bytes],
        trials: Sequence[Named],
        limits: ArchiveLimits,
    ) -> None:
        self.identity = identity
        self._limits = limits
        self._archives = Spool[bytes](spool)
        # equal archives are one task, however often they are there
        self._names: TaskNames[bytes] = TaskNames(trials)
        wanted = list_wanted(trials)
        for row in rows:
            names = {name for name in (row.task, row.path) if name}
            if any(get_last_part(name) in wanted for name in names):
                self._names.add(self._keep(row.binary), names)

    def _keep(self, binary: bytes) -> bytes:
        digest = sha256(binary).digest()
        if digest not in self._archives:
            self._archives.put(digest, binary)
        return digest

    def find_files(self, trial: Trial) -> TaskFiles | None:
        digest = self._names.find(trial)
        packed = None if digest is None else self._archives.find(digest)
        return None if packed is None else unpack_files(packed, self._limits)
