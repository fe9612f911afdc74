"""Aggregation and checks of a dataset's trials, in portions. Idempotent: run it as often as you like."""

from collections.abc import Callable

from core.curation.aggregation import build_hints
from core.curation.checks import check_hints
from core.curation.evidence import QuotableAttempt
from core.models import Dataset, HintState, Severity, TrialStatus
from core.progress import Progress, no_progress
from core.store import Store

TRIALS_AT_ONCE = 5
"""Few enough that nobody waits long for the write lock."""
STAGE = "aggregating and checking"


def curate_dataset(
    store: Store,
    dataset: Dataset,
    *,
    batch_id: int | None = None,
    progress: Progress = no_progress,
    check_lease: Callable[[], None] = lambda: None,
) -> None:
    """Bring the hints and findings of all extracted trials up to date.

    Args:
        store: Where proposals, hints and findings are.
        dataset: Its trials are curated.
        batch_id: Only trials that this batch made proposals for.
        progress: Trials done.
        check_lease: Called before every write; raises when another worker took over.

    Raises:
        JobStopped: Somebody asked for it; the next run does the rest.
    """
    trial_ids = store.curation.list_extracted_trials(dataset.id, batch_id=batch_id)
    for begin in range(0, len(trial_ids), TRIALS_AT_ONCE):
        progress(STAGE, done=begin, total=len(trial_ids))
        # the lock is taken before reading, so that no decision of a person falls in between
        with store.curation.write():
            check_lease()
            for trial_id in trial_ids[begin : begin + TRIALS_AT_ONCE]:
                curate_trial(store, dataset, trial_id)
    progress(STAGE, done=len(trial_ids), total=len(trial_ids))


def curate_trial(store: Store, dataset: Dataset, trial_id: int) -> None:
    """Bring the hints and findings of one trial up to date."""
    proposals = store.curation.list_proposals(trial_id)
    attempts = {attempt.id: attempt for attempt in store.traces.list_attempts(trial_id)}
    quotable = {
        attempt_id: QuotableAttempt(attempt_id, store.traces.load_messages(attempts[attempt_id].conversation_id))
        for attempt_id in {proposal.attempt_id for proposal in proposals}
    }
    trial = store.traces.get_trial(trial_id)
    known = store.curation.list_hints(trial_id)
    hints = build_hints(
        proposals,
        trial_id=trial_id,
        trial_key=f"{dataset.key} {trial.number}",
        attempts=quotable,
        known=known,
    )
    findings = check_hints(hints, outcomes={attempt.id: attempt.outcome for attempt in attempts.values()})
    store.curation.replace_hints(trial_id, hints=hints, findings=findings)
    is_new = {hint.id for hint in hints if hint.state is HintState.PROPOSED} - {hint.id for hint in known}
    if trial.status is TrialStatus.APPROVED and is_new:
        message = f"{len(is_new)} new proposals came after the approval; they are not published."
        store.curation.add_trial_finding(trial_id, code="new-proposals", severity=Severity.WARN, message=message)
