"""Aggregation and checks of a dataset's trials, in portions. Idempotent: run it as often as you like.

What is slow is worked out before the write lock is taken; a trial that changed meanwhile is worked out again.
"""

from collections.abc import Callable, Iterator

from core.curation.counting import count_repeated
from core.curation.pool import choose_processes, open_pool
from core.curation.working_out import Curated, TrialCurator
from core.models import Dataset, Finding, Severity
from core.progress import Progress, no_progress
from core.store import Store

TRIALS_AT_ONCE = 10
"""Written in one transaction: few enough that nobody waits long for the write lock."""
STAGE = "aggregating and checking"


def curate_dataset(
    store: Store,
    dataset: Dataset,
    *,
    batch_id: int | None = None,
    progress: Progress = no_progress,
    check_lease: Callable[[], None] = lambda: None,
    processes: int | None = None,
) -> None:
    """Bring the hints and findings of all extracted trials up to date.

    Args:
        store: Where proposals, hints and findings are.
        dataset: Its trials are curated.
        batch_id: Only trials that this batch made proposals for.
        progress: Trials done.
        check_lease: Called before every write; raises when another worker took over.
        processes: That work trials out; the result is the same. 1 means this one, None as many as are worth it.

    Raises:
        ProcessLostError: One of them was ended from outside; the next run does the rest.
        JobStopped: Somebody asked for it; the next run does the rest.
    """
    trial_ids = store.curation.list_extracted_trials(dataset.id, batch_id=batch_id)
    portions = [trial_ids[begin : begin + TRIALS_AT_ONCE] for begin in range(0, len(trial_ids), TRIALS_AT_ONCE)]
    curator = TrialCurator(store, dataset)
    processes = processes or choose_processes(len(trial_ids))
    with open_pool(store.home, dataset, portions, processes=processes) as worked_out:
        for place, portion in enumerate(portions):
            progress(STAGE, done=place * TRIALS_AT_ONCE, total=len(trial_ids))
            curated = next(worked_out) or [curator.work_out(trial_id) for trial_id in portion]
            with store.curation.write():
                check_lease()
                for item in curated:
                    # the lock is held now: no decision of a person can fall in between any more
                    is_current = store.traces.get_trial(item.trial_id).version == item.version
                    _save(store, item if is_current else curator.work_out(item.trial_id))
    if trial_ids:
        count_repeated(store, dataset.id, check_lease=check_lease)
    progress(STAGE, done=len(trial_ids), total=len(trial_ids))


def _save(store: Store, item: Curated) -> None:
    """What did not change is not written again."""
    now = [finding for finding in store.curation.list_findings(item.trial_id) if finding.hint_id is not None]
    if item.are_hints_new or set(_iterate_keys(item.findings)) != set(_iterate_keys(now)):
        store.curation.replace_hints(item.trial_id, hints=item.hints, findings=item.findings)
    if item.new_after_approval:
        message = f"{item.new_after_approval} new proposals came after the approval; they are not published."
        store.curation.add_trial_finding(item.trial_id, code="new-proposals", severity=Severity.WARN, message=message)


def _iterate_keys(findings: list[Finding]) -> Iterator[tuple[str | None, str, str, str]]:
    return ((item.hint_id, item.code, item.message, item.place) for item in findings)
