"""Undo and redo of one's own decisions, to any depth, across reloads and restarts.

An undo is a step like every other: its rows put back what the rows of its target changed. What somebody else built on
is not taken away under them: then the undo is refused, and says why.
"""

from core.curation.changes import Subject, is_as_before
from core.curation.taking import StepTaker
from core.errors import UsageError
from core.models import Decision
from core.store import Store
from core.store.steps import Obstacle, Step, StepKind

NOTHING_TO_UNDO = "There is nothing of yours to undo."
NOTHING_TO_REDO = "There is nothing to do again: you did something else since the last undo."


def undo(store: Store, *, reviewer: str, action_id: str, page: str = "", step_id: str | None = None) -> Step:
    """Take back the reviewer's last step that stands.

    Args:
        store: Of the workspace.
        reviewer: Whose step.
        action_id: Of this undo.
        page: The open page that it came from.
        step_id: Another step than the last one, also one of somebody else.

    Returns:
        The step that was taken back.

    Raises:
        UsageError: There is none, or a later decision builds on it.
    """
    with store.curation.write():
        done = _find_done(store, action_id)
        if done is not None:
            return done
        target = store.steps.find_undoable(reviewer) if step_id is None else _get_standing(store, step_id)
        if target is None:
            raise UsageError(NOTHING_TO_UNDO)
        obstacles = store.steps.list_obstacles(target)
        if obstacles:
            raise UsageError(_describe_obstacle(store, target, obstacles[0]))
        rows = store.steps.list_step_decisions(target.applied_by or target.id)
        _reverse(store, target, rows, "undo", reviewer=reviewer, action_id=action_id, page=page)
        return target


def redo(store: Store, *, reviewer: str, action_id: str, page: str = "") -> Step:
    """Do again what the reviewer undid last.

    Returns:
        The step that holds again.

    Raises:
        UsageError: There is none, or somebody changed the same thing since.
    """
    with store.curation.write():
        done = _find_done(store, action_id)
        if done is not None:
            return done
        target = store.steps.find_redoable(reviewer)
        if target is None:
            raise UsageError(NOTHING_TO_REDO)
        rows = store.steps.list_step_decisions(target.undone_by or "")
        _reverse(store, target, rows, "redo", reviewer=reviewer, action_id=action_id, page=page)
        return target


def _find_done(store: Store, action_id: str) -> Step | None:
    """The target of an undo or redo that was done before: it is only acknowledged again."""
    done = store.steps.find_step(action_id)
    return None if done is None else store.steps.find_step(done.target or "")


def _get_standing(store: Store, step_id: str) -> Step:
    target = store.steps.find_step(step_id)
    if target is None or target.kind != "do" or target.undone_by is not None:
        raise UsageError("This step is undone already, or it is none.")
    return target


def _reverse(
    store: Store, target: Step, rows: list[Decision], kind: StepKind, *, reviewer: str, action_id: str, page: str
) -> None:
    step = StepTaker(
        store,
        id=action_id,
        reviewer=reviewer,
        action=target.action,
        trial_id=target.trial_id,
        page=page,
        kind=kind,
        target=target.id,
    )
    for row in reversed(rows):
        reverse_decision(step, row)
    step.check_again()


def reverse_decision(step: StepTaker, row: Decision) -> None:
    """One row of a step that puts back what another row changed.

    Raises:
        UsageError: It is no longer as that row left it.
    """
    subject = Subject(row.trial_id, row.hint_id)
    changes = [change.reverse() for change in reversed(row.changes)]
    if not all(is_as_before(step.store, subject, change) for change in changes):
        name = step.store.traces.get_trial(row.trial_id).name
        raise UsageError(f"What you did to {name} was changed since, so it stays. Open the trial and decide anew.")
    step.decide(subject, step.step.kind, changes, before=row.after, after=row.before, reason=row.action)


def _describe_obstacle(store: Store, target: Step, obstacle: Obstacle) -> str:
    name = store.traces.get_trial(obstacle.trial_id).name
    return (
        f"{obstacle.reviewer} decided on {name} after you ({obstacle.action}), so your {target.action} stays. "
        "Open the trial and decide anew."
    )
