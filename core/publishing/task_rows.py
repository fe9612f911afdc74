"""Tables of source tasks: a row is `path` (or `task`) and `task_binary`, a tar.gz of the task's folder.

Reads .parquet and .jsonl files and Hub datasets; their libraries' errors become ours here.
"""

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from core.errors import SourceError
from core.traces.sources import FileSource, SourceRequest

ROWS_AT_ONCE = 16
"""Archives may be large."""
TABLE_ENDINGS = (".parquet", ".jsonl")
_COLUMNS = ("path", "task", "task_binary")


class TasksIdentity(NamedTuple):
    """Where source tasks come from, as it is published."""

    source: str
    """A Hub id, or the name of a file or folder without the folders of this machine."""
    revision: str | None = None
    """The Hub's commit, or the file's SHA-256; None for a folder."""
    licence: str | None = None


class TaskRow(NamedTuple):
    """One archived task."""

    path: str
    task: str | None
    binary: bytes


def load_file_rows(path: Path) -> tuple[TasksIdentity, Iterator[TaskRow]]:
    """Where the rows come from, and the rows, streamed.

    Raises:
        SourceError: The file is of another kind, damaged, or lacks a column.
    """
    if path.suffix.lower() not in TABLE_ENDINGS:
        raise SourceError(f"{path.name} holds no tasks. Give a folder of task folders, a .parquet or a .jsonl file.")
    identity = TasksIdentity(source=path.name, revision=FileSource(path).identity.revision)
    rows = _read_parquet(path) if path.suffix.lower() == ".parquet" else _read_jsonl(path)
    return identity, _build_rows(path.name, rows)


def load_hub_rows(source: str) -> tuple[TasksIdentity, Iterator[TaskRow]]:
    """Where the rows come from, and the rows, streamed.

    Raises:
        SourceError: There is no such dataset, it may not be read, or it lacks a column.
        UsageError: The id is malformed.
    """
    # huggingface_hub reads its address from the environment when it is imported
    from core.traces.hub import HubSource

    found = HubSource(SourceRequest(source=source)).identity
    identity = TasksIdentity(source=found.source, revision=found.revision, licence=found.licence)
    return identity, _build_rows(found.source, _read_hub(found.source, found.config, found.split, found.revision))


def _build_rows(source: str, rows: Iterator[dict[str, Any]]) -> Iterator[TaskRow]:
    for number, row in enumerate(rows):
        name, binary = row.get("path") or row.get("task"), row.get("task_binary")
        if isinstance(binary, str):
            binary = _decode(source, number, binary)
        if not isinstance(name, str) or not isinstance(binary, bytes):
            raise SourceError(
                f"{source}, row {number}: no task in it. Each row needs path (or task) and task_binary, a tar.gz."
            )
        task = row.get("task")
        yield TaskRow(name.strip("/"), task if isinstance(task, str) else None, binary)


def _decode(source: str, number: int, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise SourceError(f"{source}, row {number}: task_binary is not base64. Export the file again.") from None


def _read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    from core.traces.files import read_jsonl

    return read_jsonl(path)


def _read_parquet(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet as pq
    from pyarrow import ArrowException

    try:
        with pq.ParquetFile(path) as file:
            known = [name for name in file.schema_arrow.names if name in _COLUMNS]
            _check_columns(path.name, known)
            for batch in file.iter_batches(batch_size=ROWS_AT_ONCE, columns=known, use_threads=False):
                yield from batch.to_pylist()
    except (ArrowException, OSError) as error:
        raise SourceError(f"{path.name} is not a readable parquet file ({_first_line(error)}).") from None


def _read_hub(repo: str, config: str | None, split: str | None, revision: str) -> Iterator[dict[str, Any]]:
    import datasets
    import httpx2
    from datasets.exceptions import DatasetsError

    try:
        table = datasets.load_dataset(repo, config, split=split, revision=revision, streaming=True)
        names = table.column_names or list(next(iter(table), {}))
        known = [name for name in names if name in _COLUMNS]
        _check_columns(repo, known)
        for batch in table.select_columns(known).with_format("arrow").iter(batch_size=ROWS_AT_ONCE):
            yield from batch.to_pylist()
    except (DatasetsError, httpx2.HTTPError, OSError, ValueError, RuntimeError) as error:
        raise SourceError(f"The tasks of {repo} cannot be read ({_first_line(error)}). Try again.") from None


def _check_columns(source: str, known: list[str]) -> None:
    if "task_binary" not in known or len(known) < 2:
        raise SourceError(f"{source} holds no tasks: it needs the columns path (or task) and task_binary.")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
