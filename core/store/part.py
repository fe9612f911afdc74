"""What every part of the store shares: short queries and write transactions that never upgrade a lock."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any

from core.errors import WorkspaceBusyError, WorkspaceFullError
from core.store.sqlite import Database

SqlRow = dict[str, Any]
SqlValues = Sequence[Any] | Mapping[str, Any]
"""In order for `?`, or by name for `:name`."""


@contextmanager
def write_transaction(database: Database, *, patience_seconds: float | None = None) -> Iterator[None]:
    """One write transaction; inside another one, a part of it.

    It takes the write lock at once, so that waiting happens before reading and not in the middle.

    Args:
        database: The connection.
        patience_seconds: How long to wait for the lock; None means as long as the connection always does.

    Raises:
        WorkspaceBusyError: Another program holds the lock; nothing was saved.
        WorkspaceFullError: There is no room; nothing of the transaction was saved.
    """
    connection = database.conn
    if connection.in_transaction:
        with database.atomic():
            yield
        return
    try:
        _begin(connection, patience_seconds)
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
        if _is(error, sqlite3.SQLITE_BUSY):
            raise WorkspaceBusyError(
                "Another program holds the workspace (database is locked). Close what works with trace_hints.db, "
                "then try again: nothing is lost."
            ) from error
        raise


def _begin(connection: sqlite3.Connection, patience_seconds: float | None) -> None:
    if patience_seconds is None:
        connection.execute("BEGIN IMMEDIATE")
        return
    (usual,) = connection.execute("PRAGMA busy_timeout").fetchone()
    connection.execute(f"PRAGMA busy_timeout = {round(patience_seconds * 1000)}")
    try:
        connection.execute("BEGIN IMMEDIATE")
    finally:
        connection.execute(f"PRAGMA busy_timeout = {usual}")


def _is_full(error: BaseException) -> bool:
    # a disk without space shows as either
    return _is(error, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def _is(error: BaseException, *codes: int) -> bool:
    # the low byte is the code, the others say more of it
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF in codes


class Part:
    """One subject of the store."""

    def __init__(self, database: Database) -> None:
        """Every part of one store shares its connection."""
        self._database = database
        self._connection = database.conn

    def write(self, *, patience_seconds: float | None = None) -> AbstractContextManager[None]:
        """Several writes that belong together; see `write_transaction`."""
        return write_transaction(self._database, patience_seconds=patience_seconds)

    def _rows(self, sql: str, values: SqlValues = ()) -> list[SqlRow]:
        return [dict(row) for row in self._connection.execute(sql, values)]

    def _row(self, sql: str, values: SqlValues = ()) -> SqlRow | None:
        row = self._connection.execute(sql, values).fetchone()
        return None if row is None else dict(row)

    def _value(self, sql: str, values: SqlValues = ()) -> Any:
        row = self._connection.execute(sql, values).fetchone()
        return None if row is None else row[0]


def utc_now() -> str:
    """This moment as an ISO text that sorts by time, e.g. `2026-01-31T12:00:00.123456+00:00`."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
