"""Local files as streams of rows: .parquet, .jsonl and .json. Memory does not grow with the file."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from core.errors import SourceError
from core.traces.rows import KNOWN_COLUMNS
from core.traces.text import normalise_text

ROWS_AT_ONCE = 100
CHARACTERS_AT_ONCE = 1 << 20
ROW_COLUMNS = frozenset({"trial_name", "episode"})
"""An object with one of these is a row, not a frame around the rows."""


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
                yield from build_rows(batch)
    except (ArrowException, OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"{show_name(path)} is not a readable parquet file ({_first_line(error)}). Export it again."
        ) from None


def build_rows(batch: Any) -> list[dict[str, Any]]:
    """The rows of an Arrow batch; bytes, and text that is not UTF-8, become text with lone surrogates."""
    import pyarrow as pa

    try:
        rows: list[dict[str, Any]] = batch.to_pylist()
    except UnicodeDecodeError:
        as_bytes = pa.schema([field.with_type(_replace_text(field.type)) for field in batch.schema])
        rows = batch.cast(as_bytes).to_pylist()
    else:
        if "binary" not in str(batch.schema):
            return rows
    return [_decode_bytes(row) for row in rows]


def _replace_text(kind: Any) -> Any:
    """The Arrow type with every text in it as bytes."""
    import pyarrow as pa

    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pa.large_binary()
    if pa.types.is_dictionary(kind):
        return _replace_text(kind.value_type)
    if pa.types.is_struct(kind):
        return pa.struct([kind.field(i).with_type(_replace_text(kind.field(i).type)) for i in range(kind.num_fields)])
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.large_list(_replace_text(kind.value_type))
    return kind


def _decode_bytes(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="surrogateescape")
    if isinstance(value, dict):
        return {name: _decode_bytes(inner) for name, inner in value.items()}
    return [_decode_bytes(inner) for inner in value] if isinstance(value, list) else value


def count_parquet(path: Path) -> int | None:
    """Rows as the file's footer says; None if it is damaged, which reading will then report."""
    import pyarrow.parquet as pq
    from pyarrow import ArrowException

    try:
        return int(pq.read_metadata(path).num_rows)
    except (ArrowException, OSError, UnicodeDecodeError):
        return None


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file with one JSON object per line; blank lines are skipped."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            row = _loads_line(line, path, number)
            if not isinstance(row, dict):
                raise SourceError(f"{show_name(path)}, line {number}: not a JSON object. Each line must be one row.")
            yield row


def _loads_line(line: bytes, path: Path, number: int) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        pass
    try:
        # slower, but it knows NaN and lone surrogates, which other writers leave behind
        return json.loads(line.decode("utf-8-sig", errors="surrogateescape"))
    except (ValueError, RecursionError) as error:
        place = f"{show_name(path)}, line {number}"
        raise SourceError(f"{place}: not valid JSON ({_first_line(error)}). Mend or remove that line.") from None


def read_json(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a JSON file: a list, alone or as the value of a key such as `data`, or one object after the other."""
    name = show_name(path)
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        text = _JsonStream(file, name)
        # without a list of rows any list of objects will do: the refusal names what they hold
        if not text.find_rows() and not text.find_rows(of_any_kind=True):
            raise SourceError(f"{name} holds no list of rows. Give a JSON list of objects, or one object per line.")
        for number, value in enumerate(text.list_values()):
            if not isinstance(value, dict):
                raise SourceError(f"{name}, item {number}: not an object. Each item must be one row.")
            yield value


class _JsonStream:
    """Just enough of an incremental JSON reader to find the rows and read them one after the other."""

    def __init__(self, file: Any, name: str) -> None:
        self._file = file
        self._name = name
        self._text = ""
        self._at = 0
        self._end = "]"
        """What stands behind the last row; nothing at all where objects simply follow each other."""
        self._decoder = json.JSONDecoder()

    def find_rows(self, *, of_any_kind: bool = False) -> bool:
        """Go to the first row, from the start of the file; False if there is no list of such objects."""
        self._restart()
        first = self._skip_blanks()
        if first == "[":
            self._at += 1
            return True
        if first != "{":
            return False
        self._at += 1
        while self._skip_blanks() == '"':
            if self._decode("key") in ROW_COLUMNS:
                self._restart()
                self._end = ""
                return True
            if self._skip_blanks() == ":":
                self._at += 1
            if self._skip_blanks() == "[":
                if self._enter_list(of_any_kind):
                    return True
            else:
                self._decode("value")
        return False

    def _enter_list(self, of_any_kind: bool) -> bool:
        self._at += 1
        if self._skip_blanks() == "{":
            first = self._decode("item", stay=True)
            if of_any_kind or not KNOWN_COLUMNS.isdisjoint(first):
                return True
        while self._skip_blanks() not in ("]", ""):
            self._decode("item")
        self._at += 1
        return False

    def list_values(self) -> Iterator[Any]:
        number = 0
        while self._skip_blanks() not in (self._end, ""):
            yield self._decode(f"item {number}")
            number += 1
        if self._end and self._skip_blanks() == "":
            raise SourceError(f"{self._name} ends in the middle of its list. Export it again.")

    def _decode(self, what: str, *, stay: bool = False) -> Any:
        size = CHARACTERS_AT_ONCE
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                # each failed try doubles what is read, so the work stays linear
                if isinstance(error, ValueError) and self._more(size):
                    size *= 2
                    continue
                reason = error.msg if isinstance(error, json.JSONDecodeError) else _first_line(error)
                raise SourceError(
                    f"{self._name}, {what}: not valid JSON, or cut off ({reason}). Export it again."
                ) from None
            # a number at the end of a block may go on in the next one
            if end == len(self._text) and self._more(size):
                continue
            self._at = self._at if stay else end
            return value

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

    def _restart(self) -> None:
        self._file.seek(0)
        self._text, self._at, self._end = "", 0, "]"


def count_lines(path: Path) -> int | None:
    """Lines that are not blank."""
    with path.open("rb") as file:
        return sum(1 for line in file if not line.isspace())


def show_name(path: Path) -> str:
    """The file's name as it can be shown and stored, whatever bytes it is made of."""
    return normalise_text(path.name)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


FILE_READERS = {
    ".parquet": FileReader(read_parquet, count_parquet),
    ".jsonl": FileReader(read_jsonl, count_lines),
    ".json": FileReader(read_json, None),
}
