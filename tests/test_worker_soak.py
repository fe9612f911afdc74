"""Long: `pytest -m soak`. A batch of 1,000 attempts whose worker is killed again and again."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from core import pipeline, worker
from core.models import Extractor, JobState
from core.settings import Settings
from core.store import open_store
from core.store.batch_models import BatchConfig
from core.store.database import BUSY_TIMEOUT_SECONDS
from core.store.lease import LEASE_SECONDS
from tests.apps import running_app
from tests.builders import make_row, run_sql, talk, write_rows
from tests.commands import build_environment, end_worker, find_worker_pid
from tests.held_lock import held_lock
from tests.responders import answer_hints
from tests.standins.llm import LlmServer
from tests.workspaces import import_sample, make_settings

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]
ATTEMPTS = 1_000
CONCURRENCY = 20
KILLS = 5


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    end_worker(tmp_path / "home")


def start_large_batch(home: Path, folder: Path, llm: LlmServer, *, attempts: int) -> tuple[int, int]:
    rows = [make_row(talk(f"Task: {n}", f"answer {n}", f"result {n}"), trial_name=f"t{n}") for n in range(attempts)]
    config = BatchConfig(extractor=Extractor.LLM, model="m", batch_size=CONCURRENCY, max_rpm=100_000)
    with open_store(home) as store:
        dataset = import_sample(store, write_rows(folder / "rows.jsonl", rows))
        settings = make_settings(home, base_url=llm.base_url)
        job = pipeline.start_extraction(store, dataset, config, settings=settings)
        batch = store.batches.find_batch_of_job(job.id)
    assert batch is not None
    return job.id, batch.id


def kill_next_worker(home: Path, settings: Settings, killed: Sequence[int]) -> int:
    """Kill the worker that holds the lease, as soon as it is another one than those killed before."""
    deadline = time.monotonic() + 30
    while (pid := find_worker_pid(home)) is None or pid in killed:
        assert time.monotonic() < deadline
        worker.ensure_worker(settings)
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    return pid


def wait_until_finished(settings: Settings, job_id: int, *, seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while True:
        worker.ensure_worker(settings)
        with open_store(settings.home) as store:
            if store.jobs.get_job(job_id).state is JobState.FINISHED:
                return
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_five_kills_cost_at_most_what_was_in_flight(home: Path, tmp_path: Path) -> None:
    with LlmServer(responder=answer_hints, latency_seconds=0.1) as llm:
        settings = make_settings(home, base_url=llm.base_url)
        job_id, batch_id = start_large_batch(home, tmp_path, llm, attempts=ATTEMPTS)
        rng = random.Random(5)
        moments = sorted(rng.uniform(0.05, 0.85) for _ in range(KILLS))
        in_flight_at_kills: list[int] = []
        killed: list[int] = []
        for moment in moments:
            worker.ensure_worker(settings)
            while llm.count(status=200) < moment * ATTEMPTS:
                worker.ensure_worker(settings)
                time.sleep(rng.uniform(0.001, 0.02))
            killed.append(kill_next_worker(home, settings, killed))
            time.sleep(0.3)
            with open_store(home) as store:
                unsaved = len(llm.requests) - store.batches.get_usage(batch_id).sent
            in_flight_at_kills.append(unsaved - sum(in_flight_at_kills))
        wait_until_finished(settings, job_id)
        with open_store(home) as store:
            assert store.batches.count_requests(batch_id) == (ATTEMPTS, 0, 0)
            assert store.batches.get_usage(batch_id).requests == ATTEMPTS
        assert len(llm.requests) == ATTEMPTS + sum(in_flight_at_kills)
        # a place is free once its answer is safe, so that no kill costs more than there are places
        assert max(in_flight_at_kills) <= CONCURRENCY


def test_five_kills_send_no_question_again_that_was_answered(home: Path, tmp_path: Path) -> None:
    """A tenth of the answers is invalid: what is sent twice was in flight at a kill, the repairs included."""
    with LlmServer(responder=answer_hints, latency_seconds=0.1) as llm:
        llm.set_faults({"fault": "malformed", "share": 0.1, "by": "body"})
        settings = make_settings(home, base_url=llm.base_url)
        job_id, batch_id = start_large_batch(home, tmp_path, llm, attempts=ATTEMPTS // 2)
        killed: list[int] = []
        for number in range(1, KILLS + 1):
            worker.ensure_worker(settings)
            while llm.count(status=200) < number * ATTEMPTS // 2 // (KILLS + 2):
                worker.ensure_worker(settings)
                time.sleep(0.005)
            killed.append(kill_next_worker(home, settings, killed))
        wait_until_finished(settings, job_id)
        bodies = Counter(request.body for request in llm.requests)
        assert sum(count - 1 for count in bodies.values()) <= KILLS * CONCURRENCY
        with open_store(home) as store:
            assert store.batches.count_requests(batch_id).pending == 0
            kept = run_sql(home, "SELECT COUNT(*) FROM replies WHERE http_status = 200")[0][0]
            assert kept <= llm.count(status=200)


def test_a_lock_that_another_program_holds_for_longer_than_anybody_waits_costs_nothing(
    home: Path, tmp_path: Path
) -> None:
    with LlmServer(responder=answer_hints, latency_seconds=0.1) as llm:
        settings = make_settings(home, base_url=llm.base_url)
        job_id, batch_id = start_large_batch(home, tmp_path, llm, attempts=200)
        worker.ensure_worker(settings)
        while llm.count(status=200) < 40:
            time.sleep(0.01)
        with held_lock(home):
            sent = len(llm.requests)
            time.sleep(BUSY_TIMEOUT_SECONDS + LEASE_SECONDS)
            assert len(llm.requests) - sent <= CONCURRENCY
            # whoever watches sees a heartbeat that has stopped, and starts another worker
            worker.ensure_worker(settings)
            time.sleep(2)
        wait_until_finished(settings, job_id)
        with open_store(home) as store:
            assert store.batches.count_requests(batch_id) == (200, 0, 0)
            lease = store.leases.find_lease()
            assert lease is not None
            assert lease.epoch == 1, "nobody took the work from a worker that only had to wait"
        assert len(llm.requests) == 200


@pytest.mark.parametrize("end_with", [signal.SIGTERM, signal.SIGKILL])
def test_a_batch_goes_on_when_the_browsers_server_is_killed(
    home: Path, tmp_path: Path, end_with: signal.Signals
) -> None:
    with LlmServer(responder=answer_hints, latency_seconds=0.2) as llm:
        settings = make_settings(home, base_url=llm.base_url)
        job_id, batch_id = start_large_batch(home, tmp_path, llm, attempts=200)
        environment = build_environment(home, OPENAI_BASE_URL=llm.base_url)
        with running_app(environment, log=tmp_path / "app.log", end_with=end_with):
            worker.ensure_worker(settings)
            while llm.count(status=200) < 20:
                time.sleep(0.05)
        deadline = time.monotonic() + 120
        while True:
            with open_store(home) as store:
                if store.jobs.get_job(job_id).state is JobState.FINISHED:
                    break
            assert time.monotonic() < deadline
            time.sleep(0.2)
        with open_store(home) as store:
            assert store.batches.count_requests(batch_id) == (200, 0, 0)
        assert len(llm.requests) == 200
