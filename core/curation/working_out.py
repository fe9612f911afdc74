"""What a trial's hints and findings should be, worked out from what is in the store. Only reads."""

from collections.abc import Mapping
from typing import NamedTuple

from core.curation.aggregation import build_hints
from core.curation.checks import check_hints
from core.curation.trial_loading import TraceReader, load_context
from core.models import Dataset, Finding, Hint, HintState, TrialStatus
from core.store import Store


class Curated(NamedTuple):
    """What a trial's hints and findings should be, and the version of the trial that this was worked out for."""

    trial_id: int
    version: int
    hints: list[Hint]
    findings: list[Finding]
    are_hints_new: bool
    """True if they are not the ones that the trial has."""
    new_after_approval: int
    """Proposed hints that the trial had not when a person approved it."""


class TrialCurator:
    """Works out one trial of a dataset at a time."""

    def __init__(self, store: Store, dataset: Dataset) -> None:
        """The counts over the whole dataset are read at once, everything else when it is needed."""
        self._store = store
        self._dataset = dataset
        self._reader = TraceReader(store)
        self._repeated: Mapping[str, int] = store.repeated.list_counts(dataset.id)

    def work_out(self, trial_id: int) -> Curated:
        """What should be saved of a trial."""
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
        is_approved = trial.status is TrialStatus.APPROVED
        new = {hint.id for hint in hints if hint.state is HintState.PROPOSED} - {hint.id for hint in known}
        return Curated(trial_id, trial.version, hints, findings, hints != known, len(new) if is_approved else 0)
