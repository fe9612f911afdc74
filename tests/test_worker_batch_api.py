"""The worker and a batch that a server works off for hours: it waits without being busy, and survives everything."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import pipeline, worker
from core.extraction.batch_policy import BatchPolicy, Bounds
from core.models import Extractor, JobKind, JobState
from core.settings import Settings, build_worker_environment
from core.store import open_store
from core.store.batch_models import BatchConfig
from core.traces.sources import SourceRequest
from tests.commands import end_worker, find_worker_pid
from tests.responders import answer_hints
from tests.standins.llm import LlmServer
from tests.workspaces import SAMPLE, import_sample, make_settings

QUICK = BatchPolicy(bounds=Bounds(max_requests=20), min_poll_seconds=0.01, max_poll_seconds=0.01)
ATTEMPTS = 26
WORKER = """
import sys
from pathlib import Path
from core.extraction.batch_policy import BatchPolicy, Bounds
from core.settings import load_settings
from core.worker import run_worker
policy = BatchPolicy(bounds=Bounds(max_requests=20), min_poll_seconds=0.01, max_poll_seconds=0.01)
run_worker(load_settings(secrets_file=Path("none")), idle_seconds=0, policy=policy)
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    end_worker(tmp_path / "home")


@pytest.fixture
def llm() -> Iterator[LlmServer]:
    with LlmServer(responder=answer_hints) as server:
        yield server


@pytest.fixture
def settings(home: Path, llm: LlmServer) -> Settings:
    return make_settings(home, base_url=llm.base_url)


def start_batch(settings: Settings, **config: object) -> tuple[int, int]:
    with open_store(settings.home) as store:
        dataset = import_sample(store)
        values = {"extractor": Extractor.LLM, "model": "m", "way": "batch_api"} | config
        job = pipeline.start_extraction(store, dataset, BatchConfig.model_validate(values), settings=settings)
        batch = store.batches.find_batch_of_job(job.id)
        assert batch is not None
        return job.id, batch.id


def start_process(settings: Settings) -> "subprocess.Popen[bytes]":
    """A worker that looks often and makes small parts."""
    return subprocess.Popen([sys.executable, "-c", WORKER], env=build_worker_environment(settings))


def count_posts(llm: LlmServer, path: str) -> int:
    return sum((record.method, record.path) == ("POST", path) for record in llm.requests)


def test_a_batch_is_worked_off_by_looks_and_its_hints_are_aggregated(settings: Settings, llm: LlmServer) -> None:
    llm.batches.looks = 3
    job_id, batch_id = start_batch(settings)
    worker.run_worker(settings, idle_seconds=0, policy=QUICK)
    with open_store(settings.home) as store:
        job = store.jobs.get_job(job_id)
        assert job.state is JobState.FINISHED
        assert store.batches.count_requests(batch_id) == (ATTEMPTS, 0, 0)
        trial = store.traces.list_trials(job.dataset_id or 0)[0]
        assert store.curation.list_hints(trial.id)
    assert [len(names) for names in llm.batches.submitted] == [20, 6]


def test_other_jobs_run_while_a_server_is_at_work(settings: Settings, llm: LlmServer) -> None:
    llm.batches.looks = 10_000
    waiting, _ = start_batch(settings)
    with open_store(settings.home) as store:
        params = pipeline.ImportParams(source=SourceRequest(source=str(SAMPLE)))
        other = pipeline.start_import(store, params).id
    process = start_process(settings)
    try:
        wait_for_state(settings, other, JobState.FINISHED)
        with open_store(settings.home) as store:
            assert store.jobs.get_job(waiting).state in (JobState.QUEUED, JobState.RUNNING)
    finally:
        process.kill()
        process.wait()


def test_a_worker_killed_between_upload_and_submission_submits_nothing_twice(
    settings: Settings, llm: LlmServer
) -> None:
    llm.set_faults({"fault": "hang", "method": "POST", "path": "/v1/batches", "after": 1, "first": 1})
    job_id, batch_id = start_batch(settings)
    process = start_process(settings)
    while count_posts(llm, "/v1/batches") < 2:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with open_store(settings.home) as store:
        assert [part.remote_id is None for part in store.remote.list_open(batch_id)] == [False, True]
    work_until_finished(settings, job_id)
    assert [len(names) for names in llm.batches.submitted] == [20, 6]
    assert count_posts(llm, "/v1/files") == 2
    with open_store(settings.home) as store:
        assert store.batches.count_requests(batch_id) == (ATTEMPTS, 0, 0)


