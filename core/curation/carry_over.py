"""Brings what was decided on an earlier import to a later one of the same traces. The earlier one is never changed.

One run is one step of whoever started it, so it is undone as a whole; each row keeps the name and time of whoever
decided. It goes in portions, and what was carried over once is not carried over again.
"""

from collections.abc import Callable
from time import monotonic

from core.curation.carry_models import CarryReport
from core.curation.carry_plan import Planner, TrialPlan
from core.curation.taking import StepTaker
from core.errors import UsageError
from core.models import Dataset
from core.progress import Progress, no_progress
from core.store import Store
from core.store.carrying import CARRY_OVER

STAGE = "carrying decisions over"
TRIALS_AT_ONCE = 10
"""Worked out before the write lock is taken for them."""
PORTION_SECONDS = 0.05
"""A write transaction begins no further trial after this long: one has up to a hundred rows, and the disk its part."""


def carry_over(
    store: Store,
    old: Dataset,
    new: Dataset,
    *,
    carried_by: str,
    action_id: str,
    dry_run: bool = False,
    progress: Progress = no_progress,
    check_lease: Callable[[], None] = lambda: None,
) -> CarryReport:
    """Carry decisions over; called again with the same id after an interruption, it does the rest.

    Args:
        store: Of the workspace.
        old: The earlier import.
        new: The later one.
        carried_by: Who can undo it.
        action_id: Of this run.
        dry_run: Only say what would be done.
        progress: Trials done.
        check_lease: Called before every write; raises when another worker took over.

    Raises:
        UsageError: The two are one dataset.
        JobStopped: Somebody asked for it; the next run does the rest.
    """
    if old.id == new.id:
        raise UsageError(f"Both are the same import, #{old.id}. Name two imports, by their ids if the names are equal.")
    trial_ids = store.carrying.list_decided(old.id)
    report = CarryReport(from_dataset=old.id, to_dataset=new.id, dry_run=dry_run, trials=len(trial_ids))
    planner = Planner(store, old, new)
    carrier = _Carrier(store, planner, carried_by, action_id, check_lease)
    for begin in range(0, len(trial_ids), TRIALS_AT_ONCE):
        progress(STAGE, done=begin, total=len(trial_ids))
        plans = [planner.plan(trial_id) for trial_id in trial_ids[begin : begin + TRIALS_AT_ONCE]]
        for plan in plans if dry_run else carrier.carry(plans):
            _add_to(report, plan)
    if not dry_run:
        store.steps.finish_step(action_id)
    progress(STAGE, done=len(trial_ids), total=len(trial_ids))
    return report


def _add_to(report: CarryReport, plan: TrialPlan) -> None:
    report.carried_trials += bool(plan.targets or plan.known)
    report.known += plan.known
    for target in plan.targets:
        report.add_carried(target.counts)
    for item in plan.left:
        report.add_left(item)


class _Carrier:
    """Saves plans, in short transactions."""

    def __init__(
        self, store: Store, planner: Planner, carried_by: str, action_id: str, check_lease: Callable[[], None]
    ) -> None:
        self._store, self._planner = store, planner
        self._carried_by, self._action_id, self._check_lease = carried_by, action_id, check_lease

    def carry(self, plans: list[TrialPlan]) -> list[TrialPlan]:
        """The plans as they were carried out."""
        done: list[TrialPlan] = []
        while len(done) < len(plans):
            begin = monotonic()
            with self._store.curation.write():
                self._check_lease()
                while len(done) < len(plans) and monotonic() - begin < PORTION_SECONDS:
                    plan = plans[len(done)]
                    # the lock is held now: no decision of a person can fall in between any more
                    if not self._planner.is_current(plan):
                        break
                    self._carry_out(plan)
                    done.append(plan)
            if len(done) < len(plans) and not self._planner.is_current(plans[len(done)]):
                # somebody decided, or an earlier trial came to the same one; nobody waits while it is worked out again
                plans[len(done)] = self._planner.plan(plans[len(done)].trial_id)
        return done

    def _carry_out(self, plan: TrialPlan) -> None:
        for target in plan.targets:
            self._find_taker().decide_all(target.rows)
            if target.findings is not None:
                self._store.curation.replace_findings(target.trial_id, target.findings)

    def _find_taker(self) -> StepTaker:
        step = self._store.steps.find_step(self._action_id)
        if step is None:
            return StepTaker(
                self._store,
                id=self._action_id,
                reviewer=self._carried_by,
                action=CARRY_OVER,
                trial_id=None,
                finished=False,
            )
        if step.undone_by is not None:
            raise UsageError("It was undone while it ran. Carry over again if that was a mistake.")
        return StepTaker.go_on(self._store, step)
