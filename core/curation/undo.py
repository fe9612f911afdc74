"""Undo and redo of one's own decisions, to any depth, across reloads and restarts.

An undo is a step like every other: its rows put back what the rows of its target changed. What somebody else built on
is not taken away under them: then the undo is refused and says why; of a bulk action, only those trials stay.
"""

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import NamedTuple
from uuid import uuid5

from core.curation.changes import Subject, is_as_before
from core.curation.taking import NAMESPACE, PORTION_SECONDS, TRIALS_AT_ONCE, Row, StepTaker
from core.errors import UsageError
from core.models import Decision
from core.store import Store
from core.store.steps import Obstacle, Step, StepKind

NOTHING_TO_UNDO = "There is nothing of yours to undo."
NOTHING_TO_REDO = "There is nothing to do again: you did something else since the last undo."


class Undone(NamedTuple):
    """What became of an undo or redo."""

    step: Step
    """The step that was taken back, or that holds again."""
    stayed: int = 0
    """Trials of a bulk action that stay as they are, because they were changed since."""


def undo(store: Store, *, reviewer: str, action_id: str, page: str = "", step_id: str | None = None) -> Undone:
    """Take back the reviewer's last step that stands.

    Args:
        store: Of the workspace.
        reviewer: Whose step.
        action_id: Of this undo.
        page: The open page that it came from.
        step_id: Another step than the last one, also one of somebody else.

    Raises:
        UsageError: There is none, or a later decision builds on it.
    """
    with store.curation.write():
        taker = _find_begun(store, action_id)
        if taker is None:
            target = store.steps.find_undoable(reviewer) if step_id is None else _get_standing(store, step_id)
            if target is None:
                raise UsageError(NOTHING_TO_UNDO)
            if target.trial_id is not None and (obstacles := store.steps.list_obstacles(target)):
                raise UsageError(_describe_obstacle(store, target, obstacles[0]))
            taker = _begin(store, target, "undo", reviewer=reviewer, action_id=action_id, page=page)
    return _go_on(taker)


def redo(store: Store, *, reviewer: str, action_id: str, page: str = "") -> Undone:
    """Do again what the reviewer undid last.

    Raises:
        UsageError: There is none, or somebody changed the same thing since.
    """
    with store.curation.write():
        taker = _find_begun(store, action_id)
        if taker is None:
            target = store.steps.find_redoable(reviewer)
            if target is None:
                raise UsageError(NOTHING_TO_REDO)
            taker = _begin(store, target, "redo", reviewer=reviewer, action_id=action_id, page=page)
    return _go_on(taker)


def _get_standing(store: Store, step_id: str) -> Step:
    target = store.steps.find_step(step_id)
    if target is None or target.kind != "do" or target.undone_by is not None:
        raise UsageError("This step is undone already, or it is none.")
    return target


def _find_begun(store: Store, action_id: str) -> StepTaker | None:
    """An undo or redo that was begun before: the rest of it is done, if there is one."""
    step = store.steps.find_step(action_id)
    return None if step is None else StepTaker.go_on(store, step)


def _begin(store: Store, target: Step, kind: StepKind, *, reviewer: str, action_id: str, page: str) -> StepTaker:
    """What is about one trial is done in this one transaction; a bulk action only begins in it."""
    taker = StepTaker(
        store,
        id=action_id,
        reviewer=reviewer,
        action=target.action,
        trial_id=target.trial_id,
        page=page,
        kind=kind,
        target=target.id,
        finished=target.trial_id is not None,
    )
    if target.trial_id is not None:
        rows = store.steps.list_step_decisions(store.steps.get_reversed_id(taker.step))
        if not _can_reverse(taker, rows, store.subjects.list_states([target.trial_id])):
            name = store.traces.get_trial(target.trial_id).name
            raise UsageError(f"What you did to {name} was changed since, so it stays. Open the trial and decide anew.")
        _reverse(taker, rows)
    return taker


def _go_on(taker: StepTaker) -> Undone:
    """All portions that are left, each in a transaction of its own."""
    store, step = taker.store, taker.step
    target = store.steps.find_step(step.target or "") or step
    if step.finished:
        return Undone(target)
    store.steps.expect_many_rows()
    source = store.steps.get_reversed_id(step)
    done = set(store.steps.list_step_trials(step.id))
    kept = {item.trial_id for item in store.steps.list_obstacles(target)} if step.kind == "undo" else set()
    left = [trial_id for trial_id in store.steps.list_step_trials(source) if trial_id not in done | kept]
    stayed = len(kept)
    while left:
        begin = monotonic()
        with store.curation.write():
            while left and monotonic() - begin < PORTION_SECONDS:
                now, left = left[:TRIALS_AT_ONCE], left[TRIALS_AT_ONCE:]
                stayed += _reverse_trials(taker, source, now)
    store.steps.finish_step(step.id)
    return Undone(target, stayed)


def _reverse_trials(taker: StepTaker, source: str, trial_ids: Sequence[int]) -> int:
    """How many of these trials stay as they are."""
    by_trial: dict[int, list[Decision]] = {}
    for row in taker.store.steps.list_step_decisions(source, trial_ids=trial_ids):
        by_trial.setdefault(row.trial_id, []).append(row)
    states = taker.store.subjects.list_states(trial_ids)
    able = [rows for rows in by_trial.values() if _can_reverse(taker, rows, states)]
    _reverse(taker, [row for rows in able for row in rows])
    return len(by_trial) - len(able)


def _can_reverse(taker: StepTaker, rows: Sequence[Decision], states: Mapping[str, str]) -> bool:
    """True if everything is as these rows left it.

    Args:
        taker: The step that would reverse them.
        rows: What one step did to one trial.
        states: Of the trial's hints, by id.
    """
    last = {(row.hint_id, change.field): (row, change) for row in rows for change in row.changes}
    for row, change in last.values():
        if change.field == "state":
            is_same = states.get(row.hint_id or "") == change.after
        else:
            is_same = is_as_before(taker.store, Subject(row.trial_id, row.hint_id), change.reverse())
        if not is_same:
            return False
    return True


def _reverse(taker: StepTaker, rows: Sequence[Decision]) -> None:
    taker.decide_all(
        [
            Row(
                Subject(row.trial_id, row.hint_id),
                taker.step.kind,
                [change.reverse() for change in reversed(row.changes)],
                before=row.after,
                after=row.before,
                reason=row.action,
                id=str(uuid5(NAMESPACE, f"{taker.step.id} {row.id}")),
            )
            for row in reversed(rows)
        ]
    )
    taker.check_again()


def _describe_obstacle(store: Store, target: Step, obstacle: Obstacle) -> str:
    name = store.traces.get_trial(obstacle.trial_id).name
    return (
        f"{obstacle.reviewer} decided on {name} after you ({obstacle.action}), so your {target.action} stays. "
        "Open the trial and decide anew."
    )