def test_a_worker_killed_after_the_server_took_the_batch_finds_it_again(settings: Settings, llm: LlmServer) -> None:
    job_id, batch_id = start_batch(settings, first_trials=1)
    llm.batches.looks = 10_000
    process = start_process(settings)
    while not llm.batches.submitted:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with open_store(settings.home) as store:
        store.remote._connection.execute("UPDATE remote_batches SET remote_id = NULL, status = 'uploaded'")
    llm.batches.looks = 1
    work_until_finished(settings, job_id)
    assert len(llm.batches.submitted) == 1
    with open_store(settings.home) as store:
        assert store.batches.count_requests(batch_id).done == 4


def test_a_pause_stops_looking_and_leaves_the_server_at_work(settings: Settings, llm: LlmServer) -> None:
    llm.batches.looks = 10_000
    job_id, batch_id = start_batch(settings)
    process = start_process(settings)
    while len(llm.batches.submitted) < 2:
        time.sleep(0.02)
    with open_store(settings.home) as store:
        store.jobs.pause_job(job_id)
    wait_for_state(settings, job_id, JobState.PAUSED)
    # a worker without work ends, and with it the looking
    process.wait(timeout=30)
    assert count_posts(llm, "/v1/batches") == 2
    assert {item["status"] for item in llm.batches.batches.values()} <= {"validating", "in_progress"}
    llm.batches.looks = 1
    with open_store(settings.home) as store:
        store.jobs.resume_job(job_id)
    worker.run_worker(settings, idle_seconds=0, policy=QUICK)
    with open_store(settings.home) as store:
        assert store.batches.count_requests(batch_id) == (ATTEMPTS, 0, 0)
    assert len(llm.batches.submitted) == 2


@pytest.mark.parametrize("is_paused_before", [False, True])
def test_a_cancel_cancels_the_servers_batches_and_keeps_what_they_answered(
    settings: Settings, llm: LlmServer, is_paused_before: bool
) -> None:
    llm.batches.looks, llm.batches.answered_before_cancel = 10_000, 4
    job_id, batch_id = start_batch(settings)
    process = start_process(settings)
    while len(llm.batches.submitted) < 2:
        time.sleep(0.02)
    with open_store(settings.home) as store:
        if is_paused_before:
            store.jobs.pause_job(job_id)
            process.wait(timeout=30)
        store.jobs.cancel_job(job_id)
    if is_paused_before:
        worker.run_worker(settings, idle_seconds=0, policy=QUICK)
    process.wait(timeout=30)
    with open_store(settings.home) as store:
        assert store.jobs.get_job(job_id).state is JobState.CANCELLED
        (winding_up,) = store.jobs.list_jobs(JobKind.WIND_UP)
        assert winding_up.state is JobState.FINISHED
        assert store.batches.count_requests(batch_id).done == 8
        assert store.remote.list_open(batch_id) == []
    assert {item["status"] for item in llm.batches.batches.values()} == {"cancelled"}


def test_the_worker_that_people_start_looks_soon_enough(settings: Settings, llm: LlmServer) -> None:
    job_id, _ = start_batch(settings)
    worker.ensure_worker(settings)
    wait_for_state(settings, job_id, JobState.FINISHED)
    assert find_worker_pid(settings.home) is not None


def work_until_finished(settings: Settings, job_id: int, *, seconds: float = 60) -> None:
    """Be the next worker, as soon as the lease of the one that died is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        worker.run_worker(settings, idle_seconds=0, policy=QUICK)
        with open_store(settings.home) as store:
            if store.jobs.get_job(job_id).state is JobState.FINISHED:
                return
        time.sleep(0.05)
    raise TimeoutError(f"job {job_id} is not finished")


def wait_for_state(settings: Settings, job_id: int, state: JobState, *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with open_store(settings.home) as store:
            job = store.jobs.get_job(job_id)
        if job.state is state:
            return
        time.sleep(0.05)
    raise TimeoutError(f"job {job_id} is {job.state}, not {state}: {job.stage} {job.reason}")
