"""Approve or reject many trials as one step: previewed, done in short portions, undone as a whole.

What has a blocking finding is never touched, and neither is what somebody decided already.
"""

from collections.abc import Sequence
from random import Random
from time import monotonic
from typing import Literal, NamedTuple
from uuid import uuid5

from pydantic import BaseModel, Field

from core.curation.changes import Subject
from core.curation.decisions import add_approval
from core.curation.taking import NAMESPACE, PORTION_SECONDS, TRIALS_AT_ONCE, Row, StepTaker
from core.errors import UsageError
from core.models import Change, TrialStatus
from core.store import Store
from core.store.queue_models import QueueFilter

_DONE = {"bulk approve": "approved", "bulk reject": "rejected"}


class BulkWish(BaseModel):
    """Which trials, and what to do with them."""

    operation: Literal["approve", "reject"]
    trial_ids: list[int] | None = None
    """Picked by hand; None: those of the filter."""
    filter: QueueFilter | None = None
    reason: str = ""
    """Of a rejection."""
    audit_percent: float | None = Field(default=None, ge=0, le=100)
    """Approve only what has no findings at all, and set this part aside at random. None: no audit."""
    bound: float = Field(default=0.1, ge=0, le=1)
    """Rejection rate of the audit above which the approval is offered for undo."""
    seed: int | None = None
    """Of the random choice; None: the action's id gives one."""


class BulkPlan(NamedTuple):
    """What a bulk action would do."""

    trial_ids: list[int]
    """Approved or rejected."""
    audited_ids: list[int]
    """Set aside at random; they stay undecided."""
    hints_in: int
    """Hints of the approved trials that are published then."""
    hints_out: int
    """Hints of the approved trials that were rejected."""
    blocked: int
    """Trials that stay because something blocks."""
    with_findings: int
    """Trials that stay because of a warning: only with an audit."""
    without_text: int
    """Trials that stay because they have no task text."""
    decided: int
    """Trials that stay because they are decided already, or have no hints extracted yet."""


def plan_bulk(store: Store, wish: BulkWish, *, action_id: str) -> BulkPlan:
    """What a bulk action would do now, without doing it.

    Args:
        store: Of the workspace.
        wish: Which trials, and what to do with them.
        action_id: Of the action that would do it: it decides on the random choice.

    Raises:
        UsageError: Neither trials nor a filter, or a rejection without reason.
    """
    if wish.operation == "reject" and not wish.reason.strip():
        raise UsageError("Say why these trials are rejected.")
    wanted = _list_wanted(store, wish)
    facts = store.queue.list_bulk_facts(wanted)
    undecided = [item for item in facts if item.is_open]
    unblocked = [item for item in undecided if not item.blocks]
    with_text = [item for item in unblocked if item.has_text or wish.operation == "reject"]
    chosen = [item for item in with_text if wish.audit_percent is None or not item.warnings]
    audited = _choose_audited([item.trial_id for item in chosen], wish, action_id)
    done = [item for item in chosen if item.trial_id not in audited]
    return BulkPlan(
        trial_ids=[item.trial_id for item in done],
        audited_ids=sorted(audited),
        hints_in=sum(item.hints - item.rejected for item in done) if wish.operation == "approve" else 0,
        hints_out=sum(item.rejected for item in done) if wish.operation == "approve" else 0,
        blocked=len(undecided) - len(unblocked),
        with_findings=len(with_text) - len(chosen),
        without_text=len(unblocked) - len(with_text),
        decided=len(wanted) - len(undecided),
    )


def describe_plan(wish: BulkWish, plan: BulkPlan) -> str:
    """The question before a bulk action: "Approve 12 trials? 64 hints go in, 3 are left out." and what stays."""
    words = [f"{wish.operation.capitalize()} {_count(len(plan.trial_ids), 'trial')}?"]
    if wish.operation == "approve":
        words.append(f"{_count(plan.hints_in, 'hint')} {'goes' if plan.hints_in == 1 else 'go'} in, "
                     f"{plan.hints_out} {'is' if plan.hints_out == 1 else 'are'} left out.")  # fmt: skip
    if plan.audited_ids:
        words.append(f"{_count(len(plan.audited_ids), 'trial')} at random {_verb(len(plan.audited_ids))} for audit.")
    for number, why in (
        (plan.blocked, "with a block"),
        (plan.with_findings, "with something to check"),
        (plan.without_text, "without task text"),
        (plan.decided, "decided or without hints"),
    ):
        if number:
            words.append(f"{_count(number, 'trial')} {why} {_verb(number)} here.")
    return " ".join(words)


