"""What a person does with a launched batch, through the door that page and command line share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core import steering
from core.errors import UsageError
from core.models import Extractor, JobState
from core.store import Store, open_store
from core.store.batch_models import BatchConfig
from tests.pages.batch_states import MODEL, BatchMaker
from tests.workspaces import import_sample


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def maker(store: Store) -> BatchMaker:
    return BatchMaker(store, import_sample(store))


def make_config(**values: object) -> BatchConfig:
    return BatchConfig.model_validate({"extractor": Extractor.LLM, "model": MODEL} | values)


def list_everything(store: Store, batch_id: int) -> list[object]:
    """What must not change."""
    job = store.jobs.get_job(store.batches.get_batch(batch_id).job_id)
    return [job, store.batches.count_requests(batch_id), store.answers.list_failures(batch_id)]


@pytest.mark.parametrize("is_running", [False, True])
def test_a_cancelled_batch_keeps_its_failures_and_refuses_retry_and_resume(
    maker: BatchMaker, store: Store, *, is_running: bool
) -> None:
    batch = maker.launch()
    maker.run(batch)
    maker.answer(batch, 2)
    maker.fail(batch, 5)
    if not is_running:
        store.jobs.finish_job(batch.job_id, JobState.PAUSED)
    steering.cancel_batch(store, batch.id)
    before = list_everything(store, batch.id)
    for action in (steering.retry_failed, steering.resume_batch):
        with pytest.raises(UsageError, match="Batch 1 was cancelled, which is final"):
            action(store, batch.id)
    assert list_everything(store, batch.id) == before
    assert store.batches.count_requests(batch.id)[:2] == (2, 5)


def test_a_retry_asks_only_what_failed_and_a_second_one_nothing(maker: BatchMaker, store: Store) -> None:
    batch = maker.launch()
    maker.answer(batch, 2)
    maker.fail(batch, 5)
    maker.end(batch)
    assert steering.retry_failed(store, batch.id) == 5
    assert store.jobs.get_job(batch.job_id).state is JobState.QUEUED
    maker.end(batch)
    assert steering.retry_failed(store, batch.id) == 0
    assert store.jobs.get_job(batch.job_id).state is JobState.FINISHED


def test_every_action_done_twice_is_as_if_done_once(maker: BatchMaker, store: Store) -> None:
    batch = maker.launch()
    expected = [
        (steering.pause_batch, JobState.PAUSED),
        (steering.resume_batch, JobState.QUEUED),
        (steering.cancel_batch, JobState.CANCELLED),
    ]
    for action, state in expected:
        for _ in range(2):
            action(store, batch.id)
            assert store.jobs.get_job(batch.job_id).state is state
    steering.pause_batch(store, batch.id)
    assert store.jobs.get_job(batch.job_id).state is JobState.CANCELLED


def test_a_finished_batch_stays_finished(maker: BatchMaker, store: Store) -> None:
    batch = maker.launch()
    maker.end(batch)
    for action in (steering.pause_batch, steering.resume_batch, steering.cancel_batch):
        action(store, batch.id)
    assert store.jobs.get_job(batch.job_id).state is JobState.FINISHED


def test_an_unknown_number_is_answered_with_those_that_there_are(maker: BatchMaker, store: Store) -> None:
    with pytest.raises(UsageError, match="There is no batch 9. None was launched yet; `extract` launches one."):
        steering.pause_batch(store, 9)
    maker.launch()
    maker.end(maker.launch())
    with pytest.raises(UsageError, match=r"There is no batch 9. The newest are: 2 \(finished\), 1 \(queued\)\."):
        steering.cancel_batch(store, 9)
