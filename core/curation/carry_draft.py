"""What is brought to one trial of a later import: its hints as they will be, and the rows that make them so."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from core.curation.carry_matching import Likeness
from core.curation.carry_reading import DecidedTrial
from core.curation.changes import Subject
from core.curation.similarity import say_the_same
from core.curation.taking import Row
from core.models import Change, Decision, Evidence, Finding, Hint, HintKind, HintState, Severity, Trial, TrialStatus
from core.store.carrying import CARRY_OVER

_NAMESPACE = UUID("5c2b8a54-0c0d-4b8e-9d0b-7a0a5f3c1d6e")
_KINDS = list(HintKind)


class CarriedHint(NamedTuple):
    """A hint of the earlier import, and what it is here."""

    old: Hint
    new: Hint


def name_carried(known_id: str, trial_id: int, again: int = 0) -> str:
    """The id here of a decision or hint of the earlier import: the same whenever it is carried over.

    Args:
        known_id: In the earlier import.
        trial_id: Here.
        again: Of a decision: how often it was taken back before, since a row is never updated.
    """
    return str(uuid5(_NAMESPACE, f"{known_id} {trial_id} {again}" if again else f"{known_id} {trial_id}"))


class TrialDraft:
    """One trial of the later import while it is planned what comes to it. Nothing is saved here."""

    def __init__(
        self,
        old: DecidedTrial,
        likeness: Likeness,
        *,
        hints: Sequence[Hint],
        known: Collection[str],
        undone: int,
        words: str,
    ) -> None:
        """Begins with what the trial has.

        Args:
            old: The earlier trial.
            likeness: How the trial is like it.
            hints: That the trial has so far.
            known: Ids of decisions and hints that were carried over to it before and stand.
            undone: How often that was taken back.
            words: Where everything comes from, for reasons.
        """
        self.old, self.likeness, self.known = old, likeness, known
        self.carried: list[CarriedHint] = []
        self.edited_task_text: str | None = None
        self.status: TrialStatus | None = None
        self._hints, self._undone, self._words = hints, undone, words

    @property
    def trial(self) -> Trial:
        """The trial, with the task text that it will have."""
        text = self.edited_task_text
        trial = self.likeness.trial
        return trial if text is None else trial.model_copy(update={"edited_task_text": text})

    @property
    def is_empty(self) -> bool:
        """True if nothing comes to the trial."""
        return not self.carried and self.status is None and self.edited_task_text is None

    def knows(self, decision_id: str) -> bool:
        """True if a decision on the earlier trial was carried over before."""
        names = (name_carried(decision_id, self.trial.id, again) for again in range(self._undone + 1))
        return any(name in self.known for name in names)

    def has_hint(self, hint_id: str) -> bool:
        """True if the trial has this hint now."""
        return any(hint.id == hint_id for hint in self._hints)

    def add_hint(self, hint: Hint) -> None:
        """Bring a hint whose attempts are all here, with its quotes pointed at them."""
        attempts = self.likeness.attempts
        new = hint.model_copy(
            update={
                "id": name_carried(hint.id, self.trial.id),
                "trial_id": self.trial.id,
                "version": 0,
                # the batch is one of the earlier import
                "origins": [origin.model_copy(update={"batch": None}) for origin in hint.origins],
                "attempt_ids": list(dict.fromkeys(attempts[attempt_id] for attempt_id in hint.attempt_ids)),
                "evidence": [_point_at(item, attempts) for item in hint.evidence],
            }
        )
        self.carried.append(CarriedHint(hint, new))

    def list_hints(self) -> list[Hint]:
        """The hints that the trial will have, in publishing order."""
        absorbed = {hint.id for hint in self._list_absorbed()}
        hints = [hint for hint in self._hints if hint.id not in absorbed] + [self._support(it) for it in self.carried]
        return sorted(hints, key=lambda hint: (_KINDS.index(hint.kind), hint.position, hint.id))

    def list_blocked(self, findings: Sequence[Finding]) -> list[tuple[CarriedHint, Finding]]:
        """The accepted hints that something blocks here and did not in the earlier import, with what does."""
        blocks = [item for item in findings if item.severity is Severity.BLOCK]
        return [
            (carried, next(iter(new)))
            for carried in self.carried
            if carried.old.state is HintState.ACCEPTED
            and (
                new := [
                    item
                    for item in blocks
                    if item.hint_id == carried.new.id
                    and (carried.old.id, item.code, item.message) not in self.old.blocks
                ]
            )
        ]

    def build_rows(self, findings: Sequence[Finding], trial_findings: Sequence[Finding]) -> list[Row]:
        """The decisions, each with the name and time of whoever made it.

        Args:
            findings: What the checks will say of the trial's hints.
            trial_findings: On the trial itself, as they are.
        """
        rows = [] if self.edited_task_text is None else self._build_task_text(trial_findings)
        for carried in self.carried:
            rows += self._build_hint(carried, findings)
        for hint in self._list_absorbed():
            change = Change(field="hint", before=hint.model_dump(mode="json"), after=None)
            reason = "says the same as a hint that was carried over"
            rows.append(Row(Subject(self.trial.id, hint.id), CARRY_OVER, [change], reason=reason))
        return rows if self.status is None else [*rows, *self._build_status()]

    def count(self) -> Counter[str]:
        """What comes to the trial."""
        return Counter(
            hints=len(self.carried),
            approvals=self.status is TrialStatus.APPROVED,
            rejections=self.status is TrialStatus.REJECTED,
            task_texts=self.edited_task_text is not None,
        )

    def _list_absorbed(self) -> list[Hint]:
        """What an extractor proposed here already in nearly the same words: a person decided on that."""
        return [
            hint
            for hint in self._hints
            if hint.id not in self.known and any(_says(carried.new, hint) for carried in self.carried)
        ]

    def _support(self, carried: CarriedHint) -> Hint:
        """The hint with the attempts and origins of what says the same here."""
        new = carried.new
        same = [hint for hint in self._hints if hint.id not in self.known and _says(new, hint)]
        attempt_ids = [*new.attempt_ids, *(attempt_id for hint in same for attempt_id in hint.attempt_ids)]
        origins = [*new.origins, *(origin for hint in same for origin in hint.origins)]
        return new.model_copy(
            update={"attempt_ids": list(dict.fromkeys(attempt_ids)), "origins": list(dict.fromkeys(origins))}
        )

    def _build_hint(self, carried: CarriedHint, findings: Sequence[Finding]) -> list[Row]:
        new = self._support(carried)
        changes = [Change(field="hint", before=None, after=new.model_dump(mode="json"))]
        overridden: dict[str, list[str]] = {}
        for item in findings:
            if item.hint_id == new.id and self.old.blocks.get((carried.old.id, item.code, item.message)):
                overridden.setdefault(item.code, []).append(item.message)
        changes += [Change(field=f"overridden {code}", before=[], after=said) for code, said in overridden.items()]
        decisions = self.old.by_hint.get(carried.old.id, [])
        if not decisions:
            return [Row(Subject(new.trial_id, new.id), CARRY_OVER, changes, reason=self._words)]
        # the first row makes the hint what it is, and the others say who decided what on it
        each: list[list[Change]] = [changes, *([] for _ in decisions[1:])]
        return [self._copy(decision, made, new.id) for decision, made in zip(decisions, each, strict=True)]

    def _build_task_text(self, trial_findings: Sequence[Finding]) -> list[Row]:
        before = self.likeness.trial.edited_task_text
        changes = [Change(field="task_text", before=before, after=self.edited_task_text)]
        changes += [
            Change(field=f"finding {item.code}", before=item.model_dump(mode="json"), after=None)
            for item in trial_findings
            if item.code == "empty-task"
        ]
        return [] if self.old.task_text is None else [self._copy(self.old.task_text, changes)]

    def _build_status(self) -> list[Row]:
        changes = [Change(field="status", before=self.likeness.trial.status.value, after=self.status)]
        undecided = sum(hint.state is HintState.PROPOSED for hint in self.list_hints())
        if self.status is TrialStatus.APPROVED and undecided:
            changes.append(Change(field="finding new-proposals", before=None, after=_build_news(undecided)))
        return [] if self.old.status is None else [self._copy(self.old.status, changes)]

    def _copy(self, decision: Decision, changes: Sequence[Change], hint_id: str | None = None) -> Row:
        reason = decision.reason or ""
        if reason.startswith("merged into "):
            reason = f"merged into {name_carried(reason.removeprefix('merged into '), self.trial.id)}"
        return Row(
            Subject(self.trial.id, hint_id),
            decision.action,
            changes,
            before=decision.before,
            after=decision.after,
            reason="; ".join(filter(None, [reason, self._words])),
            id=name_carried(decision.id, self.trial.id, self._undone),
            reviewer=decision.reviewer,
            at_utc=decision.at_utc,
        )


def _says(carried: Hint, proposed: Hint) -> bool:
    return say_the_same(carried.text, proposed.text) or say_the_same(carried.proposed_text, proposed.text)


def _point_at(item: Evidence, attempts: Mapping[int, int]) -> Evidence:
    return item.model_copy(update={"attempt_id": attempts[item.attempt_id]})


def _build_news(count: int) -> dict[str, Any]:
    message = f"{count} proposals here were not seen by the approval that was carried over; they are not published."
    finding = Finding(code="new-proposals", severity=Severity.WARN, message=message)
    return finding.model_dump(mode="json")
