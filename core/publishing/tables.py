"""Parquet files written in portions: memory does not grow with the table, and the bytes are the same every time."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import pyarrow as pa

_BYTES_AT_ONCE = 32 * 1024 * 1024
_ROWS_AT_ONCE = 100


class Table:
    """A parquet file; a row group holds 100 rows, or fewer if they are large."""

    def __init__(self, path: Path, schema: "pa.Schema") -> None:
        # a program that publishes nothing need not wait for it
        import pyarrow as pa
        import pyarrow.parquet as pq

        path.parent.mkdir(parents=True, exist_ok=True)
        self._rows: list[dict[str, Any]] = []
        self._bytes = 0
        self._schema = schema
        self._build = pa.Table.from_pylist
        self._writer = pq.ParquetWriter(path, schema)

    def add(self, row: dict[str, Any], *, size: int) -> None:
        """One more row.

        Args:
            row: By column.
            size: About how many bytes it has.
        """
        self._rows.append(row)
        self._bytes += size
        if len(self._rows) >= _ROWS_AT_ONCE or self._bytes >= _BYTES_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(self._build(self._rows, schema=self._schema))
        self._rows, self._bytes = [], 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None and self._rows:
            self._flush()
        self._writer.close()


def iterate_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a parquet file that `Table` wrote, a row group at a time."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE, use_threads=False):
            yield from batch.to_pylist()
