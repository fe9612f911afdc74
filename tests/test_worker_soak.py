"""Long: `pytest -m soak`. A batch of 1,000 attempts whose worker is killed again and again."""

import os
import random
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from core import pipeline, worker
from core.models import Extractor, JobState
from core.settings import Settings
from core.store import open_store
from core.store.batch_models import BatchConfig
from tests.apps import running_app
from tests.builders import make_row, talk, write_rows
from tests.commands import build_environment, end_worker, find_worker_pid
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


def test_five_kills_cost_at_most_what_was_in_flight(home: Path, tmp_path: Path) -> None:
    with LlmServer(responder=answer_hints, latency_seconds=0.1) as llm:
        settings = make_settings(home, base_url=llm.base_url)
        job_id, batch_id = start_large_batch(home, tmp_path, llm, attempts=ATTEMPTS)
        rng = random.Random(5)
        moments = sorted(rng.uniform(0.05, 0.85) for _ in range(KILLS))
        unsaved_at_kills = 0
        killed: list[int] = []
        for moment in moments:
            worker.ensure_worker(settings)
            while llm.count(status=200) < moment * ATTEMPTS:
                worker.ensure_worker(settings)
                time.sleep(rng.uniform(0.001, 0.02))
            killed.append(kill_next_worker(home, settings, killed))
            time.sleep(0.3)
            with open_store(home) as store:
                # in flight, or answered within the last group of saves
                unsaved_at_kills += len(llm.requests) - store.batches.get_usage(batch_id).sent - unsaved_at_kills
        deadline = time.monotonic() + 300
        while True:
            worker.ensure_worker(settings)
            with open_store(home) as store:
                if store.jobs.get_job(job_id).state is JobState.FINISHED:
                    break
            assert time.monotonic() < deadline
            time.sleep(0.2)
        with open_store(home) as store:
            assert store.batches.count_requests(batch_id) == (ATTEMPTS, 0, 0)
            assert store.batches.get_usage(batch_id).requests == ATTEMPTS
        assert len(llm.requests) == ATTEMPTS + unsaved_at_kills
        # one request each in flight, and what came back within the 50 ms before its save
        assert unsaved_at_kills <= KILLS * CONCURRENCY * 2


def test_a_batch_goes_on_when_the_browsers_server_is_killed(home: Path, tmp_path: Path) -> None:
    with LlmServer(responder=answer_hints, latency_seconds=0.2) as llm:
        settings = make_settings(home, base_url=llm.base_url)
        job_id, batch_id = start_large_batch(home, tmp_path, llm, attempts=200)
        environment = build_environment(home, OPENAI_BASE_URL=llm.base_url)
        with running_app(environment, log=tmp_path / "app.log"):
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
