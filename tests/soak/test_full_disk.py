"""Long: `pytest -m soak`. A disk without space under a real worker: small file systems, which only root may mount."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from core import pipeline, worker
from core.models import Extractor, Job, JobState
from core.settings import Settings
from core.store import open_store
from core.store.batch_models import BatchConfig
from tests.builders import make_row, run_sql, talk, write_rows
from tests.commands import end_worker
from tests.responders import answer_hints
from tests.standins.llm import LlmServer
from tests.workspaces import import_sample, make_settings

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]
ATTEMPTS = 120
WITH_RESERVE, WITHOUT_RESERVE = 40, 12
"""Sizes in MB: only one of them has room for the 16 MB that are held free for answers."""


def mount(folder: Path, options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture(params=[WITH_RESERVE, WITHOUT_RESERVE], ids=["with reserve", "without reserve"])
def disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if not mount(folder, f"size={request.param}m"):
        pytest.skip("file systems cannot be mounted here")
    yield folder
    end_worker(folder / "home")
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill_disk(folder: Path) -> None:
    with suppress(OSError), (folder / "filler").open("ab", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass


def start_batch(home: Path, folder: Path, llm: LlmServer) -> tuple[Settings, int, int]:
    rows = [make_row(talk(f"Task: {n}", f"answer {n}", f"result {n}"), trial_name=f"t{n}") for n in range(ATTEMPTS)]
    config = BatchConfig(extractor=Extractor.LLM, model="m", batch_size=4, max_rpm=100_000)
    settings = make_settings(home, base_url=llm.base_url)
    with open_store(home) as store:
        dataset = import_sample(store, write_rows(folder / "rows.jsonl", rows))
        job = pipeline.start_extraction(store, dataset, config, settings=settings)
        batch = store.batches.find_batch_of_job(job.id)
    assert batch is not None
    return settings, job.id, batch.id


def wait_until_over(settings: Settings, job_id: int, *, seconds: float = 90) -> Job:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        # a disk without space may refuse even the opening
        with suppress(Exception), open_store(settings.home) as store:
            job = store.jobs.get_job(job_id)
            if job.is_over:
                return job
        time.sleep(0.1)
    raise TimeoutError("the job is not over")


def wait_until_nothing_is_sent(llm: LlmServer) -> None:
    sent = -1
    while sent != len(llm.requests):
        sent = len(llm.requests)
        time.sleep(1.5)


def test_a_full_disk_stops_the_job_and_nothing_is_lost_or_sent_twice(disk: Path, tmp_path: Path) -> None:
    home = disk / "home"
    with LlmServer(responder=answer_hints, latency_seconds=0.1) as llm:
        settings, job_id, batch_id = start_batch(home, tmp_path, llm)
        worker.ensure_worker(settings)
        while llm.count(status=200) < 8:
            time.sleep(0.02)
        fill_disk(disk)
        wait_until_nothing_is_sent(llm)
        assert llm.count(status=200) < ATTEMPTS, "without room nothing more is asked"
        # longer than a lease lasts: nobody may conclude from it that the worker is dead
        time.sleep(6)
        assert mount(disk, "remount,size=96m")
        job = wait_until_over(settings, job_id)
        assert job.state is JobState.STOPPED
        assert "Make space" in (job.reason or "")
        with open_store(home) as store:
            store.jobs.resume_job(job_id)
        worker.ensure_worker(settings)
        assert wait_until_over(settings, job_id).state is JobState.FINISHED
        with open_store(home) as store:
            assert store.batches.count_requests(batch_id) == (ATTEMPTS, 0, 0)
            assert store.batches.get_usage(batch_id).sent == ATTEMPTS
        assert len(llm.requests) == ATTEMPTS
        assert run_sql(home, "SELECT COUNT(*) FROM replies WHERE http_status = 200") == [(ATTEMPTS,)]
