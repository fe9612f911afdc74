"""Runs a batch with either extractor. One attempt that fails is a row with its reason, and the batch goes on."""

import asyncio
from collections.abc import Callable
from contextlib import closing

from core.extraction.attempt import load_trial_inputs
from core.extraction.batch_policy import BatchPolicy
from core.extraction.retry import RetryPolicy
from core.extraction.rules import RULES_VERSION, extract_trial_by_rules
from core.models import AttemptHints, Extractor
from core.progress import Progress
from core.settings import Settings
from core.store import Store
from core.store.batch_models import Answer, Batch

PORTION = 50
STAGE = "extracting"


def run_batch(
    store: Store,
    batch: Batch,
    *,
    settings: Settings,
    progress: Progress,
    check_lease: Callable[[], None],
    retry: RetryPolicy | None = None,
    policy: BatchPolicy | None = None,
) -> str | None:
    """Answer every pending request of a batch; those that fail are rows with a reason.

    Args:
        store: Used by this call alone while it runs.
        batch: With its requests already in the store.
        settings: Key and address of the model's server.
        progress: Real counts; raises when a person wants a pause or a cancel.
        check_lease: Called inside every write; raises when another worker took over.
        retry: How often and how long to wait; None means the defaults.
        policy: For the ways that are not live; None means the defaults.

    Returns:
        For the way `files`, what was found in the results, as JSON (`ResultTally`).

    Raises:
        ModelServerError: The key was refused, the model is unknown, the budget is spent or the server unreachable.
        JobStopped: Paused, cancelled or taken over; parked while a person runs files, postponed while a server does.
        UsageError: No server is set, or a budget without a known price.
    """
    store.batches.ensure_requests(batch.id)
    if batch.extractor is Extractor.RULES:
        _run_rules(store, batch, progress, check_lease)
        return None
    if batch.config.way != "live":
        return _run_elsewhere(
            store,
            batch,
            settings=settings,
            progress=progress,
            check_lease=check_lease,
            policy=policy or BatchPolicy(),
        )
    # the model's client takes a second to load, and whoever only extracts by rules never needs it
    from core.extraction.llm_run import LlmRun

    run = LlmRun(
        store=store,
        batch=batch,
        settings=settings,
        report=lambda: _report(store, batch, progress),
        check_lease=check_lease,
        retry=retry or RetryPolicy(),
    )
    asyncio.run(run.run())
    _report(store, batch, progress)
    return None


def _run_elsewhere(
    store: Store,
    batch: Batch,
    *,
    settings: Settings,
    progress: Progress,
    check_lease: Callable[[], None],
    policy: BatchPolicy,
) -> str | None:
    if batch.config.way == "files":
        from core.extraction.files_run import FilesRun

        files = FilesRun(store, batch, settings=settings, progress=progress, check_lease=check_lease, policy=policy)
        return files.run().model_dump_json()
    from core.extraction.batch_api_run import BatchApiRun

    run = BatchApiRun(store, batch, settings=settings, progress=progress, check_lease=check_lease, policy=policy)
    with closing(run):
        run.run()
    return None


def wind_up_batch(
    store: Store,
    batch: Batch,
    *,
    settings: Settings,
    progress: Progress,
    check_lease: Callable[[], None],
    policy: BatchPolicy | None = None,
) -> None:
    """Cancel what a server's Batch API still has of a cancelled batch, and save what it answered till then.

    Raises:
        ModelServerError: The server refuses, or was away for days.
        JobPostponed: It is not over yet.
        UsageError: No server is set.
    """
    from core.extraction.batch_api_run import BatchApiRun

    run = BatchApiRun(
        store,
        batch,
        settings=settings,
        progress=progress,
        check_lease=check_lease,
        policy=policy or BatchPolicy(),
    )
    with closing(run):
        run.wind_up()


def _run_rules(store: Store, batch: Batch, progress: Progress, check_lease: Callable[[], None]) -> None:
    after = 0
    while pending := store.answers.list_pending(batch.id, after=after, limit=PORTION):
        after = pending[-1].id
        found = _read_by_rules(store, [request.attempt_id for request in pending])
        answers = [
            Answer(
                request_id=request.id,
                attempt_id=request.attempt_id,
                body_hash=None,
                replies=[],
                content=found[request.attempt_id].model_dump_json(),
                sent=0,
                hints=len(found[request.attempt_id].hints),
            )
            for request in pending
        ]
        with store.answers.write():
            # not before it: the wait for the lock may be the very moment of a take-over
            check_lease()
            store.answers.save_answers(batch, answers, prompt_version=RULES_VERSION)
        _report(store, batch, progress)


def _read_by_rules(store: Store, attempt_ids: list[int]) -> dict[int, AttemptHints]:
    """What these attempts show, each compared with the others of its trial."""
    by_trial: dict[int, list[int]] = {}
    for attempt_id in attempt_ids:
        by_trial.setdefault(store.traces.get_attempt(attempt_id).trial_id, []).append(attempt_id)
    found: dict[int, AttemptHints] = {}
    for trial_id, wanted in by_trial.items():
        found |= extract_trial_by_rules(load_trial_inputs(store, trial_id, wanted=wanted), wanted=wanted)
    return found


def _report(store: Store, batch: Batch, progress: Progress) -> None:
    counts = store.batches.count_requests(batch.id)
    progress(STAGE, done=counts.done + counts.failed, total=counts.total, failed=counts.failed)
