"""Task folders as tar.gz and back. What we pack is the same bytes every time; what we unpack is hostile.

A path that ends with `/` is an empty folder.
"""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from core.errors import SourceError

MAX_ENTRIES = 10_000
MAX_TOTAL_BYTES = 256 * 1024 * 1024
"""Of one task, unpacked."""
MAX_PATH_CHARACTERS = 1_000
_HEADERS_PER_ENTRY = 8
"""Blocks of 512 bytes that an entry may need beside its content."""


# what the standard library raises for a damaged archive, and for one made to confuse it
_DAMAGES = (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, OverflowError, RecursionError)


class TaskFiles(NamedTuple):
    """The files of one task folder."""

    contents: Mapping[str, bytes]
    """By path with forward slashes, without a leading folder, e.g. `tests/test.sh`."""
    executables: frozenset[str] = frozenset()


def pack_files(files: TaskFiles) -> bytes:
    """A tar.gz without a leading folder: names sorted, no time, no owner."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=packed, mode="wb", compresslevel=6, mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in sorted(files.contents):
            entry = tarfile.TarInfo(path.rstrip("/"))
            if path.endswith("/"):
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(entry)
                continue
            entry.size = len(files.contents[path])
            entry.mode = 0o755 if path in files.executables else 0o644
            archive.addfile(entry, io.BytesIO(files.contents[path]))
    return packed.getvalue()


def unpack_files(packed: bytes, *, max_bytes: int = MAX_TOTAL_BYTES, max_entries: int = MAX_ENTRIES) -> TaskFiles:
    """The files of a tar or tar.gz that somebody else made.

    Args:
        packed: The archive.
        max_bytes: Of all files together.
        max_entries: Files and folders.

    Raises:
        SourceError: It is damaged, too large, or an entry of it is a link, a device or leads out of its folder.
    """
    stream = _Limited(packed, limit=max_bytes + max_entries * _HEADERS_PER_ENTRY * 512)
    contents: dict[str, bytes] = {}
    executables = set()
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for number, entry in enumerate(archive):
                if number >= max_entries:
                    raise SourceError(f"It has more than {max_entries} entries.")
                path = check_path(entry.name)
                _check_kind(entry, max_bytes)
                _add(contents, path, archive, entry)
                if entry.isfile() and entry.mode & 0o100:
                    executables.add(path)
        # a checksum stands at the very end
        stream.drain()
    except _DAMAGES as error:
        raise SourceError(f"It is no readable tar.gz ({_shown(str(error))}).") from None
    return TaskFiles(drop_full_folders(contents), frozenset(executables))


def _add(contents: dict[str, bytes], path: str, archive: tarfile.TarFile, entry: tarfile.TarInfo) -> None:
    if entry.isdir():
        if path:
            contents[f"{path}/"] = b""
        return
    if not path or path in contents:
        raise SourceError(f"Its entry {_shown(entry.name)} is there twice, or has no name.")
    file = archive.extractfile(entry)
    content = b"" if file is None else file.read()
    if len(content) != entry.size:
        raise SourceError(f"Its entry {_shown(entry.name)} is cut off.")
    contents[path] = content


def check_path(name: str) -> str:
    """The path of an entry in plain form, e.g. `tests/test.sh`; empty for the folder itself.

    Raises:
        SourceError: It leads out of the folder, or not every system could have such a name.
    """
    parts = [part for part in name.split("/") if part not in ("", ".")]
    is_wrong = (
        name.startswith("/")
        or ".." in parts
        or "\\" in name
        or (parts and len(parts[0]) == 2 and parts[0][1] == ":")
        or any(ord(char) < 32 or "\ud800" <= char <= "\udfff" for char in name)
        or len(name) > MAX_PATH_CHARACTERS
    )
    if is_wrong:
        raise SourceError(f"Its entry {_shown(name)} has a name that leads elsewhere or is not portable.")
    return "/".join(parts)


def drop_full_folders(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """The same without folders that something is in: their files make them.

    Raises:
        SourceError: A name is a file and a folder at once.
    """
    parents = set(_list_parents(contents))
    for path in contents:
        if path in parents or f"{path}/" in contents:
            raise SourceError(f"Its entry {_shown(path)} is a file and a folder at once.")
    return {path: content for path, content in contents.items() if path.rstrip("/") not in parents}


def _list_parents(paths: Iterable[str]) -> Iterable[str]:
    for path in paths:
        yield from (str(parent) for parent in PurePosixPath(path).parents)


def _check_kind(entry: tarfile.TarInfo, max_bytes: int) -> None:
    if entry.issym() or entry.islnk():
        raise SourceError(f"Its entry {_shown(entry.name)} is a link.")
    if not entry.isfile() and not entry.isdir():
        raise SourceError(f"Its entry {_shown(entry.name)} is neither a file nor a folder.")
    if entry.issparse() or not 0 <= entry.size <= max_bytes:
        raise SourceError(f"Its entry {_shown(entry.name)} is sparse or larger than {max_bytes >> 20} MB.")


class _Limited(io.BufferedIOBase):
    """Reads on until more has come out than any task may hold: a bomb never unfolds."""

    def __init__(self, packed: bytes, *, limit: int) -> None:
        source = io.BytesIO(packed)
        self._source = gzip.GzipFile(fileobj=source) if packed[:2] == b"\x1f\x8b" else source
        self._limit = self._left = limit

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = self._left + 1 if size is None or size < 0 else min(size, self._left + 1)
        block = self._source.read(wanted)
        self._left -= len(block)
        if self._left < 0:
            raise SourceError(f"Unpacked it is larger than {self._limit >> 20} MB.")
        return block

    def drain(self) -> None:
        while self.read(1 << 20):
            continue


def _shown(text: str) -> str:
    return ascii(text[:200])
