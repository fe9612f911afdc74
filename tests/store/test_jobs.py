"""The worker's queue: what pause, cancel and resume do in every state, and that repeating them changes nothing."""

import pytest

from core.errors import UsageError
from core.models import JobKind, JobState
from core.store import Store
from tests.builders import import_list, make_row, talk

ACTIONS = ("pause_job", "cancel_job", "resume_job")
S = JobState


def make_job(store: Store, state: JobState, *, wanted: JobState | None = None) -> int:
    """A job that came into this state by the calls that the worker and people make."""
    job_id = store.jobs.create_job(JobKind.IMPORT, params={"n": 1}).id
    if state is S.QUEUED:
        return job_id
    if state is S.CANCELLED:
        store.jobs.cancel_job(job_id)
        return job_id
    store.jobs.start_job(job_id)
    if state is S.RUNNING:
        if wanted is S.PAUSED:
            store.jobs.pause_job(job_id)
        if wanted is S.CANCELLED:
            store.jobs.cancel_job(job_id)
        return job_id
    store.jobs.finish_job(job_id, state, reason="because" if state is not S.FINISHED else None, error_code=1)
    return job_id


def find_next_id(store: Store) -> int | None:
    job = store.jobs.find_next_job()
    return None if job is None else job.id


def see(store: Store, job_id: int) -> tuple[JobState, JobState | None]:
    return store.jobs.get_job(job_id).state, store.jobs.find_wanted(job_id)


AFTER = {
    ("pause_job", S.QUEUED): (S.PAUSED, None),
    ("pause_job", S.RUNNING): (S.RUNNING, S.PAUSED),
    ("pause_job", S.PAUSED): (S.PAUSED, None),
    ("pause_job", S.STOPPED): (S.STOPPED, None),
    ("pause_job", S.FINISHED): (S.FINISHED, None),
    ("pause_job", S.CANCELLED): (S.CANCELLED, None),
    ("cancel_job", S.QUEUED): (S.CANCELLED, None),
    ("cancel_job", S.RUNNING): (S.RUNNING, S.CANCELLED),
    ("cancel_job", S.PAUSED): (S.CANCELLED, None),
    ("cancel_job", S.STOPPED): (S.CANCELLED, None),
    ("cancel_job", S.FINISHED): (S.FINISHED, None),
    ("cancel_job", S.CANCELLED): (S.CANCELLED, None),
    ("resume_job", S.QUEUED): (S.QUEUED, None),
    ("resume_job", S.RUNNING): (S.RUNNING, None),
    ("resume_job", S.PAUSED): (S.QUEUED, None),
    ("resume_job", S.STOPPED): (S.QUEUED, None),
    ("resume_job", S.FINISHED): (S.FINISHED, None),
    ("resume_job", S.CANCELLED): (S.CANCELLED, None),
}


@pytest.mark.parametrize(("action", "state"), AFTER)
def test_each_action_has_one_outcome_in_each_state(store: Store, action: str, state: JobState) -> None:
    job_id = make_job(store, state)
    getattr(store.jobs, action)(job_id)
    assert see(store, job_id) == AFTER[action, state]


@pytest.mark.parametrize(("action", "state"), AFTER)
def test_repeating_an_action_changes_nothing(store: Store, action: str, state: JobState) -> None:
    job_id = make_job(store, state)
    getattr(store.jobs, action)(job_id)
    once = store.jobs.get_job(job_id)
    getattr(store.jobs, action)(job_id)
    assert store.jobs.get_job(job_id) == once


