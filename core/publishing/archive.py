"""Task folders as tar.gz and back. What we pack is the same bytes every time; what we unpack is hostile.

A path that ends with `/` is an empty folder.
"""

import gzip
import io
import tarfile
import zlib
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from core.errors import SourceError
from core.publishing.entry_names import check_names, check_path, show_name
from core.publishing.options import MAX_TASK_FILES, MAX_TASK_MB, PublishOptions

PLAIN_MODE = 0o644
PERMISSIONS = 0o777
"""The bits of a mode that are carried over; those that run a file as somebody else are not."""
_RATIO_BEGINS_AT = 16 * 1024 * 1024
"""Bytes; below this, no archive is large enough to hurt, however well it is compressed."""
_BLOCK = tarfile.BLOCKSIZE
_HEADERS_PER_ENTRY = 8
"""Blocks of 512 bytes that an entry may need beside its content."""


# what the standard library raises for a damaged archive, and for one made to confuse it
_DAMAGES = (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, OverflowError, RecursionError)


class ArchiveLimits(NamedTuple):
    """What one source task may hold; whatever holds more is refused before it unfolds."""

    max_bytes: int = MAX_TASK_MB << 20
    """Of all files together, unpacked."""
    max_entries: int = MAX_TASK_FILES
    """Files and folders."""
    max_ratio: int = 500
    """Unpacked bytes to packed ones, from 16 MB on."""


DEFAULT_LIMITS = ArchiveLimits()


def choose_limits(options: PublishOptions) -> ArchiveLimits:
    """The limits that a person set."""
    return ArchiveLimits(options.max_task_mb << 20, options.max_task_files)


class TaskFiles(NamedTuple):
    """The files of one task folder."""

    contents: Mapping[str, bytes]
    """By path with forward slashes, without a leading folder, e.g. `tests/test.sh`."""
    modes: Mapping[str, int] = MappingProxyType({})
    """Permissions by path, e.g. 0o755; a file that is not named has 0o644."""

    def get_mode(self, path: str) -> int:
        """The permissions of a file."""
        return self.modes.get(path, PLAIN_MODE)


def pack_files(files: TaskFiles) -> bytes:
    """A tar.gz without a leading folder: names sorted, no time, no owner."""
    pieces: list[bytes] = []
    for path in sorted(files.contents):
        content = files.contents[path]
        pieces += (_build_header(path, len(content), files.get_mode(path)), content, bytes(-len(content) % _BLOCK))
    plain = b"".join(pieces)
    # two empty blocks end a tar, and it fills whole records
    plain += bytes(2 * _BLOCK + -(len(plain) + 2 * _BLOCK) % tarfile.RECORDSIZE)
    packed = io.BytesIO()
    # in one piece: many small writes cost more than the compression
    with gzip.GzipFile(filename="", fileobj=packed, mode="wb", compresslevel=6, mtime=0) as stream:
        stream.write(plain)
    return packed.getvalue()


@lru_cache(maxsize=1_000)
def _build_header(path: str, size: int, mode: int) -> bytes:
    # kept: what comes with every task has the same one, and building it takes longer than compressing the file
    entry = tarfile.TarInfo(path.rstrip("/"))
    entry.size, entry.mode = size, mode
    if path.endswith("/"):
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
    return entry.tobuf(tarfile.PAX_FORMAT, tarfile.ENCODING, "surrogateescape")


def unpack_files(packed: bytes, limits: ArchiveLimits = DEFAULT_LIMITS) -> TaskFiles:
    """The files of a tar or tar.gz that somebody else made.

    Raises:
        SourceError: It is damaged, too large, or an entry of it is a link, a device, has an odd name or leads out of
            its folder; the message names the entry.
    """
    stream = _Limited(packed, limits)
    contents: dict[str, bytes] = {}
    modes: dict[str, int] = {}
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for number, entry in enumerate(archive):
                if number >= limits.max_entries:
                    raise SourceError(f"It has more than {limits.max_entries:,} entries; one is {_shown(entry)}.")
                path = check_path(entry.name)
                _check_kind(entry, limits)
                _add(contents, path, archive, entry)
                if entry.isfile() and entry.mode & PERMISSIONS != PLAIN_MODE:
                    modes[path] = entry.mode & PERMISSIONS
        # a checksum stands at the very end
        stream.drain()
    except _DAMAGES as error:
        raise SourceError(f"It is no readable tar.gz ({show_name(str(error))}).") from None
    return TaskFiles(drop_full_folders(contents), modes)


def drop_full_folders(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """The same without folders that something is in: their files make them.

    Raises:
        SourceError: A name is a file and a folder at once, or two differ only in case.
    """
    parents = check_names(contents)
    return {path: content for path, content in contents.items() if path.rstrip("/") not in parents}


def _add(contents: dict[str, bytes], path: str, archive: tarfile.TarFile, entry: tarfile.TarInfo) -> None:
    if entry.isdir():
        if path:
            contents[f"{path}/"] = b""
        return
    if not path or path in contents:
        raise SourceError(f"Its entry {_shown(entry)} is there twice, or has no name.")
    file = archive.extractfile(entry)
    content = b"" if file is None else file.read()
    if len(content) != entry.size:
        raise SourceError(f"Its entry {_shown(entry)} is cut off.")
    contents[path] = content


def _check_kind(entry: tarfile.TarInfo, limits: ArchiveLimits) -> None:
    if entry.issym() or entry.islnk():
        raise SourceError(f"Its entry {_shown(entry)} is a link.")
    if not entry.isfile() and not entry.isdir():
        raise SourceError(f"Its entry {_shown(entry)} is neither a file nor a folder.")
    if entry.issparse() or not 0 <= entry.size <= limits.max_bytes:
        raise SourceError(f"Its entry {_shown(entry)} is sparse or larger than {limits.max_bytes >> 20} MB.")


class _Limited(io.BufferedIOBase):
    """Reads on until more has come out than any task may hold: a bomb never unfolds."""

    def __init__(self, packed: bytes, limits: ArchiveLimits) -> None:
        source = io.BytesIO(packed)
        is_packed = packed[:2] == b"\x1f\x8b"
        self._source = gzip.GzipFile(fileobj=source) if is_packed else source
        largest = limits.max_bytes + limits.max_entries * _HEADERS_PER_ENTRY * 512
        by_ratio = max(_RATIO_BEGINS_AT, len(packed) * limits.max_ratio)
        self._reason = f"Unpacked it is larger than {limits.max_bytes >> 20} MB."
        if is_packed and by_ratio < largest:
            largest = by_ratio
            self._reason = f"Unpacked it is more than {limits.max_ratio} times as large as packed: it may be a bomb."
        self._left = largest

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = self._left + 1 if size is None or size < 0 else min(size, self._left + 1)
        block = self._source.read(wanted)
        self._left -= len(block)
        if self._left < 0:
            raise SourceError(self._reason)
        return block

    def drain(self) -> None:
        while self.read(1 << 20):
            continue


def _shown(entry: tarfile.TarInfo) -> str:
    return show_name(entry.name)
