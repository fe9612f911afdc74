"""What a person may do with a batch that was launched: the one door for the page and the command line.

All of it is idempotent. `cancelled` is final: nothing here changes such a batch.
"""

from collections.abc import Mapping

from core.errors import UsageError
from core.extraction.launch import check_budget, describe_change
from core.models import Job, JobState
from core.settings import Settings
from core.store import Store
from core.store.batch_models import Batch, BatchConfig
from core.store.limits import LIMITS

NAMED = 10
_LIMITS = {
    "budget_usd": "a budget of",
    "max_rpm": "requests a minute:",
    "max_tpm": "tokens a minute:",
    "batch_size": "requests at once:",
}


def get_batch(store: Store, number: int) -> Batch:
    """A batch by its number.

    Raises:
        UsageError: There is none; the message names those that there are.
    """
    try:
        return store.batches.get_batch(number)
    except LookupError:
        raise UsageError(f"There is no batch {number}. {_name_batches(store)}") from None


def pause_batch(store: Store, number: int) -> None:
    """Ask for a pause; what is in flight is waited for. A batch that is over stays as it is.

    Raises:
        UsageError: There is no such batch.
    """
    store.jobs.pause_job(get_batch(store, number).job_id)


def cancel_batch(store: Store, number: int) -> None:
    """Ask for the end, which is final; what was answered is kept. A finished batch stays as it is.

    Raises:
        UsageError: There is no such batch.
    """
    store.jobs.cancel_job(get_batch(store, number).job_id)


def resume_batch(store: Store, number: int, *, limits: Mapping[str, object] | None = None) -> str | None:
    """Go on with a paused or stopped batch; one that runs or is finished stays as it is.

    Args:
        store: Of the workspace.
        number: Of the batch.
        limits: Other limits from now on, by the names in `LIMITS`; what is not in it stays.

    Returns:
        The changed limits in words; None if none changed.

    Raises:
        UsageError: There is no such batch, it was cancelled, or the budget cannot be held.
    """
    with store.jobs.write():
        batch = get_batch(store, number)
        _check_not_cancelled(store, batch, "resumed")
        changed = change_limits(store, batch, batch.config.model_copy(update=limits))
        store.jobs.resume_job(batch.job_id)
        if changed:
            # what runs was begun with the limits before
            store.jobs.restart_job(batch.job_id)
    return changed


def change_limits(store: Store, batch: Batch, config: BatchConfig) -> str | None:
    """Give a batch the limits of a configuration from its next run on; what changed, in words, or None.

    Raises:
        UsageError: The budget cannot be held.
    """
    before, after = batch.config.model_dump(include=set(LIMITS)), config.model_dump(include=set(LIMITS))
    if before == after or store.jobs.get_job(batch.job_id).state is JobState.FINISHED:
        return None
    check_budget(batch.config.model_copy(update=after), is_launched=True)
    store.batches.change_limits(batch.id, config)
    changes = [
        f"{_LIMITS[name]} {_describe_limit(name, after[name])} instead of {_describe_limit(name, before[name])}"
        for name in LIMITS
        if before[name] != after[name]
    ]
    return f"Batch {batch.id} goes on with other limits: {', '.join(changes)}. What was spent counts on."


def retry_failed(store: Store, number: int) -> int:
    """Ask again what failed, and only that; how many requests that are.

    Raises:
        UsageError: There is no such batch, or it was cancelled; its failures stay as they are.
    """
    with store.jobs.write():
        batch = get_batch(store, number)
        _check_not_cancelled(store, batch, "retried")
        failed = store.answers.retry_failed(batch.id)
        if failed:
            store.jobs.requeue_job(batch.job_id)
    return failed


def list_changes(store: Store, settings: Settings) -> list[str]:
    """What is said where work is queued with another server or key than what waits or runs was answered with so far."""
    said = []
    for number in store.servers.list_waiting():
        changed = describe_change(store.batches.get_batch(number), settings)
        if changed is not None:
            said.append(f"Batch {number}: {changed}")
    return said


def get_state(store: Store, job: Job) -> JobState:
    """What a batch's job is, or is about to be because somebody asked for it."""
    return store.jobs.find_wanted(job.id) or job.state


def _check_not_cancelled(store: Store, batch: Batch, done: str) -> None:
    if get_state(store, store.jobs.get_job(batch.job_id)) is JobState.CANCELLED:
        raise UsageError(
            f"Batch {batch.id} was cancelled, which is final: it cannot be {done}. Launch a new batch over the failed "
            "attempts; what was answered is not sent again."
        )


def _name_batches(store: Store) -> str:
    batches = store.batches.list_batches(limit=NAMED)
    if not batches:
        return "None was launched yet; `extract` launches one."
    named = [f"{batch.id} ({store.jobs.get_job(batch.job_id).state})" for batch in batches]
    return f"The newest are: {', '.join(named)}."


def _describe_limit(name: str, value: float | None) -> str:
    if value is None:
        return "none"
    return f"${value:g}" if name == "budget_usd" else f"{value:,}"