@pytest.mark.parametrize(
    ("wanted", "action", "after"),
    [
        (S.PAUSED, "resume_job", None),
        (S.PAUSED, "cancel_job", S.CANCELLED),
        (S.CANCELLED, "pause_job", S.CANCELLED),
        (S.CANCELLED, "resume_job", S.CANCELLED),
    ],
)
def test_a_wish_for_the_end_is_final_and_one_for_a_pause_is_not(
    store: Store, wanted: JobState, action: str, after: JobState | None
) -> None:
    job_id = make_job(store, S.RUNNING, wanted=wanted)
    getattr(store.jobs, action)(job_id)
    assert see(store, job_id) == (S.RUNNING, after)


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_on_a_job_that_is_not_there_does_nothing(store: Store, action: str) -> None:
    getattr(store.jobs, action)(99)
    with pytest.raises(UsageError, match="no job 99"):
        store.jobs.get_job(99)


def test_a_cancelled_job_is_never_begun_nor_finished(store: Store) -> None:
    # the worker took the job from the queue a moment before it was cancelled
    job_id = make_job(store, S.QUEUED)
    store.jobs.cancel_job(job_id)
    assert not store.jobs.start_job(job_id)
    store.jobs.finish_job(job_id, S.FINISHED, result="{}")
    assert see(store, job_id) == (S.CANCELLED, None)
    assert store.jobs.start_job(make_job(store, S.QUEUED))


def test_finishing_settles_what_was_wanted_and_keeps_the_reason(store: Store) -> None:
    job_id = make_job(store, S.RUNNING, wanted=S.CANCELLED)
    store.jobs.finish_job(job_id, S.CANCELLED, reason="Cancelled by a person.")
    job = store.jobs.get_job(job_id)
    assert see(store, job_id) == (S.CANCELLED, None)
    assert (job.reason, job.is_over) == ("Cancelled by a person.", True)
    assert job.finished_utc is not None


def test_a_job_that_is_handed_over_waits_again_and_is_not_over(store: Store) -> None:
    job_id = make_job(store, S.RUNNING)
    store.jobs.finish_job(job_id, S.QUEUED)
    job = store.jobs.get_job(job_id)
    assert (job.state, job.is_over, job.finished_utc) == (S.QUEUED, False, None)


def test_a_resumed_job_forgets_why_it_stopped_and_keeps_when_it_began(store: Store) -> None:
    job_id = make_job(store, S.STOPPED)
    began = store.jobs.get_job(job_id).started_utc
    store.jobs.resume_job(job_id)
    store.jobs.start_job(job_id)
    job = store.jobs.get_job(job_id)
    assert (job.reason, job.error_code, job.finished_utc, job.started_utc) == (None, None, None, began)


@pytest.mark.parametrize(
    ("state", "is_over"),
    [
        (S.QUEUED, False),
        (S.RUNNING, False),
        (S.PAUSED, True),
        (S.FINISHED, True),
        (S.STOPPED, True),
        (S.CANCELLED, True),
    ],
)
def test_a_job_is_over_when_nothing_more_happens_by_itself(store: Store, state: JobState, is_over: bool) -> None:
    assert store.jobs.get_job(make_job(store, state)).is_over is is_over


def test_jobs_run_oldest_first_and_only_while_they_are_queued(store: Store) -> None:
    first, second, third = (make_job(store, S.QUEUED) for _ in range(3))
    store.jobs.pause_job(first)
    assert find_next_id(store) == second
    store.jobs.start_job(second)
    store.jobs.cancel_job(third)
    assert find_next_id(store) is None
    assert store.jobs.has_work()
    store.jobs.finish_job(second, S.FINISHED)
    assert not store.jobs.has_work()


def test_what_ran_under_an_owner_that_is_gone_waits_again_with_its_wish(store: Store) -> None:
    running, wanted = make_job(store, S.RUNNING), make_job(store, S.RUNNING, wanted=S.CANCELLED)
    others = [make_job(store, state) for state in (S.PAUSED, S.FINISHED, S.STOPPED, S.CANCELLED)]
    before = [see(store, job_id) for job_id in others]
    store.jobs.requeue_running()
    assert see(store, running) == (S.QUEUED, None)
    assert see(store, wanted) == (S.QUEUED, S.CANCELLED)
    assert [see(store, job_id) for job_id in others] == before


