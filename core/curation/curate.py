"""Aggregation and checks of a dataset's trials, in portions. Idempotent: run it as often as you like.

What is slow is worked out before the write lock is taken; a trial that changed meanwhile is worked out again.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from core.curation.aggregation import build_hints
from core.curation.checks import check_hints
from core.curation.counting import count_repeated
from core.curation.trial_loading import TraceReader, load_context
from core.models import Dataset, Finding, Hint, HintState, Severity, TrialStatus
from core.progress import Progress, no_progress
from core.store import Store

TRIALS_AT_ONCE = 10
"""Written in one transaction: few enough that nobody waits long for the write lock."""
STAGE = "aggregating and checking"


class _Curated(NamedTuple):
    """What a trial's hints and findings should be, and the version of the trial that this was worked out for."""

    trial_id: int
    version: int
    known: list[Hint]
    hints: list[Hint]
    findings: list[Finding]
    is_approved: bool


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
    curator = _Curator(store, dataset)
    for begin in range(0, len(trial_ids), TRIALS_AT_ONCE):
        progress(STAGE, done=begin, total=len(trial_ids))
        curated = [curator.work_out(trial_id) for trial_id in trial_ids[begin : begin + TRIALS_AT_ONCE]]
        with store.curation.write():
            check_lease()
            for item in curated:
                # the lock is held now: no decision of a person can fall in between any more
                is_current = store.traces.get_trial(item.trial_id).version == item.version
                curator.save(item if is_current else curator.work_out(item.trial_id))
    if trial_ids:
        count_repeated(store, dataset.id, check_lease=check_lease)
    progress(STAGE, done=len(trial_ids), total=len(trial_ids))


class _Curator:
    """Works out and saves one trial at a time."""

    def __init__(self, store: Store, dataset: Dataset) -> None:
        self._store = store
        self._dataset = dataset
        self._reader = TraceReader(store)
        self._repeated: Mapping[str, int] = store.repeated.list_counts(dataset.id)

    def work_out(self, trial_id: int) -> _Curated:
        """Only reads."""
        store = self._store
        # the version is read first: a decision that comes after it is noticed
        trial = store.traces.get_trial(trial_id)
        known = store.curation.list_hints(trial_id)
        attempts = self._reader.load_attempts(trial_id)
        proposals = store.curation.list_proposals(trial_id)
        quoted = {proposal.attempt_id for proposal in proposals}
        hints = build_hints(
            proposals,
            trial_id=trial_id,
            trial_key=f"{self._dataset.key} {trial.number}",
            attempts={attempt_id: attempts[attempt_id].quotable for attempt_id in quoted},
            known=known,
            mended=store.decisions.list_decided_by(trial_id, ("use quote", "add quote", "merge")),
            keep_order=bool(store.decisions.list_decided_by(trial_id, ("move", "change kind"))),
        )
        findings = check_hints(load_context(trial, hints, attempts, repeated=self._repeated))
        return _Curated(trial_id, trial.version, known, hints, findings, trial.status is TrialStatus.APPROVED)

    def save(self, item: _Curated) -> None:
        """What did not change is not written again."""
        store = self._store
        now = [finding for finding in store.curation.list_findings(item.trial_id) if finding.hint_id is not None]
        if item.hints != item.known or set(_iterate_keys(item.findings)) != set(_iterate_keys(now)):
            store.curation.replace_hints(item.trial_id, hints=item.hints, findings=item.findings)
        is_new = {hint.id for hint in item.hints if hint.state is HintState.PROPOSED} - {it.id for it in item.known}
        if item.is_approved and is_new:
            message = f"{len(is_new)} new proposals came after the approval; they are not published."
            code = "new-proposals"
            store.curation.add_trial_finding(item.trial_id, code=code, severity=Severity.WARN, message=message)


def _iterate_keys(findings: list[Finding]) -> Iterator[tuple[str | None, str, str, str]]:
    return ((item.hint_id, item.code, item.message, item.place) for item in findings)
