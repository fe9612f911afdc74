"""A workspace without room: the batch stops and says so, and what was answered comes back once there is room."""

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.errors import WorkerReplaced, WorkspaceFullError
from core.extraction.batch import run_batch
from core.models import Dataset, Extractor
from core.progress import no_progress
from core.store import Store
from core.store.batch_models import Answer, BatchConfig, Reply
from core.store.spill import Spill, list_spills
from tests.extraction.conftest import KEY, MODEL
from tests.standins.llm import LlmServer
from tests.workspaces import create_batch, make_settings

ATTEMPTS = 26
REPLY = Reply("hash", "attempt", "m", 200, "raw\ntext", True, 1, 2, 3, 0.5, 0.1)


def make_config() -> BatchConfig:
    return BatchConfig(extractor=Extractor.LLM, model=MODEL, batch_size=4, max_rpm=100_000)


def spill_path(store: Store, batch_id: int) -> Path:
    return store.home / f"answers-of-batch-{batch_id}.jsonl"


def fill(store: Store, *, pages: int) -> None:
    """Leave room for so many pages only."""
    connection: sqlite3.Connection = store.answers._connection
    used = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {used + pages}")


def make_room(store: Store) -> None:
    store.answers._connection.execute("PRAGMA max_page_count = 1000000")


def run(store: Store, batch: Any, llm: LlmServer, *, check_lease: Callable[[], None] = lambda: None) -> None:
    settings = make_settings(Path("unused"), base_url=llm.base_url, key=KEY)
    run_batch(store, batch, settings=settings, progress=no_progress, check_lease=check_lease)


def count_kept(store: Store) -> int:
    """Replies with status 200 in the workspace."""
    return int(store.answers._value("SELECT COUNT(*) FROM replies WHERE http_status = 200"))


@contextmanager
def small_files_only(limit_bytes: int) -> Iterator[None]:
    """Nothing this process writes may be larger."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("pages", [0, 3, 8])
def test_a_full_workspace_stops_the_batch_and_loses_no_answer(
    store: Store, dataset: Dataset, llm: LlmServer, pages: int
) -> None:
    batch = create_batch(store, dataset, make_config())
    store.workspace.get_secret()
    fill(store, pages=pages)
    with pytest.raises(WorkspaceFullError, match="Make space"):
        run(store, batch, llm)
    answered = llm.count(status=200)
    with pytest.raises(WorkspaceFullError):
        run(store, batch, llm)
    assert llm.count(status=200) == answered, "without room nothing more is asked"
    make_room(store)
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
    assert len(llm.requests) == ATTEMPTS == store.batches.get_usage(batch.id).requests
    assert list_spills(store.home) == []


def test_answers_wait_in_memory_when_there_is_room_nowhere(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    llm.latency_seconds = 0.1
    batch = create_batch(store, dataset, make_config())
    looked = 0

    def check_lease() -> None:
        # called in each write: from the second on there is no room, from the seventh on there is
        nonlocal looked
        looked += 1
        if looked == 2:
            fill(store, pages=0)
            spill_path(store, batch.id).mkdir()
        if looked == 7:
            spill_path(store, batch.id).rmdir()
            make_room(store)

    with pytest.raises(WorkspaceFullError, match="Make space"):
        run(store, batch, llm, check_lease=check_lease)
    assert looked >= 7
    assert 0 < count_kept(store) == llm.count(status=200) == len(llm.requests) < ATTEMPTS
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
    assert count_kept(store) == len(llm.requests) == ATTEMPTS


def test_who_was_replaced_does_not_wait_for_room(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    llm.latency_seconds = 0.1
    batch = create_batch(store, dataset, make_config())
    looked = 0

    def check_lease() -> None:
        nonlocal looked
        looked += 1
        if looked == 2:
            fill(store, pages=0)
            spill_path(store, batch.id).mkdir()
        if looked > 6:
            raise WorkerReplaced("Another worker took over.")

    with pytest.raises(WorkspaceFullError):
        run(store, batch, llm, check_lease=check_lease)


def test_a_take_over_while_the_lock_is_waited_for_is_seen(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    batch = create_batch(store, dataset, make_config())
    inside = []

    def check_lease() -> None:
        inside.append(store.answers._connection.in_transaction)

    run(store, batch, llm, check_lease=check_lease)
    assert inside
    assert all(inside)


@pytest.mark.parametrize("pages", [1, 5, 12])
@pytest.mark.parametrize("faults", [{"fault": "truncated", "share": 0.3}, {"fault": "malformed", "share": 0.3}])
def test_what_had_to_be_asked_again_is_kept_too(
    store: Store, dataset: Dataset, llm: LlmServer, pages: int, faults: dict[str, Any]
) -> None:
    llm.set_faults(faults)
    llm.latency_seconds = 0.02
    batch = create_batch(store, dataset, make_config())
    store.workspace.get_secret()
    fill(store, pages=pages)
    with pytest.raises(WorkspaceFullError):
        run(store, batch, llm)
    make_room(store)
    run(store, batch, llm)
    counts = store.batches.count_requests(batch.id)
    assert counts.pending == 0
    assert count_kept(store) == len(llm.requests) == store.batches.get_usage(batch.id).sent
    hashes = [row["body_hash"] for row in store.answers._rows("SELECT body_hash FROM replies WHERE valid = 1")]
    assert len(hashes) == len(set(hashes)) == counts.done


def test_half_a_reserve_is_none(tmp_path: Path) -> None:
    spill = Spill(tmp_path, 1)
    with small_files_only(1_000_000):
        spill.hold_room()
    assert not (tmp_path / "reserve").exists()
    spill.hold_room()
    assert (tmp_path / "reserve").stat().st_size > 1_000_000


def test_answers_that_do_not_fit_leave_no_half_line(tmp_path: Path) -> None:
    spill = Spill(tmp_path, 1)
    answer = Answer(1, 2, "hash", [REPLY], "{}", 1)
    spill.append([answer])
    large = answer._replace(content="x" * 10_000)
    with small_files_only(5_000), pytest.raises(OSError, match="File too large"):
        spill.append([large])
    assert spill.read() == [answer]
    spill.append([large])
    assert spill.read() == [answer, large]


def test_spilled_answers_come_back_as_they_were(tmp_path: Path) -> None:
    answers = [
        Answer(1, 2, "hash", [REPLY, REPLY], "{}", 2, hints=3, left_out="{}"),
        Answer(3, 4, None, [], None, 0, reason="refused", detail="No\u2028\r\n."),
    ]
    spill = Spill(tmp_path, 7)
    spill.append(answers[:1])
    spill.append(answers[1:])
    assert [spill.batch_id for spill in list_spills(tmp_path)] == [7]
    assert Spill(tmp_path, 7).read() == answers
    spill.clear()
    assert list_spills(tmp_path) == []


def test_a_line_that_a_crash_cut_in_half_is_no_answer(tmp_path: Path) -> None:
    spill = Spill(tmp_path, 1)
    answer = Answer(1, 2, "hash", [REPLY], "{}", 1)
    spill.append([answer])
    path = tmp_path / "answers-of-batch-1.jsonl"
    path.write_bytes(path.read_bytes() + path.read_bytes()[:20])
    assert spill.read() == [answer]


def test_room_is_held_free_for_them_and_given_up_when_needed(tmp_path: Path) -> None:
    spill = Spill(tmp_path, 1)
    spill.hold_room()
    assert (tmp_path / "reserve").stat().st_size > 1_000_000
    spill.append([Answer(1, 2, "hash", [], "{}", 1)])
    assert not (tmp_path / "reserve").exists()
