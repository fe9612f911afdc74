"""What was decided on a trial of an earlier import, as far as it stands."""

from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

from core.curation.aggregation import is_decided
from core.models import Attempt, Decision, Hint, Severity, Trial, TrialStatus
from core.store import Store

ON_QUOTES = frozenset({"use quote", "add quote", "merge"})
_ON_STATUS = frozenset({"approve", "reject"})


class DecidedTrial(NamedTuple):
    """A trial with its decided hints and the decisions that made them so."""

    trial: Trial
    attempts: Sequence[Attempt]
    hints: Sequence[Hint]
    """The decided ones, in publishing order."""
    by_hint: Mapping[str, Sequence[Decision]]
    """Standing decisions on each hint, oldest first."""
    status: Decision | None
    """What approved or rejected the trial; None while it is open."""
    task_text: Decision | None
    """What edited the task text; None if it is that of the traces."""
    blocks: Mapping[tuple[str, str, str], bool]
    """Blocking findings by hint, code and message: whether each is overridden."""

    @property
    def things(self) -> int:
        """How many decided hints, approvals, rejections and task texts there are."""
        return len(self.hints) + (self.status is not None) + (self.task_text is not None)


def load_decided(store: Store, trial_id: int) -> DecidedTrial:
    """Only reads."""
    # the version is read first: a decision that comes after it is noticed
    trial = store.traces.get_trial(trial_id)
    standing = store.decisions.list_standing(trial_id)
    by_hint: dict[str, list[Decision]] = {}
    for item in standing:
        if item.hint_id is not None:
            by_hint.setdefault(item.hint_id, []).append(item)
    mended = {hint_id for hint_id, rows in by_hint.items() if any(row.action in ON_QUOTES for row in rows)}
    hints = [hint for hint in store.curation.list_hints(trial_id) if is_decided(hint) or hint.id in mended]
    on_trial = [item for item in reversed(standing) if item.hint_id is None]
    findings = store.curation.list_findings(trial_id)
    return DecidedTrial(
        trial=trial,
        attempts=store.traces.list_attempts(trial_id),
        hints=hints,
        by_hint=by_hint,
        status=_find(on_trial, _ON_STATUS) if trial.status is not TrialStatus.OPEN else None,
        task_text=_find(on_trial, {"edit task text"}) if trial.edited_task_text is not None else None,
        blocks={
            (item.hint_id, item.code, item.message): item.overridden
            for item in findings
            if item.hint_id is not None and item.severity is Severity.BLOCK
        },
    )


def _find(newest_first: Sequence[Decision], actions: Set[str]) -> Decision | None:
    return next((item for item in newest_first if item.action in actions), None)
