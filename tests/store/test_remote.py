"""Parts of a batch that are answered elsewhere: which requests are free, and what a part leaves when it is closed."""

import pytest

from core.models import Dataset, Extractor, JobKind, JobState
from core.store import Store
from core.store.batch_models import Batch, BatchConfig
from core.store.remote import Assignment, RemotePart
from tests.builders import import_list, make_row, talk
from tests.workspaces import create_batch


@pytest.fixture
def dataset(store: Store) -> Dataset:
    return import_list(store, [make_row(talk("Task: x", str(n)), trial_name=f"t{n}") for n in range(4)]).dataset


@pytest.fixture
def batch(store: Store, dataset: Dataset) -> Batch:
    return create_batch(store, dataset, BatchConfig(extractor=Extractor.LLM, model="m", way="batch_api"))


def list_free(store: Store, batch: Batch) -> list[int]:
    return [request.id for request in store.remote.list_free(batch.id, after=0, limit=99)]


def open_part(store: Store, batch: Batch, *request_ids: int, key: str = "part-00001", **values: str) -> RemotePart:
    part = store.remote.create_part(batch.id, key)
    store.remote.assign([Assignment(number, part.id, f"hash {number}", None) for number in request_ids])
    store.remote.finish_part(part.id, requests=len(request_ids), status="uploaded", **values)  # type: ignore[arg-type]
    return store.remote.get_part(part.id)


def test_what_stands_in_an_open_part_is_not_free(store: Store, batch: Batch) -> None:
    first, second, *rest = list_free(store, batch)
    part = open_part(store, batch, first, second)
    assert list_free(store, batch) == rest
    assert store.remote.find_open_part(batch.id, f"hash {first}") == part.id
    assert store.remote.find_open_part(batch.id, "hash of another") is None


def test_a_discarded_part_frees_its_requests(store: Store, batch: Batch) -> None:
    free = list_free(store, batch)
    part = open_part(store, batch, *free)
    store.remote.discard_part(part.id)
    store.remote.discard_part(part.id)
    assert list_free(store, batch) == free
    assert store.remote.list_parts(batch.id) == []


def test_unanswered_requests_of_a_closed_part_fail_with_its_reason(store: Store, batch: Batch) -> None:
    first, second, *_ = list_free(store, batch)
    part = open_part(store, batch, first, second)
    assert store.remote.close_part(part.id, status="completed", reason="no result") == 2
    assert store.batches.count_requests(batch.id) == (0, 2, 2)
    assert store.remote.list_open(batch.id) == []
    assert [asked.reason for asked in store.remote.list_asked(batch.id, ["hash 1", "hash 2"])] == ["no result"] * 2


def test_without_a_reason_they_are_free_again(store: Store, batch: Batch) -> None:
    free = list_free(store, batch)
    part = open_part(store, batch, *free)
    assert store.remote.close_part(part.id, status="failed") == 0
    assert list_free(store, batch) == free


def test_what_expired_is_free_once_and_then_fails(store: Store, batch: Batch) -> None:
    free = list_free(store, batch)
    first = open_part(store, batch, *free)
    assert store.remote.close_part(first.id, status="expired", reason="expired", resend=True) == 0
    assert list_free(store, batch) == free
    assert store.batches.get_usage(batch.id).sent == 4
    again = open_part(store, batch, *free, key="part-00002")
    assert store.remote.close_part(again.id, status="expired", reason="expired", resend=True) == 4
    assert store.batches.count_requests(batch.id) == (0, 4, 0)


def test_retried_requests_of_a_closed_part_are_free(store: Store, batch: Batch) -> None:
    free = list_free(store, batch)
    store.remote.close_part(open_part(store, batch, *free).id, status="completed", reason="no result")
    assert list_free(store, batch) == []
    store.answers.retry_failed(batch.id)
    assert list_free(store, batch) == free


def test_a_postponed_job_waits_for_its_time_and_others_go_first(store: Store) -> None:
    waiting = store.jobs.create_job(JobKind.IMPORT, params={"n": 1})
    other = store.jobs.create_job(JobKind.IMPORT, params={"n": 2})
    store.jobs.start_job(waiting.id)
    store.jobs.postpone_job(waiting.id, seconds=3600)
    assert store.jobs.get_job(waiting.id).state is JobState.QUEUED
    assert store.jobs.has_work()
    found = store.jobs.find_next_job()
    assert found is not None
    assert found.id == other.id
    store.jobs.start_job(other.id)
    store.jobs.finish_job(other.id, JobState.FINISHED)
    assert store.jobs.find_next_job() is None
    assert not store.leases.release_if_idle(1)


def test_a_postponed_job_whose_time_has_come_is_next(store: Store) -> None:
    job = store.jobs.create_job(JobKind.IMPORT, params={})
    store.jobs.start_job(job.id)
    store.jobs.postpone_job(job.id, seconds=0)
    assert store.jobs.find_next_job() is not None


@pytest.mark.parametrize(("ask", "state"), [("pause_job", JobState.PAUSED), ("cancel_job", JobState.CANCELLED)])
def test_a_wish_that_came_while_it_ran_wins_over_postponing(store: Store, ask: str, state: JobState) -> None:
    job = store.jobs.create_job(JobKind.IMPORT, params={})
    store.jobs.start_job(job.id)
    getattr(store.jobs, ask)(job.id)
    store.jobs.postpone_job(job.id, seconds=3600)
    assert store.jobs.get_job(job.id).state is state


def test_a_resumed_job_does_not_wait_any_longer(store: Store) -> None:
    job = store.jobs.create_job(JobKind.IMPORT, params={})
    store.jobs.start_job(job.id)
    store.jobs.postpone_job(job.id, seconds=3600)
    store.jobs.pause_job(job.id)
    assert store.jobs.get_job(job.id).state is JobState.PAUSED
    store.jobs.resume_job(job.id)
    assert store.jobs.find_next_job() is not None


@pytest.mark.parametrize("is_running", [True, False])
def test_cancelling_a_batch_that_a_server_works_on_makes_one_job_that_winds_it_up(
    store: Store, batch: Batch, is_running: bool
) -> None:
    open_part(store, batch, *list_free(store, batch), input_file_id="file-1")
    if is_running:
        store.jobs.start_job(batch.job_id)
    store.jobs.cancel_job(batch.job_id)
    if is_running:
        store.jobs.finish_job(batch.job_id, JobState.CANCELLED)
    store.jobs.cancel_job(batch.job_id)
    (job,) = store.jobs.list_jobs(JobKind.WIND_UP)
    assert job.params == f'{{"batch_id":{batch.id}}}'


def test_cancelling_a_batch_of_files_leaves_nothing_to_wind_up(store: Store, batch: Batch) -> None:
    open_part(store, batch, *list_free(store, batch))
    store.jobs.cancel_job(batch.job_id)
    assert store.jobs.list_jobs(JobKind.WIND_UP) == []
