"""What a person does with a launched batch, through the door that page and command line share."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core import pipeline, steering
from core.errors import UsageError
from core.models import Extractor, JobState
from core.store import Store, open_store
from core.store.batch_models import BatchConfig
from core.worker import run_worker
from tests.pages.batch_states import MODEL, BatchMaker
from tests.responders import answer_hints
from tests.standins.llm import LlmServer
from tests.workspaces import import_sample, make_settings


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
    with pytest.raises(UsageError, match="Batch 1 was cancelled, which is final"):
        steering.retry_failed(store, batch.id)
    with pytest.raises(UsageError, match="Batch 1 was cancelled, which is final"):
        steering.resume_batch(store, batch.id, limits={"max_rpm": 1})
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
    expected: list[tuple[Callable[[Store, int], object], JobState]] = [
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
    steering.pause_batch(store, batch.id)
    steering.resume_batch(store, batch.id, limits={"max_rpm": 1})
    steering.cancel_batch(store, batch.id)
    assert store.batches.get_batch(batch.id).config.max_rpm == batch.config.max_rpm
    assert store.jobs.get_job(batch.job_id).state is JobState.FINISHED


def test_an_unknown_number_is_answered_with_those_that_there_are(maker: BatchMaker, store: Store) -> None:
    with pytest.raises(UsageError, match="There is no batch 9. None was launched yet; `extract` launches one."):
        steering.pause_batch(store, 9)
    maker.launch()
    maker.end(maker.launch())
    with pytest.raises(UsageError, match=r"There is no batch 9. The newest are: 2 \(finished\), 1 \(queued\)\."):
        steering.cancel_batch(store, 9)


def test_other_limits_are_said_and_hold_from_the_next_run_on(maker: BatchMaker, store: Store) -> None:
    batch = maker.launch(make_config(budget_usd=0.005))
    maker.end(batch, JobState.STOPPED, reason="The budget is spent.")
    words = steering.resume_batch(store, batch.id, limits={"budget_usd": 0.006, "max_rpm": 1_000})
    assert words == (
        "Batch 1 goes on with other limits: a budget of $0.006 instead of $0.005, requests a minute: 1,000 instead "
        "of 500. What was spent counts on."
    )
    assert store.jobs.get_job(batch.job_id).state is JobState.QUEUED
    assert store.batches.get_batch(batch.id).config == make_config(budget_usd=0.006, max_rpm=1_000)
    assert steering.resume_batch(store, batch.id, limits={"budget_usd": 0.006}) is None


def test_a_budget_that_cannot_be_held_changes_nothing(maker: BatchMaker, store: Store) -> None:
    batch = maker.launch(make_config(model="nobody"))
    steering.pause_batch(store, batch.id)
    with pytest.raises(UsageError, match="The price of nobody is not known.*launched without it"):
        steering.resume_batch(store, batch.id, limits={"budget_usd": 1.0, "max_rpm": 1})
    assert store.jobs.get_job(batch.job_id).state is JobState.PAUSED
    assert store.batches.get_batch(batch.id).config == batch.config


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.PAUSED, JobState.STOPPED])
def test_the_same_question_with_other_limits_continues_the_batch(
    store: Store, maker: BatchMaker, state: JobState
) -> None:
    settings = make_settings(store.home, base_url="http://127.0.0.1:9")
    said: list[str] = []

    def launch(config: BatchConfig) -> int:
        job = pipeline.start_extraction(store, maker.dataset, config, settings=settings, say=said.append)
        return store.batches.get_batch_of_job(job.id).id

    first = launch(make_config(budget_usd=0.005))
    job_id = store.batches.get_batch(first).job_id
    if state is not JobState.QUEUED:
        store.jobs.finish_job(job_id, state)
    assert said == []
    assert launch(make_config(max_rpm=20)) == first
    assert len(said) == 1
    assert "a budget of none instead of $0.005, requests a minute: 20 instead of 500" in said[0]
    assert store.batches.get_batch(first).config == make_config(max_rpm=20)
    assert store.jobs.get_job(job_id).state is JobState.QUEUED
    assert launch(make_config(first_trials=1)) != first
    store.jobs.finish_job(job_id, JobState.FINISHED)
    assert launch(make_config(max_rpm=20)) > first


def test_a_running_batch_takes_new_limits_at_once_and_sends_nothing_twice(tmp_path: Path) -> None:
    with LlmServer(responder=answer_hints, latency_seconds=0.05) as llm:
        settings = make_settings(tmp_path / "home", base_url=llm.base_url)
        with open_store(settings.home) as store:
            dataset = import_sample(store)
            config = make_config(batch_size=1, max_rpm=100_000)
            job = pipeline.start_extraction(store, dataset, config, settings=settings)
        thread = threading.Thread(target=run_worker, args=(settings,), kwargs={"idle_seconds": 0.2})
        thread.start()
        while llm.count(status=200) < 3:
            time.sleep(0.01)
        with open_store(settings.home) as store:
            wider = config.model_copy(update={"batch_size": 26})
            assert pipeline.start_extraction(store, dataset, wider, settings=settings).id == job.id
        thread.join(timeout=60)
        assert not thread.is_alive()
        with open_store(settings.home) as store:
            assert store.jobs.get_job(job.id).state is JobState.FINISHED
            assert store.batches.count_requests(1) == (26, 0, 0)
        assert len(llm.requests) == 26
        assert llm.max_concurrency > 1, "the new limit did not count while it ran"
