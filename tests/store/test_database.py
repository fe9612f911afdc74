"""Opening a workspace: migrations, versions, several processes at once, and what is not a workspace."""

import multiprocessing
import sqlite3
from pathlib import Path

import pytest
from sqlite_utils import Database

from core.errors import WorkspaceError
from core.store import open_reader, open_store
from core.store.database import FILE_NAME
from core.store.migrations import migrations
from tests.builders import import_list, make_row, run_sql, talk

NUMBER = len(list(migrations._migrations))


def test_a_new_workspace_has_every_table_and_the_present_version(tmp_path: Path) -> None:
    with open_store(tmp_path / "new" / "deep"):
        pass
    home = tmp_path / "new" / "deep"
    assert run_sql(home, "PRAGMA user_version") == [(NUMBER,)]
    tables = {row[0] for row in run_sql(home, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {"datasets", "trials", "attempts", "episodes", "conversations", "jobs", "lease", "batches"} <= tables
    assert {"requests", "replies", "proposals", "hints", "evidence", "findings", "decisions", "publications"} <= tables


def test_every_table_of_ours_is_strict(tmp_path: Path) -> None:
    with open_store(tmp_path):
        pass
    loose = run_sql(
        tmp_path, "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict"
    )
    assert {row[0] for row in loose} <= {"_sqlite_migrations", "sqlite_schema", "sqlite_sequence"}


def test_the_file_is_in_wal_mode_and_foreign_keys_hold(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        assert run_sql(tmp_path, "PRAGMA journal_mode") == [("wal",)]
        with pytest.raises(sqlite3.IntegrityError), store.traces.write():
            store.traces._connection.execute("INSERT INTO set_aside VALUES (99, 0, 'no such dataset')")


def test_a_reader_sees_what_is_saved_and_can_neither_write_nor_make_a_workspace(tmp_path: Path) -> None:
    home = tmp_path / "a home? of #1"
    with pytest.raises(WorkspaceError), open_reader(home):
        pass
    assert not home.exists()
    with open_store(home) as store, open_reader(home) as reader:
        dataset = import_list(store, [make_row(talk("Task: sort", "sort list"))]).dataset
        assert reader.traces.list_datasets() == [dataset]
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.repeated.save_counts(dataset.id, {})


@pytest.mark.parametrize("known", range(NUMBER))
def test_an_older_workspace_is_migrated_and_loses_nothing(tmp_path: Path, known: int) -> None:
    # as a version with fewer migrations would have left it
    connection = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    database = Database(connection)
    for number, migration in enumerate(migrations._migrations):
        if number < known:
            migration.fn(database)
            database.table("_sqlite_migrations").insert(
                {"migration_set": migrations.name, "name": migration.name, "applied_at": "2026-01-01"}
            )
    if known:
        connection.execute("INSERT INTO workspace VALUES ('secret', ?)", ("ab" * 32,))
    connection.execute(f"PRAGMA user_version = {known}")
    connection.close()
    with open_store(tmp_path) as store:
        if known:
            assert store.workspace.get_secret() == bytes.fromhex("ab" * 32)
        assert len(import_list(store, [make_row(talk("Task: x", "a"))]).attempts) == 1
    assert run_sql(tmp_path, "PRAGMA user_version") == [(NUMBER,)]


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        secret = store.workspace.get_secret()
    before = run_sql(tmp_path, "SELECT name, sql FROM sqlite_master ORDER BY name")
    with open_store(tmp_path) as store:
        assert store.workspace.get_secret() == secret
    assert run_sql(tmp_path, "SELECT name, sql FROM sqlite_master ORDER BY name") == before


def test_a_workspace_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    with open_store(tmp_path):
        pass
    run_sql(tmp_path, f"PRAGMA user_version = {NUMBER + 1}")
    with (
        pytest.raises(WorkspaceError, match="newer version.*Update the program, or set TRACE_HINTS_HOME"),
        open_store(tmp_path),
    ):
        pass
    assert run_sql(tmp_path, "PRAGMA user_version") == [(NUMBER + 1,)]


@pytest.mark.parametrize("content", [b"this is no database " * 500, b"SQLite format 3\0" + bytes(5_000)])
def test_a_file_that_is_no_workspace_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(WorkspaceError, match="cannot be opened"), open_store(tmp_path):
        pass
    assert (tmp_path / FILE_NAME).read_bytes() == content


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(WorkspaceError, match="Check that the folder can be written"), open_store(tmp_path / "home"):
        pass


def test_a_home_whose_database_is_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(WorkspaceError, match="cannot be opened"), open_store(tmp_path):
        pass


def open_and_read(home: Path) -> str:
    with open_store(home) as store:
        return store.workspace.get_secret().hex()


def test_several_processes_may_open_a_new_workspace_at_once(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(8) as pool:
        for number in range(12):
            home = tmp_path / str(number)
            assert len(set(pool.map(open_and_read, [home] * 8, chunksize=1))) == 1


def test_the_connection_is_closed_at_the_end_of_the_block(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        pass
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        store.traces.list_datasets()