def test_progress_and_result_are_what_the_worker_saved(store: Store) -> None:
    job_id = make_job(store, S.RUNNING)
    store.jobs.save_progress(job_id, stage="reading rows", done=5, total=None, failed=1)
    job = store.jobs.get_job(job_id)
    assert (job.stage, job.done, job.total, job.failed) == ("reading rows", 5, None, 1)
    store.jobs.finish_job(job_id, S.FINISHED, result='{"a": 1}')
    assert store.jobs.get_job(job_id).result == '{"a": 1}'


@pytest.mark.parametrize(
    ("state", "wanted", "is_found"),
    [
        (S.QUEUED, None, True),
        (S.RUNNING, None, True),
        (S.RUNNING, S.PAUSED, True),
        (S.PAUSED, None, True),
        (S.RUNNING, S.CANCELLED, False),
        (S.FINISHED, None, False),
        (S.STOPPED, None, False),
        (S.CANCELLED, None, False),
    ],
)
def test_the_same_wish_again_finds_the_job_that_is_open(
    store: Store, state: JobState, wanted: JobState | None, is_found: bool
) -> None:
    job_id = make_job(store, state, wanted=wanted)
    found = store.jobs.find_open_job(JobKind.IMPORT, params={"n": 1}, dataset_id=None)
    assert (found is not None and found.id == job_id) is is_found
    assert store.jobs.find_open_job(JobKind.IMPORT, params={"n": 2}, dataset_id=None) is None
    assert store.jobs.find_open_job(JobKind.PUBLISH, params={"n": 1}, dataset_id=None) is None


def test_parameters_that_may_differ_do_not_make_another_job(store: Store) -> None:
    job = store.jobs.create_job(JobKind.EXTRACT, params={"batch": {"model": "m", "max_rpm": 5}})

    def find(apart_from: list[str], **batch: object) -> bool:
        found = store.jobs.find_open_job(
            JobKind.EXTRACT, params={"batch": batch}, dataset_id=None, apart_from=apart_from
        )
        return found == job

    assert find(["$.batch.max_rpm", "$.batch.budget_usd"], model="m", budget_usd=0.5)
    assert not find(["$.batch.max_rpm"], model="m", budget_usd=0.5)
    assert not find(["$.batch.max_rpm"], model="n")
    assert find([], model="m", max_rpm=5)


@pytest.mark.parametrize("state", list(S))
def test_only_what_runs_is_begun_anew_and_a_wish_of_a_person_comes_first(store: Store, state: JobState) -> None:
    job_id = make_job(store, state)
    store.jobs.restart_job(job_id)
    assert store.jobs.find_wanted(job_id) is (S.QUEUED if state is S.RUNNING else None)
    assert store.jobs.get_job(job_id).state is state
    if state is S.RUNNING:
        store.jobs.pause_job(job_id)
        store.jobs.restart_job(job_id)
        assert store.jobs.find_wanted(job_id) is S.PAUSED


def test_jobs_are_listed_by_kind_newest_first(store: Store) -> None:
    ids = [make_job(store, S.QUEUED) for _ in range(3)]
    store.jobs.create_job(JobKind.PUBLISH, params={})
    assert [job.id for job in store.jobs.list_jobs(JobKind.IMPORT, limit=2)] == ids[:0:-1]


def test_a_job_outlives_the_dataset_that_it_was_for(store: Store) -> None:
    dataset = import_list(store, [make_row(talk("Task: x", "a"))]).dataset
    job = store.jobs.create_job(JobKind.EXTRACT, params={}, dataset_id=dataset.id)
    with store.traces.write():
        store.traces._connection.execute("UPDATE datasets SET ready = 0")
    store.traces.delete_dataset(dataset.id)
    assert store.jobs.get_job(job.id).dataset_id is None
