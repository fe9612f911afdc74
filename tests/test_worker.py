import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import pipeline, worker
from core.models import Extractor, JobKind, JobState
from core.settings import Settings, build_worker_environment
from core.store import open_store
from core.store.batch_models import BatchConfig
from core.traces.sources import SourceRequest
from tests.commands import end_worker, find_worker_pid
from tests.responders import answer_hints
from tests.standins.llm import LlmServer
from tests.workspaces import SAMPLE, import_sample, make_settings


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    end_worker(tmp_path / "home")


def wait_until_over(settings: Settings, job_id: int, *, seconds: float = 60) -> JobState:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with open_store(settings.home) as store:
            job = store.jobs.get_job(job_id)
        if job.is_over:
            return job.state
        worker.ensure_worker(settings)
        time.sleep(0.05)
    raise TimeoutError(f"job {job_id} is still {job.state}: {job.stage}")


def start_sample_import(settings: Settings) -> int:
    with open_store(settings.home) as store:
        return pipeline.start_import(store, pipeline.ImportParams(source=SourceRequest(source=str(SAMPLE)))).id


def start_batch(settings: Settings, **config: object) -> tuple[int, int]:
    with open_store(settings.home) as store:
        dataset = import_sample(store)
        values = {"extractor": Extractor.LLM, "model": "m", "batch_size": 4, "max_rpm": 100_000} | config
        job = pipeline.start_extraction(store, dataset, BatchConfig.model_validate(values), settings=settings)
        batch = store.batches.find_batch_of_job(job.id)
        assert batch is not None
        return job.id, batch.id


def test_a_worker_process_does_a_job_and_reports_what_it_left(home: Path) -> None:
    settings = make_settings(home)
    job_id = start_sample_import(settings)
    assert wait_until_over(settings, job_id) is JobState.FINISHED
    with open_store(home) as store:
        job = store.jobs.get_job(job_id)
        done = pipeline.ImportDone.model_validate_json(job.result or "")
        assert len(store.traces.list_trials(done.dataset_id)) == 13
        assert (job.done, job.total) == (13, 13)


def test_asking_twice_for_a_worker_starts_one(home: Path) -> None:
    settings = make_settings(home)
    job_id = start_sample_import(settings)
    for _ in range(5):
        worker.ensure_worker(settings)
    assert wait_until_over(settings, job_id) is JobState.FINISHED
    with open_store(home) as store:
        lease = store.leases.find_lease()
        assert lease is not None
        assert lease.epoch == 1


def test_a_worker_ends_itself_when_there_is_nothing_to_do(home: Path) -> None:
    settings = make_settings(home)
    job_id = start_sample_import(settings)
    worker.run_worker(settings, idle_seconds=0)
    with open_store(home) as store:
        assert store.jobs.get_job(job_id).state is JobState.FINISHED
        lease = store.leases.find_lease()
        assert lease is not None
        assert not lease.is_live(time.time())


def test_a_second_worker_leaves_the_work_to_the_first(home: Path) -> None:
    settings = make_settings(home)
    with open_store(home) as store:
        first = store.leases.acquire(
            owner="first", pid=1, fingerprint=worker.build_fingerprint(settings), clock=time.time
        )
        job_id = start_sample_import(settings)
        worker.run_worker(settings, idle_seconds=0)
        assert store.jobs.get_job(job_id).state is JobState.QUEUED
        lease = store.leases.find_lease()
        assert lease is not None
        assert lease.epoch == first


def test_a_program_error_stops_the_job_with_its_place_and_the_worker_goes_on(home: Path) -> None:
    settings = make_settings(home)
    with open_store(home) as store:
        broken = store.jobs.create_job(JobKind.IMPORT, params={"nonsense": True})
    job_id = start_sample_import(settings)
    worker.run_worker(settings, idle_seconds=0)
    with open_store(home) as store:
        job = store.jobs.get_job(broken.id)
        assert job.state is JobState.STOPPED
        assert "worker.log" in (job.reason or "")
        assert store.jobs.get_job(job_id).state is JobState.FINISHED


