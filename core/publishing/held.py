"""The tasks that a target holds now, to compare with: put aside on disk, one in memory at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, TYPE_CHECKING, NamedTuple

from core.errors import SourceError
from core.publishing.archive import TaskFiles, unpack_files
from core.publishing.files import CARD_PATH
from core.publishing.layouts import DATA_PATH, TASKS_FOLDER
from core.publishing.spool import Spool
from core.publishing.targets import Targets
from core.publishing.task_rows import load_file_rows

if TYPE_CHECKING:
    from core.publishing.hub_calls import Calls
    from core.publishing.hub_target import HubTarget

MAX_BYTES = 512 * 1024 * 1024
"""A larger table is not loaded only to be compared with."""
MAX_LOADED_FOLDERS = 20
"""Task folders of a repository are loaded file by file, so only the first so many are."""

FindFiles = Callable[[str], TaskFiles | None]


class Held(NamedTuple):
    """What is there now."""

    card: str
    """Empty if there is none."""
    find: FindFiles
    note: str = ""
    """Why tasks cannot be compared, if they cannot."""

    def find_files(self, folder: str) -> TaskFiles | None:
        """The files of a task as it is there now; None if that cannot be said."""
        try:
            return self.find(folder)
        except SourceError:
            # somebody else's, or damaged: it is replaced as a whole, and there is nothing to compare with
            return None


@contextmanager
def open_held(targets: Targets, calls: "Calls | None") -> Iterator[Held]:
    """What the repository, or without one the folder, holds now, for as long as the block lasts.

    Raises:
        PublishError: The repository cannot be read.
    """
    with TemporaryDirectory(prefix="trace-hints-") as scratch, TemporaryFile() as spool:
        if targets.hub is not None and calls is not None:
            yield _hold_repository(targets.hub, calls, Path(scratch), spool)
        elif targets.folder is not None and targets.folder.is_there:
            yield _hold_folder(targets.folder.path, spool)
        else:
            yield Held("", _find_nothing)


def _hold_folder(root: Path, spool: IO[bytes]) -> Held:
    card = root / CARD_PATH
    text = card.read_text("utf-8", "replace") if card.is_file() else ""
    if (root / TASKS_FOLDER).is_dir():
        return Held(text, lambda folder: _read_folder(root / TASKS_FOLDER, folder))
    return _spool_table(text, root / DATA_PATH, spool)


def _read_folder(root: Path, folder: str) -> TaskFiles | None:
    # the name comes from a manifest that lies where anybody may write
    place = root / folder
    if place.parent != root or place.is_symlink() or not place.is_dir():
        return None
    files = (path for path in sorted(place.rglob("*")) if path.is_file() and not path.is_symlink())
    return TaskFiles({path.relative_to(place).as_posix(): path.read_bytes() for path in files})


def _hold_repository(target: "HubTarget", calls: "Calls", scratch: Path, spool: IO[bytes]) -> Held:
    load = _Loader(target, calls, scratch)
    card = load.find(CARD_PATH)
    text = card.decode("utf-8", "replace") if card is not None else ""
    table = target.tree.get(DATA_PATH)
    if target.manifest is None or table is None:
        return Held(text, _find_nothing)
    if any(path.startswith(f"{TASKS_FOLDER}/") for path in target.tree):
        note = f"Of changed tasks, the difference of the first {MAX_LOADED_FOLDERS} is shown."
        return Held(text, load.find_folder, note)
    if table.size > MAX_BYTES:
        return Held(text, _find_nothing, f"The tasks there take {table.size >> 20} MB, too much to compare texts.")
    load.find(DATA_PATH)
    return _spool_table(text, scratch / DATA_PATH, spool)


class _Loader:
    """Loads files of a repository."""

    def __init__(self, target: "HubTarget", calls: "Calls", scratch: Path) -> None:
        self._target, self._calls, self._scratch = target, calls, scratch
        self._left = MAX_LOADED_FOLDERS

    def find(self, path: str) -> bytes | None:
        # imported late: huggingface_hub reads its address from the environment
        from core.publishing.hub_calls import ERRORS
        from core.publishing.hub_errors import translate_error
        from core.publishing.hub_tree import load_file

        target = self._target
        if target.head is None or path not in target.tree:
            return None
        try:
            return load_file(target.api, target.repo, target.head, path, self._scratch, self._calls).read_bytes()
        except ERRORS as error:
            raise translate_error(error, target.repo) from None

    def find_folder(self, folder: str) -> TaskFiles | None:
        if not self._left:
            return None
        self._left -= 1
        place = f"{TASKS_FOLDER}/{folder}/"
        paths = [path for path in self._target.tree if path.startswith(place)]
        return TaskFiles({path.removeprefix(place): self.find(path) or b"" for path in paths})


def _spool_table(card: str, table: Path, spool: IO[bytes]) -> Held:
    if not table.is_file():
        return Held(card, _find_nothing)
    archives = Spool[str](spool)
    try:
        for row in load_file_rows(table)[1]:
            archives.put(row.path, row.binary)
    except SourceError as error:
        return Held(card, _find_nothing, f"What is there now cannot be compared with. {error}")

    def find(folder: str) -> TaskFiles | None:
        packed = archives.find(folder)
        return None if packed is None else unpack_files(packed)

    return Held(card, find)


def _find_nothing(folder: str) -> TaskFiles | None:  # noqa: ARG001 - whatever is asked for
    return None
