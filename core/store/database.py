"""Opens the workspace file: WAL, foreign keys, migrations. One short-lived connection per operation.

A shared connection loses writes under threads, so nothing keeps one open but the worker.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import WorkspaceError
from core.store.migrations import migrations
from core.store.part import write_transaction
from core.store.sqlite import Database
from core.store.store import Store

FILE_NAME = "trace_hints.db"
BUSY_TIMEOUT_SECONDS = 10.0
RETRY_SECONDS = 0.01


@contextmanager
def open_store(home: Path, *, busy_timeout_seconds: float = BUSY_TIMEOUT_SECONDS) -> Iterator[Store]:
    """The store of a workspace, migrated to this version; closed at the end of the block.

    Args:
        home: Folder of the workspace; made if it is missing.
        busy_timeout_seconds: How long a write waits for another one.

    Raises:
        WorkspaceError: The folder cannot be written, the file is no workspace, or a newer version made it.
    """
    database = _connect(home, busy_timeout_seconds)
    try:
        _migrate(database, home)
        yield Store(database, home)
    finally:
        database.conn.close()


@contextmanager
def open_reader(home: Path, *, busy_timeout_seconds: float = BUSY_TIMEOUT_SECONDS) -> Iterator[Store]:
    """The store of a workspace that is open elsewhere, too, for reading alone; nothing is made or migrated.

    Args:
        home: Folder of the workspace.
        busy_timeout_seconds: How long a read waits where it has to.

    Raises:
        WorkspaceError: It is not there.
    """
    try:
        address = f"{(home / FILE_NAME).absolute().as_uri()}?mode=ro"
        connection = sqlite3.connect(address, uri=True, timeout=busy_timeout_seconds, isolation_level=None)
    except sqlite3.Error as error:
        raise WorkspaceError(f"The workspace {home} cannot be read ({error}).") from None
    try:
        connection.row_factory = sqlite3.Row
        yield Store(Database(connection), home)
    finally:
        connection.close()


def _connect(home: Path, busy_timeout_seconds: float) -> Database:
    try:
        home.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(home / FILE_NAME, timeout=busy_timeout_seconds, isolation_level=None)
        connection.row_factory = sqlite3.Row
        _switch_to_wal(connection)
        # an answer that was paid for and a reviewer's edit survive a power cut, too
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        return Database(connection)
    except (OSError, sqlite3.Error) as error:
        raise WorkspaceError(
            f"The workspace {home} cannot be opened ({error}). "
            "Check that the folder can be written, or set TRACE_HINTS_HOME to another one."
        ) from None


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Tried again and again: of several processes that make the file at once, SQLite lets all but one fail here."""
    deadline = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(RETRY_SECONDS)


def _migrate(database: Database, home: Path) -> None:
    # user_version spares every short-lived connection the walk through the migrations
    known = len(migrations._migrations)
    version = int(database.conn.execute("PRAGMA user_version").fetchone()[0])
    if version > known:
        raise WorkspaceError(
            f"The workspace {home} was made by a newer version of Trace Hints. "
            "Update the program, or set TRACE_HINTS_HOME to another folder."
        )
    if version < known:
        with write_transaction(database):
            migrations.apply(database)
            database.conn.execute(f"PRAGMA user_version = {known}")
