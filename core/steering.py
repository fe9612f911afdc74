"""What a person may do with a batch that was launched: the one door for the page and the command line.

All of it is idempotent. `cancelled` is final: nothing here changes such a batch.
"""

from core.errors import UsageError
from core.models import Job, JobState
from core.store import Store
from core.store.batch_models import Batch

NAMED = 10


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


def resume_batch(store: Store, number: int) -> None:
    """Go on with a paused or stopped batch; one that runs or is finished stays as it is.

    Raises:
        UsageError: There is no such batch, or it was cancelled.
    """
    with store.jobs.write():
        batch = get_batch(store, number)
        _check_not_cancelled(store, batch, "resumed")
        store.jobs.resume_job(batch.job_id)


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
