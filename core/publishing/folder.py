"""A local export: exactly the files of the commit. Nothing that we did not write is ever deleted."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile, mkdtemp
from typing import IO, NamedTuple
from uuid import uuid4

from core.errors import PublishError, SourceError
from core.publishing import manifest
from core.publishing.entry_names import check_path
from core.publishing.files import CommitFiles, Staging, hash_file
from core.publishing.layouts import OUR_FOLDERS
from core.publishing.manifest import ManifestHead, ManifestSource
from core.publishing.task_lines import TaskLines


class FolderTarget(NamedTuple):
    """A folder that may be written to."""

    path: Path
    is_there: bool
    manifest: ManifestHead | None
    """What it holds now, if it is ours."""


def check_folder(path: Path, *, source: ManifestSource, replace: bool) -> FolderTarget:
    """The folder to export to. Nothing is written yet.

    Raises:
        PublishError: It is a file, or holds something that is not this dataset's, and `replace` was not asked for.
    """
    path = path.expanduser().absolute()
    if not path.exists():
        return FolderTarget(path, is_there=False, manifest=None)
    if not path.is_dir():
        raise PublishError(f"{path} is a file. Name a folder with --output-dir.")
    try:
        is_empty = next(path.iterdir(), None) is None
        file = path / manifest.FILE_NAME
        found = manifest.parse_manifest(file.read_bytes()) if file.is_file() else None
    except OSError as error:
        raise _translate(error, path) from None
    if not replace and not is_empty and found is None:
        raise PublishError(
            f"{path} holds files that were not published from here. Name an empty folder, or give --replace: "
            "it writes the export's files there and deletes nothing else."
        )
    if not replace and found is not None and not found.source.is_same_dataset(source):
        raise PublishError(
            f"{path} holds tasks of another dataset ({found.source.dataset}). Name another folder, or give --replace."
        )
    return FolderTarget(path, is_there=True, manifest=found)


@contextmanager
def open_staging(target: FolderTarget | None) -> Iterator[Staging]:
    """An empty folder to prepare the files in, beside the target so that they can be moved; gone at the end.

    Raises:
        PublishError: The place cannot be written.
    """
    try:
        if target is None:
            folder = Path(mkdtemp(prefix="trace-hints-"))
        else:
            folder = target.path.parent / f".trace-hints-{uuid4().hex}"
            folder.mkdir(parents=True)
    except OSError as error:
        raise _translate(error, None if target is None else target.path) from None
    try:
        with _open_lines(folder) as file:
            yield Staging(folder, TaskLines(file))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _open_lines(folder: Path) -> IO[bytes]:
    try:
        return TemporaryFile(dir=folder.parent)
    except OSError as error:
        raise _translate(error, folder.parent) from None


def holds_files(target: FolderTarget, files: CommitFiles) -> bool:
    """True if the folder has exactly these contents under these names already, and nothing older of ours."""
    return not _list_stale(target, files) and all(
        _holds(target.path / path, files.hashes[path]) for path in files.paths
    )


def move_files(target: FolderTarget, files: CommitFiles) -> None:
    """Put the prepared files in place; each file is replaced in one step, a new folder appears in one step.

    Raises:
        PublishError: The place cannot be written.
    """
    try:
        if not target.is_there:
            files.folder.rename(target.path)
            return
        for path in files.paths:
            (target.path / path).parent.mkdir(parents=True, exist_ok=True)
            (files.folder / path).replace(target.path / path)
        for path in _list_stale(target, files):
            (target.path / path).unlink()
            _remove_empty_folders((target.path / path).parent, target.path)
    except OSError as error:
        raise _translate(error, target.path) from None


def _list_stale(target: FolderTarget, files: CommitFiles) -> list[str]:
    """What an earlier export left there and this one does not have, as far as nobody changed it since."""
    known = {} if target.manifest is None else target.manifest.files
    return [
        path
        for path, sha256 in known.items()
        if path not in files.hashes and _is_ours(path) and _holds(target.path / path, sha256)
    ]


def _is_ours(path: str) -> bool:
    # the manifest lies where anybody may write: it names no file outside the folders that are ours
    try:
        return check_path(path) == path and path.startswith(OUR_FOLDERS)
    except SourceError:
        return False


def _holds(path: Path, sha256: str) -> bool:
    return path.is_file() and not path.is_symlink() and hash_file(path) == sha256


def _remove_empty_folders(folder: Path, root: Path) -> None:
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _translate(error: OSError, path: Path | None) -> PublishError:
    place = error.filename if path is None else path
    return PublishError(f"{place} cannot be written ({error.strerror}). Check its permissions and the space left.")