def test_a_worker_killed_in_the_middle_is_taken_over_and_nothing_is_sent_twice(home: Path) -> None:
    with LlmServer(responder=answer_hints, latency_seconds=0.2) as llm:
        settings = make_settings(home, base_url=llm.base_url)
        job_id, batch_id = start_batch(settings, batch_size=2)
        worker.ensure_worker(settings)
        while llm.count(status=200) < 6:
            time.sleep(0.02)
        with open_store(home) as store:
            saved = store.batches.count_requests(batch_id).done
        pid = find_worker_pid(home)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert wait_until_over(settings, job_id) is JobState.FINISHED
        with open_store(home) as store:
            assert store.batches.count_requests(batch_id) == (26, 0, 0)
        assert saved >= 4
        in_flight = 2
        unsaved_groups = 2
        assert len(llm.requests) <= 26 + in_flight + unsaved_groups


def test_a_worker_with_other_settings_replaces_the_one_at_work(home: Path) -> None:
    with LlmServer(responder=answer_hints, latency_seconds=0.1) as llm:
        settings = make_settings(home, base_url=llm.base_url)
        job_id, batch_id = start_batch(settings, batch_size=1)
        worker.ensure_worker(settings)
        while llm.count(status=200) < 3:
            time.sleep(0.02)
        changed = make_settings(home, base_url=llm.base_url, key="sk-another-key-000")
        worker.ensure_worker(changed)
        time.sleep(1)
        with open_store(home) as store:
            lease = store.leases.find_lease()
            assert lease is not None
            assert not lease.should_leave
        worker.ensure_worker(changed, replace=True)
        assert wait_until_over(changed, job_id) is JobState.FINISHED
        with open_store(home) as store:
            lease = store.leases.find_lease()
            assert lease is not None
            assert lease.fingerprint == worker.build_fingerprint(changed)
            assert store.batches.count_requests(batch_id) == (26, 0, 0)
        assert len(llm.requests) == 26


def test_a_worker_ends_when_its_workspace_is_gone(home: Path) -> None:
    settings = make_settings(home)
    job_id = start_sample_import(settings)
    assert wait_until_over(settings, job_id) is JobState.FINISHED
    pid = find_worker_pid(home)
    assert pid is not None
    for path in home.iterdir():
        path.unlink()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_cancel_is_final_and_pause_can_be_resumed(home: Path) -> None:
    with LlmServer(responder=answer_hints, latency_seconds=0.1) as llm:
        settings = make_settings(home, base_url=llm.base_url)
        job_id, batch_id = start_batch(settings, batch_size=1)
        worker.ensure_worker(settings)
        while llm.count(status=200) < 2:
            time.sleep(0.02)
        with open_store(home) as store:
            store.jobs.pause_job(job_id)
        assert wait_until_over(settings, job_id) is JobState.PAUSED
        with open_store(home) as store:
            assert 0 < store.batches.count_requests(batch_id).pending < 26
            store.jobs.resume_job(job_id)
            store.jobs.cancel_job(job_id)
        assert wait_until_over(settings, job_id) is JobState.CANCELLED
        with open_store(home) as store:
            store.jobs.resume_job(job_id)
            assert store.jobs.get_job(job_id).state is JobState.CANCELLED


def test_keys_stand_in_no_command_line_log_or_table(home: Path) -> None:
    key = "sk-very-secret-key-0123456789"
    with LlmServer(key="another", responder=answer_hints) as llm:
        settings = make_settings(home, base_url=llm.base_url, key=key)
        job_id, _ = start_batch(settings)
        worker.ensure_worker(settings)
        pid = None
        while pid is None:
            pid = find_worker_pid(home)
        assert key.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
        assert wait_until_over(settings, job_id) is JobState.STOPPED
    for path in home.iterdir():
        assert key.encode() not in path.read_bytes()


def test_environment_of_a_worker_holds_what_it_needs() -> None:
    settings = make_settings(Path("/somewhere"), base_url="http://127.0.0.1:1/v1", key="k")
    environment = build_worker_environment(settings)
    assert environment["OPENAI_API_KEY"] == "k"
    assert environment["OPENAI_BASE_URL"] == "http://127.0.0.1:1/v1"
    assert environment["TRACE_HINTS_HOME"] == "/somewhere"
