"""Another program holds the workspace's write lock in the middle of a batch: it waits, and nothing is lost."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.errors import JobStopped, WorkspaceBusyError
from core.extraction.batch import run_batch
from core.models import Dataset, Extractor
from core.progress import Progress, no_progress
from core.store import Store, open_store
from core.store.batch_models import Batch, BatchConfig
from tests.extraction.conftest import KEY, MODEL
from tests.held_lock import held_lock
from tests.standins.llm import LlmServer
from tests.workspaces import create_batch, import_sample, make_settings

ATTEMPTS = 26
AT_ONCE = 4


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """With a patience that is over long before the other program lets go."""
    with open_store(tmp_path / "home", busy_timeout_seconds=0.05) as opened:
        yield opened


@pytest.fixture
def batch(store: Store, llm: LlmServer) -> Batch:
    config = BatchConfig(extractor=Extractor.LLM, model=MODEL, batch_size=AT_ONCE, max_rpm=100_000)
    return create_batch(store, import_sample(store), config)


def run(store: Store, batch: Batch, llm: LlmServer, *, progress: Progress = no_progress) -> None:
    settings = make_settings(Path("unused"), base_url=llm.base_url, key=KEY)
    run_batch(store, batch, settings=settings, progress=progress, check_lease=lambda: None)


@contextmanager
def lock_held_after(llm: LlmServer, home: Path, answers: int, *, until: Callable[[], bool]) -> Iterator[None]:
    """Another program that takes the lock in the middle, and lets go of it."""

    def hold() -> None:
        while llm.count(status=200) < answers:
            time.sleep(0.002)
        with held_lock(home):
            while not until():
                time.sleep(0.01)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def seconds_later(seconds: float) -> Callable[[], bool]:
    """True so long after it was first asked."""
    began: list[float] = []

    def is_over() -> bool:
        began.append(time.monotonic())
        return began[-1] - began[0] > seconds

    return is_over


def test_a_batch_waits_for_the_lock_and_then_goes_on_with_nothing_lost(
    store: Store, batch: Batch, llm: LlmServer
) -> None:
    llm.latency_seconds = 0.03
    sent_meanwhile: list[int] = []
    is_over = seconds_later(1.5)

    def look() -> bool:
        sent_meanwhile.append(len(llm.requests))
        return is_over()

    with lock_held_after(llm, store.home, 6, until=look):
        run(store, batch, llm)
    assert sent_meanwhile[0] < ATTEMPTS, "the lock was held in the middle"
    assert sent_meanwhile[-1] - sent_meanwhile[0] <= AT_ONCE, "an answer that cannot be saved keeps its place"
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
    assert len(llm.requests) == ATTEMPTS == store.batches.get_usage(batch.id).sent


def test_a_batch_that_is_paused_meanwhile_ends_when_its_answers_are_safe(
    store: Store, batch: Batch, llm: LlmServer
) -> None:
    llm.latency_seconds = 0.03

    def progress(stage: str, *, done: int = 0, total: int | None = None, failed: int = 0) -> None:
        if llm.count(status=200) >= 8:
            raise JobStopped("Paused by a person.")

    with lock_held_after(llm, store.home, 8, until=seconds_later(1.0)), pytest.raises(JobStopped):
        run(store, batch, llm, progress=progress)
    counts = store.batches.count_requests(batch.id)
    assert counts.done == len(llm.requests) < ATTEMPTS
    run(store, batch, llm)
    assert len(llm.requests) == ATTEMPTS


def test_a_write_that_cannot_wait_says_who_is_in_the_way(store: Store, dataset: Dataset, batch: Batch) -> None:
    with held_lock(store.home), pytest.raises(WorkspaceBusyError, match=r"Close what works with trace_hints\.db"):
        store.batches.save_server(batch.id, "http://localhost")
    store.batches.save_server(batch.id, "http://localhost")
    assert store.batches.get_batch(batch.id).server == "http://localhost"


def test_patience_for_one_write_does_not_change_that_of_the_next(store: Store) -> None:
    usual = store.jobs._value("PRAGMA busy_timeout")
    with store.jobs.write(patience_seconds=1.5):
        pass
    with held_lock(store.home), pytest.raises(WorkspaceBusyError), store.jobs.write(patience_seconds=0.0):
        pass
    assert store.jobs._value("PRAGMA busy_timeout") == usual == 50