def run_bulk(store: Store, wish: BulkWish, *, reviewer: str, action_id: str, page: str = "") -> BulkPlan:
    """Do it, in portions; called again with the same id after an interruption, it does the rest.

    Returns:
        What was done; after an interruption only the rest.

    Raises:
        UsageError: There is nothing to do.
    """
    store.steps.expect_many_rows()
    with store.curation.write():
        plan = plan_bulk(store, wish, action_id=action_id)
        step = store.steps.find_step(action_id)
        taker = _begin(store, wish, plan, reviewer, action_id, page) if step is None else StepTaker.go_on(store, step)
    if taker.step.undone_by is not None:
        # undone before the rest of it was done: then there is no rest
        store.steps.finish_step(action_id)
        return plan
    aside = store.audits.list_audited(action_id)
    left = [trial_id for trial_id in [*plan.trial_ids, *plan.audited_ids] if trial_id not in aside]
    while left:
        left = _run_portion(taker, wish, left)
    store.steps.finish_step(action_id)
    return plan


def describe_done(store: Store, action_id: str) -> str:
    """What the action did, in words; the same whenever it is asked."""
    step = store.steps.find_step(action_id)
    assert step is not None, "it was done"
    return f"{len(store.steps.list_step_trials(action_id)):,} {_DONE[step.action]}"


def _begin(store: Store, wish: BulkWish, plan: BulkPlan, reviewer: str, action_id: str, page: str) -> StepTaker:
    if not plan.trial_ids:
        raise UsageError("None of these trials can be decided in bulk. " + describe_plan(wish, plan))
    action = f"bulk {wish.operation}"
    taker = StepTaker(store, id=action_id, reviewer=reviewer, action=action, trial_id=None, page=page, finished=False)
    if wish.audit_percent is not None:
        store.audits.create_audit(
            action_id,
            store.traces.get_trial(plan.trial_ids[0]).dataset_id,
            seed=_get_seed(wish, action_id),
            percent=wish.audit_percent,
            bound=wish.bound,
            trial_ids=plan.audited_ids,
        )
    return taker


def _run_portion(taker: StepTaker, wish: BulkWish, trial_ids: list[int]) -> list[int]:
    """The trials that are left."""
    begin = monotonic()
    with taker.store.curation.write():
        while trial_ids and monotonic() - begin < PORTION_SECONDS:
            now, trial_ids = trial_ids[:TRIALS_AT_ONCE], trial_ids[TRIALS_AT_ONCE:]
            # somebody may have decided since the plan was made
            facts = taker.store.queue.list_bulk_facts(now)
            _decide(taker, wish, [item.trial_id for item in facts if item.is_open and not item.blocks])
    return trial_ids


def _decide(taker: StepTaker, wish: BulkWish, trial_ids: Sequence[int]) -> None:
    trials = [taker.store.traces.get_trial(trial_id) for trial_id in trial_ids]
    if wish.operation == "approve":
        add_approval(taker, trials)
        return
    changes = [Change(field="status", before=TrialStatus.OPEN.value, after=TrialStatus.REJECTED.value)]
    taker.decide_all([Row(Subject(trial.id), "reject", changes, reason=wish.reason) for trial in trials])


def _list_wanted(store: Store, wish: BulkWish) -> list[int]:
    if wish.trial_ids is not None:
        return wish.trial_ids
    if wish.filter is None:
        raise UsageError("A bulk action needs trials or a filter.")
    return store.queue.list_trial_ids(wish.filter)


def _choose_audited(trial_ids: Sequence[int], wish: BulkWish, action_id: str) -> set[int]:
    if not wish.audit_percent or not trial_ids:
        return set()
    number = max(1, round(len(trial_ids) * wish.audit_percent / 100))
    return set(Random(_get_seed(wish, action_id)).sample(sorted(trial_ids), number))


def _get_seed(wish: BulkWish, action_id: str) -> int:
    return uuid5(NAMESPACE, action_id).int % 2**31 if wish.seed is None else wish.seed


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def _verb(number: int) -> str:
    return "stays" if number == 1 else "stay"
