"""People who press at the wrong moment, or twice, or in two tabs: what they asked for last and hardest happens."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core import worker
from core.models import Job, JobState
from core.settings import Settings
from core.store import open_store
from tests.builders import run_sql
from tests.responders import answer_hints
from tests.standins.llm import LlmServer
from tests.test_worker import start_batch
from tests.workspaces import make_settings

ATTEMPTS = 26
HOUR = 3600


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@contextmanager
def worker_at_work(settings: Settings) -> Iterator[threading.Thread]:
    """A worker in a thread: quicker to start than a process, and it ends when there is nothing to do."""
    thread = threading.Thread(target=worker.run_worker, args=(settings,), kwargs={"idle_seconds": 0.2})
    thread.start()
    try:
        yield thread
    finally:
        thread.join(timeout=60)
        assert not thread.is_alive()


def wait_for_answers(llm: LlmServer, count: int) -> None:
    while llm.count(status=200) < count:
        time.sleep(0.01)


def get_job(settings: Settings, job_id: int) -> Job:
    with open_store(settings.home) as store:
        return store.jobs.get_job(job_id)


def test_a_pause_does_not_wait_for_the_hour_that_a_server_asked_for(home: Path) -> None:
    with LlmServer(responder=answer_hints) as llm:
        llm.set_faults({"fault": "429", "after": 3, "retry_after": HOUR})
        settings = make_settings(home, base_url=llm.base_url)
        job_id, batch_id = start_batch(settings)
        with worker_at_work(settings):
            while llm.count(status=429) == 0:
                time.sleep(0.01)
            with open_store(home) as store:
                store.jobs.pause_job(job_id)
        assert get_job(settings, job_id).state is JobState.PAUSED
        sent = len(llm.requests)
        with open_store(home) as store:
            assert store.batches.get_usage(batch_id).sent == sent
            assert store.batches.count_requests(batch_id) == (3, 0, ATTEMPTS - 3)
            store.jobs.resume_job(job_id)
        llm.set_faults()
        with worker_at_work(settings):
            pass
        assert get_job(settings, job_id).state is JobState.FINISHED
        assert len(llm.requests) == sent + ATTEMPTS - 3


def test_what_failed_and_is_asked_again_while_the_rest_runs_is_answered_too(home: Path) -> None:
    with LlmServer(responder=answer_hints, latency_seconds=0.05) as llm:
        llm.set_faults({"fault": "refusal", "first": 2})
        settings = make_settings(home, base_url=llm.base_url)
        job_id, batch_id = start_batch(settings, batch_size=1)
        with worker_at_work(settings):
            wait_for_answers(llm, 6)
            with open_store(home) as store, store.jobs.write():
                assert store.answers.retry_failed(batch_id) == 2
                store.jobs.requeue_job(job_id)
        assert get_job(settings, job_id).state is JobState.FINISHED
        with open_store(home) as store:
            assert store.batches.count_requests(batch_id) == (ATTEMPTS, 0, 0)
        assert len(llm.requests) == ATTEMPTS + 2


def test_a_cancel_beats_the_error_that_comes_at_the_same_moment(home: Path) -> None:
    with LlmServer(key="another", responder=answer_hints) as llm:
        settings = make_settings(home, base_url=llm.base_url)
        job_id, _ = start_batch(settings)
        with worker_at_work(settings):
            while not llm.requests:
                time.sleep(0.001)
            with open_store(home) as store:
                store.jobs.cancel_job(job_id)
        assert get_job(settings, job_id).state is JobState.CANCELLED
        with open_store(home) as store:
            store.jobs.resume_job(job_id)
            store.jobs.resume_job(job_id)
            store.jobs.requeue_job(job_id)
        assert get_job(settings, job_id).state is JobState.CANCELLED


def test_a_pause_that_a_killed_worker_did_not_live_to_see_counts_before_anything_is_sent(home: Path) -> None:
    with LlmServer(responder=answer_hints) as llm:
        settings = make_settings(home, base_url=llm.base_url)
        job_id, _ = start_batch(settings)
        run_sql(home, "UPDATE jobs SET state = 'running', wanted = 'paused' WHERE id = ?", job_id)
        with worker_at_work(settings):
            pass
        assert get_job(settings, job_id).state is JobState.PAUSED
        assert llm.requests == []


def test_two_resumes_are_one(home: Path) -> None:
    with LlmServer(responder=answer_hints, latency_seconds=0.05) as llm:
        settings = make_settings(home, base_url=llm.base_url)
        job_id, batch_id = start_batch(settings)
        with open_store(home) as store:
            store.jobs.pause_job(job_id)
            store.jobs.resume_job(job_id)
            store.jobs.resume_job(job_id)
        with worker_at_work(settings), worker_at_work(settings):
            wait_for_answers(llm, 2)
            with open_store(home) as store:
                store.jobs.resume_job(job_id)
        with open_store(home) as store:
            assert store.batches.count_requests(batch_id) == (ATTEMPTS, 0, 0)
        assert len(llm.requests) == ATTEMPTS


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_tabs_that_pause_and_resume_neither_lose_nor_repeat_anything(home: Path, seed: int) -> None:
    with LlmServer(responder=answer_hints, latency_seconds=0.03) as llm:
        settings = make_settings(home, base_url=llm.base_url)
        job_id, batch_id = start_batch(settings, batch_size=2)

        def press(rng: random.Random) -> None:
            for _ in range(12):
                time.sleep(rng.uniform(0, 0.15))
                with open_store(home) as store:
                    rng.choice([store.jobs.pause_job, store.jobs.resume_job])(job_id)

        tabs = [threading.Thread(target=press, args=(random.Random(seed * 10 + tab),)) for tab in range(2)]
        with worker_at_work(settings):
            for tab in tabs:
                tab.start()
            for tab in tabs:
                tab.join()
        with open_store(home) as store:
            store.jobs.resume_job(job_id)
        with worker_at_work(settings):
            pass
        assert get_job(settings, job_id).state is JobState.FINISHED
        with open_store(home) as store:
            assert store.batches.count_requests(batch_id) == (ATTEMPTS, 0, 0)
        assert len(llm.requests) == ATTEMPTS
