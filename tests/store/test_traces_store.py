"""What was imported, as the store answers for it; and writes from many threads."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.errors import UsageError
from core.models import JobKind, Message, Role
from core.store import Store, open_store
from core.store.packing import pack_messages, pack_text, unpack_messages, unpack_text
from tests.builders import import_list, make_row, run_sql, talk

ROWS = [make_row(talk("Task: x", str(n)), trial_name=f"t{n}", verifier_output=f"v{n}") for n in range(3)]


def test_a_dataset_is_found_by_id_name_or_source_the_newest_first(store: Store) -> None:
    old, new = import_list(store, ROWS[:1]).dataset, import_list(store, ROWS).dataset
    assert store.traces.get_dataset_by_name(str(old.id)) == old
    assert store.traces.get_dataset_by_name("listed") == new
    assert store.traces.get_dataset_by_name("listed.jsonl") == new
    assert store.traces.get_dataset(old.id) == old


def test_an_unknown_dataset_is_refused_with_those_there_are(store: Store) -> None:
    with pytest.raises(UsageError, match="Nothing was imported yet"):
        store.traces.get_dataset_by_name("nothing")
    import_list(store, ROWS)
    with pytest.raises(UsageError, match=r'no dataset "nothing".*1 \(listed\)'):
        store.traces.get_dataset_by_name("nothing")


def test_unknown_ids_are_refused(store: Store) -> None:
    for call in (store.traces.get_dataset, store.traces.get_trial, store.traces.get_attempt):
        with pytest.raises(UsageError, match="99"):
            call(99)


def test_a_dataset_that_is_ready_is_not_deleted(store: Store) -> None:
    dataset = import_list(store, ROWS).dataset
    store.traces.delete_dataset(dataset.id)
    assert store.traces.list_datasets() == [dataset]


def test_deleting_a_dataset_that_is_not_ready_removes_everything_of_it(store: Store, tmp_path: Path) -> None:
    kept = import_list(store, ROWS[:1])
    gone = import_list(store, [*ROWS, make_row([])])
    run_sql(tmp_path / "home", "UPDATE datasets SET ready = 0 WHERE id = ?", gone.dataset.id)
    store.traces.delete_dataset(gone.dataset.id)
    store.staging.finish()
    assert store.traces.list_datasets() == [kept.dataset]
    for table, count in {
        "trials": 1,
        "attempts": 1,
        "episodes": 1,
        "set_aside": 0,
        "conversations": 1,
        "texts": 1,
    }.items():
        assert run_sql(tmp_path / "home", f"SELECT COUNT(*) FROM {table}") == [(count,)]
    assert kept.attempt.texts == ["Task: x", "0"]


def test_the_first_trials_are_listed_in_order(store: Store) -> None:
    dataset = import_list(store, ROWS).dataset
    assert [trial.name for trial in store.traces.list_trials(dataset.id, first=2)] == ["t0", "t1"]
    assert len(store.traces.list_trials(dataset.id)) == 3


def test_texts_beside_the_conversation_are_found_or_none(store: Store) -> None:
    found = import_list(store, [*ROWS, make_row(talk("Task: x", "plain"), trial_name="plain")])
    outputs = [store.traces.find_verifier_output(attempt.attempt.id) for attempt in found.attempts]
    assert outputs == ["v0", "v1", "v2", None]
    assert store.traces.load_attempt(found.attempts[0].attempt.id).tool_definitions is None


@pytest.mark.parametrize("text", ["", "a", "漢字 🚀 \u2028", "x" * 1_000_000])
def test_packing_gives_back_what_was_packed(text: str) -> None:
    assert unpack_text(pack_text(text)) == text
    packed = pack_messages([("user", text, (), None), ("assistant", text, ("a", "b"), None), ("tool", text, (), "a")])
    assert unpack_messages(packed) == [
        Message(role=Role.USER, content=text),
        Message(role=Role.ASSISTANT, content=text, call_ids=("a", "b")),
        Message(role=Role.TOOL, content=text, answers="a"),
    ]


# --- writing


def test_writes_of_eight_threads_lose_nothing(tmp_path: Path) -> None:
    with open_store(tmp_path):
        pass

    def write(thread: int) -> None:
        for number in range(25):
            with open_store(tmp_path) as store, store.jobs.write():
                job = store.jobs.create_job(JobKind.IMPORT, params={}, created_by=f"{thread}")
                store.jobs.save_progress(job.id, stage="s", done=number, total=None, failed=0)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    done = run_sql(tmp_path, "SELECT created_by, COUNT(*), SUM(done) FROM jobs GROUP BY created_by ORDER BY created_by")
    assert done == [(str(thread), 25, 300) for thread in range(8)]


def test_a_read_that_a_write_depends_on_sees_the_last_write(tmp_path: Path) -> None:
    # read, add, write: lost updates would show in the sum
    with open_store(tmp_path) as store:
        job_id = store.jobs.create_job(JobKind.IMPORT, params={}).id

    def count_up(_: int) -> None:
        for _ in range(20):
            with open_store(tmp_path) as store, store.jobs.write():
                done = store.jobs.get_job(job_id).done
                store.jobs.save_progress(job_id, stage="s", done=done + 1, total=None, failed=0)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count_up, range(8)))
    with open_store(tmp_path) as store:
        assert store.jobs.get_job(job_id).done == 160


class InterruptedHereError(Exception):
    """What breaks a block of writes."""


@contextmanager
def interrupt() -> Iterator[None]:
    with pytest.raises(InterruptedHereError):
        yield


def test_an_error_inside_a_block_of_writes_undoes_all_of_it(store: Store) -> None:
    with interrupt(), store.jobs.write():
        store.jobs.create_job(JobKind.IMPORT, params={})
        with store.jobs.write():
            store.jobs.create_job(JobKind.IMPORT, params={})
        raise InterruptedHereError
    assert not store.jobs.has_work()


def test_an_error_inside_an_inner_block_undoes_only_that(store: Store) -> None:
    with store.jobs.write():
        kept = store.jobs.create_job(JobKind.IMPORT, params={})
        with interrupt(), store.jobs.write():
            store.jobs.create_job(JobKind.IMPORT, params={})
            raise InterruptedHereError
    assert [job.id for job in store.jobs.list_jobs(JobKind.IMPORT)] == [kept.id]


def test_a_commit_that_fails_leaves_no_transaction_open(store: Store, tmp_path: Path) -> None:
    def fail_at_commit() -> None:
        with store.jobs.write():
            store.jobs._connection.execute("PRAGMA defer_foreign_keys = ON")
            store.jobs._connection.execute("INSERT INTO set_aside VALUES (99, 0, 'no such dataset')")

    with pytest.raises(sqlite3.IntegrityError):
        fail_at_commit()
    store.jobs.create_job(JobKind.IMPORT, params={})
    assert run_sql(tmp_path / "home", "SELECT COUNT(*) FROM jobs") == [(1,)]
    assert run_sql(tmp_path / "home", "SELECT COUNT(*) FROM set_aside") == [(0,)]


def test_an_error_after_the_database_gave_up_is_the_one_that_is_seen(store: Store) -> None:
    with interrupt(), store.jobs.write():
        store.jobs._connection.execute("ROLLBACK")
        raise InterruptedHereError


def test_the_parts_of_a_store_share_their_transaction(store: Store) -> None:
    with interrupt(), store.curation.write():
        store.jobs.create_job(JobKind.IMPORT, params={})
        raise InterruptedHereError
    assert not store.jobs.has_work()


def test_the_secret_of_a_workspace_is_made_once(tmp_path: Path) -> None:
    with open_store(tmp_path / "a") as store:
        first = store.workspace.get_secret()
        assert len(first) == 32
        assert store.workspace.get_secret() == first
    with open_store(tmp_path / "b") as store:
        assert store.workspace.get_secret() != first


def test_what_a_server_supports_is_remembered_per_model(store: Store) -> None:
    assert store.workspace.find_server_mode(server="s", model="m") is None
    store.workspace.save_server_mode(server="s", model="m", mode="schema")
    store.workspace.save_server_mode(server="s", model="m", mode="json")
    assert store.workspace.find_server_mode(server="s", model="m") == "json"
    assert store.workspace.find_server_mode(server="s", model="n") is None


def test_a_row_of_the_wrong_type_is_refused(store: Store) -> None:
    with pytest.raises(sqlite3.IntegrityError), store.traces.write():
        store.traces._connection.execute("INSERT INTO texts VALUES ('a', 'text where bytes belong')")
