"""Contents that are put aside on disk and taken back one by one, so that no more than one is in memory."""

from collections.abc import Hashable
from typing import IO, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
_SIZE_BYTES = 8


class Spool(Generic[Key]):
    """Contents by key."""

    def __init__(self, file: IO[bytes]) -> None:
        """An empty file; whoever opened it closes it."""
        self._file = file
        self._end = 0
        self._places: dict[Key, int] = {}

    def __contains__(self, key: object) -> bool:
        return key in self._places

    def put(self, key: Key, content: bytes) -> None:
        """Put a content aside, in place of an earlier one of that key."""
        self._file.seek(self._end)
        self._file.write(len(content).to_bytes(_SIZE_BYTES) + content)
        self._places[key] = self._end
        self._end += _SIZE_BYTES + len(content)

    def find(self, key: Key) -> bytes | None:
        """A content, or None if there is none of that key."""
        place = self._places.get(key)
        if place is None:
            return None
        self._file.seek(place)
        return self._file.read(int.from_bytes(self._file.read(_SIZE_BYTES)))
