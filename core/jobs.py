"""For whoever waits for a job of the worker: start it, watch its real progress, and learn how it ended."""

import time
from collections.abc import Callable

from core.errors import JobStopped, WorkspaceError
from core.models import Job, JobState
from core.settings import LOG_NAME, Settings
from core.store import open_store
from core.worker import ensure_worker

POLL_SECONDS = 0.1
PATIENCE_SECONDS = 60.0
"""A job that waits so long for a worker waits in vain."""


def wait_for_job(settings: Settings, job_id: int, *, show: Callable[[Job], None]) -> Job:
    """The job, once it is finished.

    Args:
        settings: Of the workspace that the job is in.
        job_id: The job.
        show: Called with the job as it stands, several times a second.

    Raises:
        JobStopped: It was stopped, paused or cancelled; `exit_code` and message are the job's.
        WorkspaceError: No worker could be started.
    """
    ensure_worker(settings, replace=True)
    queued_since = time.monotonic()
    while True:
        with open_store(settings.home) as store:
            job = store.jobs.get_job(job_id)
        show(job)
        if job.state is JobState.FINISHED:
            return job
        if job.is_over:
            error = JobStopped(job.reason or f"The job was {job.state}.")
            error.exit_code = job.error_code or 1
            raise error
        if job.state is JobState.RUNNING:
            queued_since = time.monotonic()
        elif time.monotonic() - queued_since > PATIENCE_SECONDS and not _is_anyone_working(settings):
            raise WorkspaceError(f"No worker could be started. {settings.home / LOG_NAME} says why.")
        ensure_worker(settings)
        time.sleep(POLL_SECONDS)


def pause_and_wait(settings: Settings, job_id: int) -> None:
    """Pause a job and wait until nothing of it is under way any more; what is in flight is saved."""
    with open_store(settings.home) as store:
        store.jobs.pause_job(job_id)
    wait_until_over(settings, job_id)


def wait_until_over(settings: Settings, job_id: int) -> None:
    """Wait for a job that somebody asked to pause or to end, also if its worker died."""
    while True:
        with open_store(settings.home) as store:
            if store.jobs.get_job(job_id).is_over:
                return
            lease = store.leases.find_lease()
            if lease is None or not lease.is_live(time.time()):
                # the worker died: nobody else would ever settle it
                store.jobs.finish_job(job_id, store.jobs.find_wanted(job_id) or JobState.PAUSED)
                return
        time.sleep(POLL_SECONDS)


def _is_anyone_working(settings: Settings) -> bool:
    with open_store(settings.home) as store:
        lease = store.leases.find_lease()
    return lease is not None and lease.is_live(time.time())
