"""The rows of the `hints` table as a file of their own: JSON lines, or a table for a spreadsheet.

A spreadsheet runs what begins like a formula, and texts of traces are anybody's: such cells get an apostrophe in front.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

from core.errors import PublishError, UsageError
from core.publishing.hint_rows import COLUMNS_BY_KIND
from core.publishing.tables import iterate_rows

Row = Mapping[str, Any]
_KINDS = tuple(COLUMNS_BY_KIND.values())
_FORMULA = re.compile(r"[\s\x00]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
# every other character at which a reader of lines may break one
_LINE_BREAKS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def check_hints_file(path: Path) -> None:
    """Accept what `write_hints_file` can write to.

    Raises:
        UsageError: It ends otherwise than in .jsonl or .csv, or is a folder.
    """
    if path.suffix.lower() not in _WRITERS:
        raise UsageError(f"{path.name} is neither .jsonl nor .csv. Give the file of hints one of these endings.")
    if path.is_dir():
        raise UsageError(f"{path} is a folder. Name a file for the hints.")


def write_hints_file(table: Path, path: Path) -> None:
    """Write the rows of a `hints` table; the file appears in one step, and replaces one that is there.

    Args:
        table: The parquet file.
        path: Ends in .jsonl or .csv.

    Raises:
        PublishError: The place cannot be written.
    """
    beside = path.parent / f".{path.name}-{uuid4().hex}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _WRITERS[path.suffix.lower()](beside, iterate_rows(table))
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise PublishError(f"{path} cannot be written ({error.strerror}). Check its permissions and room.") from None


def _write_jsonl(path: Path, rows: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(orjson.dumps(row).decode().translate(_LINE_BREAKS) + "\n")


def _write_csv(path: Path, rows: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = None
        for row in rows:
            flat = flatten_row(row)
            if writer is None:
                writer = csv.DictWriter(file, list(flat), lineterminator="\n")
                writer.writeheader()
            writer.writerow(flat)


def flatten_row(row: Row) -> dict[str, object]:
    """A row without lists: hints of a kind below each other, outcomes a column each, texts defused."""
    flat: dict[str, object] = {}
    for name, value in row.items():
        if name in _KINDS:
            flat[name] = "\n\n".join(hint["text"] for hint in value)
        elif name == "outcomes":
            flat |= value
        else:
            flat[name] = "; ".join(value) if isinstance(value, list) else value
    hints = [hint for kind in _KINDS for hint in row[kind]]
    flat["support"] = "; ".join(str(hint["support"]) for hint in hints)
    if any("evidence" in hint for hint in hints):
        flat["evidence"] = "\n\n".join(_describe_quotes(hint["evidence"]) for hint in hints)
    return {name: defuse(value) if isinstance(value, str) else value for name, value in flat.items()}


def defuse(text: str) -> str:
    """The text, with an apostrophe in front if a spreadsheet could run it.

    Source: OWASP, CSV injection.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def _describe_quotes(evidence: Sequence[Row]) -> str:
    return "\n".join(f"{item['trial_name']}, message {item['message']}: {item['quote']}" for item in evidence)


_WRITERS: dict[str, Callable[[Path, Iterator[Row]], None]] = {".jsonl": _write_jsonl, ".csv": _write_csv}
