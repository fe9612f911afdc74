"""A local export: exactly the files of the commit. Nothing that we did not write is ever deleted."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple
from uuid import uuid4

from core.errors import PublishError
from core.publishing import manifest
from core.publishing.files import PATHS, CommitFiles, hash_file
from core.publishing.manifest import ManifestHead, ManifestSource


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
def open_staging(target: FolderTarget | None) -> Iterator[Path]:
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
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def holds_files(target: FolderTarget, files: CommitFiles) -> bool:
    """True if the folder has exactly these contents under these names already."""
    return all(
        (target.path / path).is_file() and hash_file(target.path / path) == files.read_hash(path) for path in PATHS
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
        for path in PATHS:
            (target.path / path).parent.mkdir(parents=True, exist_ok=True)
            (files.folder / path).replace(target.path / path)
    except OSError as error:
        raise _translate(error, target.path) from None


def _translate(error: OSError, path: Path | None) -> PublishError:
    place = error.filename if path is None else path
    return PublishError(f"{place} cannot be written ({error.strerror}). Check its permissions and the space left.")
