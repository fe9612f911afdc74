"""Long: `pytest -m soak`. A worker beside other processes: another worker, and somebody who holds the file for long."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import worker
from core.models import JobState
from core.settings import PROJECT_ROOT, Settings, build_worker_environment
from core.store import open_store
from core.store.database import FILE_NAME
from tests.builders import run_sql
from tests.commands import end_worker
from tests.responders import answer_hints
from tests.standins.llm import LlmServer
from tests.test_worker import wait_until_over
from tests.test_worker_soak import start_large_batch
from tests.workspaces import make_settings

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]
HOLD = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
time.sleep(float(sys.argv[2]))
connection.execute("COMMIT")
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    end_worker(tmp_path / "home")


def start_worker(settings: Settings) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "core", "worker"], cwd=PROJECT_ROOT, env=build_worker_environment(settings)
    )


def test_of_five_workers_started_at_once_one_works(home: Path, tmp_path: Path) -> None:
    with LlmServer(responder=answer_hints, latency_seconds=0.1) as llm:
        settings = make_settings(home, base_url=llm.base_url)
        job_id, batch_id = start_large_batch(home, tmp_path, llm, attempts=400)
        workers = [start_worker(settings) for _ in range(5)]
        try:
            while llm.count(status=200) < 100:
                time.sleep(0.05)
            assert sum(process.poll() is None for process in workers) == 1
            assert wait_until_over(settings, job_id) is JobState.FINISHED
        finally:
            for process in workers:
                process.terminate()
                process.wait(timeout=20)
        with open_store(home) as store:
            assert store.batches.count_requests(batch_id) == (400, 0, 0)
            lease = store.leases.find_lease()
            assert lease is not None
            assert lease.epoch == 1
        assert len(llm.requests) == 400


@pytest.mark.parametrize("seconds", [3, 7])
def test_a_long_write_of_somebody_else_is_waited_for(home: Path, tmp_path: Path, seconds: int) -> None:
    with LlmServer(responder=answer_hints, latency_seconds=0.1) as llm:
        settings = make_settings(home, base_url=llm.base_url)
        job_id, batch_id = start_large_batch(home, tmp_path, llm, attempts=400)
        worker.ensure_worker(settings)
        while llm.count(status=200) < 100:
            time.sleep(0.05)
        holder = subprocess.Popen([sys.executable, "-c", HOLD, str(home / FILE_NAME), str(seconds)])
        assert holder.wait(timeout=60) == 0
        assert wait_until_over(settings, job_id) is JobState.FINISHED
        with open_store(home) as store:
            assert store.batches.count_requests(batch_id) == (400, 0, 0)
            lease = store.leases.find_lease()
            assert lease is not None
            assert lease.epoch == 1
        assert len(llm.requests) == 400
        assert run_sql(home, "SELECT COUNT(*) FROM replies WHERE http_status = 200") == [(400,)]


def test_a_write_longer_than_anybody_waits_for_costs_at_most_what_is_in_flight(home: Path, tmp_path: Path) -> None:
    with LlmServer(responder=answer_hints, latency_seconds=0.1) as llm:
        settings = make_settings(home, base_url=llm.base_url)
        job_id, batch_id = start_large_batch(home, tmp_path, llm, attempts=400)
        worker.ensure_worker(settings)
        while llm.count(status=200) < 100:
            time.sleep(0.05)
        holder = subprocess.Popen([sys.executable, "-c", HOLD, str(home / FILE_NAME), "25"])
        assert holder.wait(timeout=60) == 0
        if wait_until_over(settings, job_id) is not JobState.FINISHED:
            with open_store(home) as store:
                store.jobs.resume_job(job_id)
            assert wait_until_over(settings, job_id) is JobState.FINISHED
        with open_store(home) as store:
            assert store.batches.count_requests(batch_id) == (400, 0, 0)
        assert len(llm.requests) <= 400 + 2 * 20
