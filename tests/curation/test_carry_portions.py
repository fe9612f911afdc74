"""Carrying over goes in portions: it can be stopped and go on, and a decision made meanwhile is not overwritten."""

import pytest

from core.curation.bulk import BulkWish, run_bulk
from core.curation.carry_matching import compare_trials, find_holder, find_home
from core.curation.carry_over import TRIALS_AT_ONCE, carry_over
from core.curation.decisions import reject_trial
from core.curation.undo import undo
from core.errors import JobStopped, UsageError, WorkerReplaced
from core.models import Attempt, Dataset, Outcome, Trial, TrialStatus
from core.store import Store
from tests.builders import import_list, make_row, talk
from tests.curation.proposals import save_proposals

TRIALS = 2 * TRIALS_AT_ONCE + 1
Two = tuple[Dataset, Dataset]


@pytest.fixture
def two(store: Store) -> Two:
    """Two imports of the same trials, all of them rejected in the first one."""
    rows = [make_row(talk(f"Task: sort list {n}", "done"), trial_name=f"t{n}") for n in range(TRIALS)]
    old = import_list(store, rows).dataset
    trial_ids = [trial.id for trial in store.traces.list_trials(old.id)]
    save_proposals(store, old, {store.traces.list_attempts(trial_id)[0].id: [] for trial_id in trial_ids})
    wish = BulkWish(operation="reject", trial_ids=trial_ids, reason="Too vague")
    run_bulk(store, wish, reviewer="Ann", action_id="bulk")
    return old, import_list(store, rows, cut_at_marker=True).dataset


def count_rejected(store: Store, dataset: Dataset) -> int:
    return sum(trial.status is TrialStatus.REJECTED for trial in store.traces.list_trials(dataset.id))


def test_what_was_interrupted_goes_on_as_the_same_step(store: Store, two: Two) -> None:
    old, new = two
    calls: list[int] = []

    def check_lease() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise WorkerReplaced("Another worker took over.")

    with pytest.raises(WorkerReplaced):
        carry_over(store, old, new, carried_by="Carl", action_id="run", check_lease=check_lease)
    done = count_rejected(store, new)
    assert 0 < done <= TRIALS_AT_ONCE
    report = carry_over(store, old, new, carried_by="Carl", action_id="run")
    assert (report.rejections, report.known, report.carried_trials) == (TRIALS - done, done, TRIALS)
    assert count_rejected(store, new) == TRIALS
    assert undo(store, reviewer="Carl", action_id="u").stayed == 0
    assert (count_rejected(store, new), count_rejected(store, old)) == (0, TRIALS)


def test_a_stop_between_portions_keeps_what_was_carried_over(store: Store, two: Two) -> None:
    old, new = two
    seen: list[tuple[int, int | None]] = []

    def watch(stage: str, *, done: int = 0, total: int | None = None, failed: int = 0) -> None:
        seen.append((done, total))
        if done == TRIALS_AT_ONCE:
            raise JobStopped("Paused by a person.")

    with pytest.raises(JobStopped):
        carry_over(store, old, new, carried_by="Carl", action_id="run", progress=watch)
    assert seen == [(0, TRIALS), (TRIALS_AT_ONCE, TRIALS)]
    assert count_rejected(store, new) == TRIALS_AT_ONCE


def test_what_is_undone_while_it_runs_does_not_go_on(store: Store, two: Two) -> None:
    old, new = two

    def take_back(stage: str, *, done: int = 0, total: int | None = None, failed: int = 0) -> None:
        if done == TRIALS_AT_ONCE:
            undo(store, reviewer="Carl", action_id="u")

    with pytest.raises(UsageError, match="undone while it ran"):
        carry_over(store, old, new, carried_by="Carl", action_id="run", progress=take_back)
    assert count_rejected(store, new) == 0


def test_a_decision_between_plan_and_write_is_not_overwritten(store: Store, two: Two) -> None:
    old, new = two
    trial = store.traces.list_trials(new.id)[0]

    def decide() -> None:
        # the plan is made, and nothing is written yet
        current = store.traces.get_trial(trial.id)
        reject_trial(store, current, reason="Mine.", reviewer="Ben", action_id="ben")

    report = carry_over(store, old, new, carried_by="Carl", action_id="run", check_lease=decide)
    assert report.reasons == {"Ben decided on the trial here already": 1}
    assert report.rejections == TRIALS - 1
    assert [row.reviewer for row in store.decisions.list_decisions(trial.id)] == ["Ben"]


def make_trial(name: str) -> Trial:
    return Trial(id=1, dataset_id=1, number=0, name=name, source_task_text="", task_source="")


def make_attempt(attempt_id: int, content: str, name: str = "t", **values: str) -> Attempt:
    return Attempt(
        id=attempt_id,
        trial_id=1,
        number=1,
        source_trial_name=name,
        conversation_id=content,
        message_count=1,
        characters=1,
        outcome=Outcome.UNKNOWN,
        **values,
    )


def test_of_several_runs_with_the_same_messages_the_one_that_is_called_alike_is_it() -> None:
    old = [make_attempt(1, "c", "a"), make_attempt(2, "c", "b"), make_attempt(3, "c", "b", run_id="r")]
    new = [make_attempt(11, "c", "b"), make_attempt(12, "c", "b", run_id="r"), make_attempt(13, "c", "a")]
    assert compare_trials(make_trial("t"), old, make_trial("t"), new).attempts == {1: 13, 2: 11, 3: 12}


def test_a_larger_trial_is_the_home_of_an_earlier_one_only_under_its_name() -> None:
    old, new = [make_attempt(1, "c")], [make_attempt(11, "c"), make_attempt(12, "d")]
    same, other = (compare_trials(make_trial("t"), old, make_trial(name), new) for name in ("t", "u"))
    assert (find_home([other]), find_home([other, same])) == (None, same)
    assert find_holder([other], [1]) == other
    assert find_holder([other], []) is None
