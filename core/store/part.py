"""What every part of the store shares: short queries and write transactions that never upgrade a lock."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlite_utils import Database

from core.errors import WorkspaceFullError

SqlRow = dict[str, Any]


@contextmanager
def write_transaction(database: Database) -> Iterator[None]:
    """One write transaction; inside another one, a part of it.

    It takes the write lock at once, so that waiting happens before reading and not in the middle.

    Raises:
        WorkspaceFullError: There is no room; nothing of the transaction was saved.
    """
    connection = database.conn
    if connection.in_transaction:
        with database.atomic():
            yield
        return
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except BaseException as error:
        # also if the commit failed: an open transaction would swallow every later one on this connection
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if _is_full(error):
            raise WorkspaceFullError(
                f"The workspace cannot be written ({error}). Make space on its disk, then resume: "
                "everything answered so far is kept."
            ) from error
        raise


def _is_full(error: BaseException) -> bool:
    # a disk without space shows as either; the low byte is the code, the others say more of it
    codes = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF in codes


class Part:
    """One subject of the store."""

    def __init__(self, database: Database) -> None:
        """Every part of one store shares its connection."""
        self._database = database
        self._connection = database.conn

    def write(self) -> AbstractContextManager[None]:
        """Several writes that belong together."""
        return write_transaction(self._database)

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[SqlRow]:
        return [dict(row) for row in self._connection.execute(sql, values)]

    def _row(self, sql: str, values: Sequence[Any] = ()) -> SqlRow | None:
        row = self._connection.execute(sql, values).fetchone()
        return None if row is None else dict(row)

    def _value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        row = self._connection.execute(sql, values).fetchone()
        return None if row is None else row[0]


def utc_now() -> str:
    """This moment as an ISO text that sorts by time, e.g. `2026-01-31T12:00:00.123456+00:00`."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
