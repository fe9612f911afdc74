"""Takes one step for a reviewer: changes what it changes, and appends the rows that say so, in one transaction."""

from collections.abc import Sequence
from uuid import UUID, uuid5

from core.curation.changes import Subject, apply_change, changes_words
from core.curation.checking import check_trial_again
from core.models import Change, Decision
from core.store import Store
from core.store.part import utc_now
from core.store.steps import Step, StepKind

_NAMESPACE = UUID("0f3f9d67-3a0f-4a53-9df7-0a6f6b7f5b51")


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
        effective = [change for change in changes if change.before != change.after]
        for change in effective:
            apply_change(self.store, subject, change)
        self.store.subjects.raise_versions(subject.trial_id, subject.hint_id)
        first = changes[0] if changes else Change(field="")
        self.store.decisions.add_decision(
            Decision(
                id=self.step.id if is_main else self._name_row(subject),
                reviewer=self.step.reviewer,
                at_utc=self.step.at_utc,
                trial_id=subject.trial_id,
                hint_id=subject.hint_id,
                action=action,
                before=_describe(first.before) if before is None else before,
                after=_describe(first.after) if after is None else after,
                reason=reason,
                step_id=self.step.id,
                changes=effective,
            )
        )
        if effective and not self._has_effect:
            self._has_effect = True
            self.store.steps.mark_effect(self.step.id)
        if any(map(changes_words, effective)):
            self._touched.add(subject.trial_id)

    def check_again(self) -> None:
        """Run the checks of all trials in which words, quotes or states changed."""
        for trial_id in sorted(self._touched):
            check_trial_again(self.store, trial_id)
        self._touched.clear()

    def _name_row(self, subject: Subject) -> str:
        return str(uuid5(_NAMESPACE, f"{self.step.id} {subject.hint_id or f'trial {subject.trial_id}'}"))


def _describe(value: object) -> str | None:
    return value if isinstance(value, str) else None
