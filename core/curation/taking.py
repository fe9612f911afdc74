"""Takes one step for a reviewer: changes what it changes, and appends the rows that say so, in one transaction."""

from collections.abc import Sequence
from typing import NamedTuple, Self
from uuid import UUID, uuid5

from core.curation.changes import Subject, apply_change, changes_words
from core.curation.checking import check_trial_again
from core.models import Change, Decision
from core.store import Store
from core.store.part import utc_now
from core.store.steps import Step, StepKind

PORTION_SECONDS = 0.1
"""A write transaction of a bulk action begins no further trial after this long: nobody waits long for the lock."""
TRIALS_AT_ONCE = 20
NAMESPACE = UUID("0f3f9d67-3a0f-4a53-9df7-0a6f6b7f5b51")


class Row(NamedTuple):
    """One decision of a step."""

    subject: Subject
    action: str
    changes: Sequence[Change]
    before: str | None = None
    after: str | None = None
    reason: str | None = None
    is_main: bool = False
    id: str | None = None
    """None: made of the step and the subject, so a step with several rows about one subject must say it."""
    reviewer: str | None = None
    """None: whoever takes the step."""
    at_utc: str | None = None
    """None: when the step is taken."""


class StepTaker:
    """One step, while it is being taken. Use it inside the write transaction that also read what it is based on."""

    def __init__(
        self,
        store: Store,
        *,
        id: str,  # noqa: A002 - the word of the action
        reviewer: str,
        action: str,
        trial_id: int | None,
        page: str = "",
        kind: StepKind = "do",
        target: str | None = None,
        finished: bool = True,
    ) -> None:
        """Append the step; its decisions follow."""
        self.store = store
        self.step = Step(
            id=id,
            reviewer=reviewer,
            at_utc=utc_now(),
            kind=kind,
            action=action,
            trial_id=trial_id,
            page=page,
            target=target,
            finished=finished,
        )
        self._touched: set[int] = set()
        self._has_effect = False
        store.steps.add_step(self.step)

    @classmethod
    def go_on(cls, store: Store, step: Step) -> Self:
        """A step that was interrupted."""
        taker = cls.__new__(cls)
        taker.store, taker.step, taker._touched, taker._has_effect = store, step, set(), False
        return taker

    def decide(
        self,
        subject: Subject,
        action: str,
        changes: Sequence[Change],
        *,
        before: str | None = None,
        after: str | None = None,
        reason: str | None = None,
        is_main: bool = False,
    ) -> None:
        """One row about one subject, and what it changes.

        Args:
            subject: The hint or trial.
            action: In words, e.g. `take back`.
            changes: All that changes about the subject, in order.
            before: In words; by default the first change's.
            after: In words; by default the first change's.
            reason: Why, if the reviewer said so.
            is_main: The row that bears the id of the action.
        """
        row = Row(subject, action, changes, before=before, after=after, reason=reason, is_main=is_main)
        self.decide_all([row])

    def decide_all(self, rows: Sequence[Row]) -> None:
        """Rows about different subjects. What is only states is written in one go: a bulk action has thousands.

        Args:
            rows: In order; at most one about each subject, unless they have ids of their own.
        """
        effective = [[change for change in row.changes if change.before != change.after] for row in rows]
        states: dict[str, str] = {}
        for row, changes in zip(rows, effective, strict=True):
            for change in changes:
                if change.field == "state" and row.subject.hint_id is not None:
                    states[row.subject.hint_id] = change.after
                else:
                    apply_change(self.store, row.subject, change)
            if any(map(changes_words, changes)):
                self._touched.add(row.subject.trial_id)
        self.store.subjects.save_states(states)
        self.store.subjects.raise_versions([row.subject for row in rows])
        self.store.decisions.add_decisions(
            [self._build_decision(row, changes) for row, changes in zip(rows, effective, strict=True)]
        )
        if any(effective) and not self._has_effect:
            self._has_effect = True
            self.store.steps.mark_effect(self.step.id)

    def _build_decision(self, row: Row, changes: list[Change]) -> Decision:
        first = row.changes[0] if row.changes else Change(field="")
        return Decision(
            id=self.step.id if row.is_main else row.id or self._name_row(row.subject),
            reviewer=row.reviewer or self.step.reviewer,
            at_utc=row.at_utc or self.step.at_utc,
            trial_id=row.subject.trial_id,
            hint_id=row.subject.hint_id,
            action=row.action,
            before=_describe(first.before) if row.before is None else row.before,
            after=_describe(first.after) if row.after is None else row.after,
            reason=row.reason,
            step_id=self.step.id,
            changes=changes,
        )

    def check_again(self) -> None:
        """Run the checks of all trials in which words, quotes or states changed."""
        for trial_id in sorted(self._touched):
            check_trial_again(self.store, trial_id)
        self._touched.clear()

    def _name_row(self, subject: Subject) -> str:
        return str(uuid5(NAMESPACE, f"{self.step.id} {subject.hint_id or f'trial {subject.trial_id}'}"))


def _describe(value: object) -> str | None:
    return value if isinstance(value, str) else None
