"""Local files as streams of rows: .parquet, .jsonl and .json. Memory does not grow with the file."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from core.errors import SourceError
from core.traces.rows import KNOWN_COLUMNS

ROWS_AT_ONCE = 100
CHARACTERS_AT_ONCE = 1 << 20


class FileReader(NamedTuple):
    """How to read one kind of file."""

    read: Callable[[Path], Iterator[dict[str, Any]]]
    count_rows: Callable[[Path], int | None] | None
    """None if only reading tells."""


def read_parquet(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a parquet file, with the columns that import knows."""
    import pyarrow.parquet as pq
    from pyarrow import ArrowException

    try:
        with pq.ParquetFile(path) as file:
            known = [name for name in file.schema_arrow.names if name in KNOWN_COLUMNS]
            # without any known column all are read, so that the refusal can name what there is
            for batch in file.iter_batches(batch_size=ROWS_AT_ONCE, columns=known or None, use_threads=False):
                yield from batch.to_pylist()
    except (ArrowException, OSError) as error:
        raise SourceError(
            f"{path.name} is not a readable parquet file ({_first_line(error)}). Export it again."
        ) from None


def count_parquet(path: Path) -> int | None:
    """Rows as the file's footer says; None if it is damaged, which reading will then report."""
    import pyarrow.parquet as pq
    from pyarrow import ArrowException

    try:
        return int(pq.read_metadata(path).num_rows)
    except (ArrowException, OSError):
        return None


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file with one JSON object per line; blank lines are skipped."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            row = _loads_line(line, path, number)
            if not isinstance(row, dict):
                raise SourceError(f"{path.name}, line {number}: not a JSON object. Each line must be one row.")
            yield row


def _loads_line(line: bytes, path: Path, number: int) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        pass
    try:
        # slower, but it knows NaN and lone surrogates, which other writers leave behind
        return json.loads(line.decode("utf-8-sig", errors="surrogateescape"))
    except ValueError as error:
        raise SourceError(f"{path.name}, line {number}: not valid JSON ({error}). Mend or remove that line.") from None


def read_json(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a JSON file: a list of objects, alone or as the value of a key such as `data` or `rows`."""
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        text = _TextStream(file)
        if not text.skip_to_list():
            raise SourceError(
                f"{path.name} holds no list of rows. Give a JSON list of objects, or one object per line."
            )
        for number, value in enumerate(text.list_values(path.name)):
            if not isinstance(value, dict):
                raise SourceError(f"{path.name}, item {number}: not an object. Each item must be one row.")
            yield value


class _TextStream:
    """Just enough of an incremental JSON reader: the items of the first list, one after the other."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._text = ""
        self._at = 0
        self._decoder = json.JSONDecoder()

    def skip_to_list(self) -> bool:
        while True:
            begin = self._text.find("[", self._at)
            if begin >= 0:
                self._at = begin + 1
                return True
            self._at = len(self._text)
            if not self._more(1):
                return False

    def list_values(self, name: str) -> Iterator[Any]:
        while self._skip_blanks() not in ("]", ""):
            size = CHARACTERS_AT_ONCE
            while True:
                try:
                    value, end = self._decoder.raw_decode(self._text, self._at)
                except ValueError as error:
                    # each failed try doubles what is read, so the work stays linear
                    if self._more(size):
                        size *= 2
                        continue
                    raise SourceError(f"{name} is not valid JSON ({error}). Export it again.") from None
                self._at = end
                yield value
                break
        if self._skip_blanks() == "":
            raise SourceError(f"{name} ends in the middle of its list. Export it again.")

    def _skip_blanks(self) -> str:
        while True:
            while self._at < len(self._text) and self._text[self._at] in " \t\r\n,":
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more(1):
                return ""

    def _more(self, size: int) -> bool:
        block = self._file.read(max(size, CHARACTERS_AT_ONCE))
        self._text, self._at = self._text[self._at :] + block, 0
        return bool(block)


def count_lines(path: Path) -> int | None:
    """Lines that are not blank."""
    with path.open("rb") as file:
        return sum(1 for line in file if not line.isspace())


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


FILE_READERS = {
    ".parquet": FileReader(read_parquet, count_parquet),
    ".jsonl": FileReader(read_jsonl, count_lines),
    ".json": FileReader(read_json, None),
}
