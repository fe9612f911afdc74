"""How the worker does one job: which stage it calls, what is shown meanwhile, and how the end is noted."""

import logging
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

from core import pipeline
from core.curation.carry_job import run_carrying
from core.errors import (
    JobParked,
    JobPostponed,
    JobStopped,
    TraceHintsError,
    WorkerReplaced,
    WorkspaceBusyError,
    WorkspaceFullError,
)
from core.extraction.batch_policy import BatchPolicy
from core.heart import Heart
from core.models import Job, JobKind, JobState
from core.progress import Progress
from core.settings import LOG_NAME, Settings
from core.store import Store

REPORT_SECONDS = 0.2
AGAIN_SECONDS = 1.0
BUSY_SECONDS = 5.0
"""How long a job is left alone that another program kept from writing."""

T = TypeVar("T")
logger = logging.getLogger(__name__)


def run_job(store: Store, job: Job, settings: Settings, heart: Heart, policy: BatchPolicy | None) -> None:
    """Do one job and note how it ended, unless it goes on in another worker.

    Args:
        store: The worker's own.
        job: A queued one.
        settings: Of the workspace.
        heart: Of the worker.
        policy: For batches that are answered elsewhere; None means the defaults.
    """
    if not insist(lambda: store.jobs.start_job(job.id), heart):
        return  # paused or cancelled in this very moment

    def check_lease() -> None:
        if heart.lost.is_set():
            raise WorkerReplaced("Another worker took over.")
        store.leases.check(heart.epoch)

    end = _do_job(store, job, settings, heart, check_lease, policy)
    if end is not None:
        # nobody else may take the job up before this is noted, or it would be done again and again
        insist(lambda: _note_end(store, job, end), heart)


def insist(write: Callable[[], T], heart: Heart) -> T | None:
    """What a write gives, tried until there is room and nobody else holds the file; None if the lease was lost."""
    while not heart.lost.is_set():
        try:
            return write()
        except (WorkspaceFullError, WorkspaceBusyError) as error:
            logger.warning("a write has to wait: %s", error)
            time.sleep(AGAIN_SECONDS)
    return None


class _End(NamedTuple):
    """How a job ended."""

    state: JobState
    reason: str | None = None
    error_code: int | None = None
    result: str | None = None
    wait_seconds: float | None = None
    """How long a job that goes on by itself is left alone."""


def _note_end(store: Store, job: Job, end: _End) -> None:
    if end.wait_seconds is not None:
        store.jobs.postpone_job(job.id, seconds=end.wait_seconds)
        return
    with store.jobs.write():
        # what a person did in the last moment counts
        is_settled = end.state in (JobState.FINISHED, JobState.CANCELLED)
        if not is_settled and store.jobs.find_wanted(job.id) is JobState.CANCELLED:
            end = _End(JobState.CANCELLED, reason="Cancelled by a person.")
        elif end.state is JobState.FINISHED and _has_more_to_do(store, job):
            end = _End(store.jobs.find_wanted(job.id) or JobState.QUEUED)
        store.jobs.finish_job(job.id, end.state, reason=end.reason, error_code=end.error_code, result=end.result)


def _has_more_to_do(store: Store, job: Job) -> bool:
    """True if what had failed was asked for again while the rest was answered."""
    batch = store.batches.find_batch_of_job(job.id)
    return batch is not None and batch.config.way == "live" and store.batches.count_requests(batch.id).pending > 0


def _do_job(
    store: Store,
    job: Job,
    settings: Settings,
    heart: Heart,
    check_lease: Callable[[], None],
    policy: BatchPolicy | None,
) -> _End | None:
    """How the job ended; None if it goes on in another worker."""
    try:
        progress = _build_progress(store, job, heart, check_lease)
        result = _execute(store, job, settings, progress, check_lease, policy)
        check_lease()
        return _End(JobState.FINISHED, result=result)
    except WorkerReplaced:
        logger.warning("job %s goes on in another worker", job.id)
        return None
    except JobPostponed as error:
        return _End(JobState.QUEUED, wait_seconds=error.seconds)
    except WorkspaceBusyError as error:
        logger.warning("job %s goes on when the workspace is free: %s", job.id, error)
        return _End(JobState.QUEUED, wait_seconds=BUSY_SECONDS)
    except JobParked as error:
        return _End(store.jobs.find_wanted(job.id) or JobState.PAUSED, reason=str(error))
    except JobStopped as error:
        # a hand-over is no pause: the next worker goes on by itself
        state = store.jobs.find_wanted(job.id) or JobState.QUEUED
        return _End(state, reason=None if state is JobState.QUEUED else str(error))
    except TraceHintsError as error:
        return _End(JobState.STOPPED, reason=str(error), error_code=error.exit_code)
    except Exception as error:
        logger.exception("job %s failed", job.id)
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        reason = (
            f"An error in the program ({type(error).__name__} at {where}): {error}. The traceback is in {LOG_NAME}."
        )
        return _End(JobState.STOPPED, reason=reason, error_code=1)


def _build_progress(store: Store, job: Job, heart: Heart, check_lease: Callable[[], None]) -> Progress:
    last_stage, last_time = "", 0.0

    def progress(stage: str, *, done: int = 0, total: int | None = None, failed: int = 0) -> None:
        nonlocal last_stage, last_time
        check_lease()
        wanted = store.jobs.find_wanted(job.id)
        if wanted is not None:
            raise JobStopped(f"{wanted.value.capitalize()} by a person.")
        if heart.should_leave.is_set() and job.kind is JobKind.EXTRACT:
            raise JobStopped("Handed over to a worker with the present settings.")
        if stage != last_stage or time.monotonic() - last_time >= REPORT_SECONDS or done == total:
            # while another program holds the file, the work goes on and what is shown is a little older
            with suppress(WorkspaceBusyError):
                store.jobs.save_progress(job.id, stage=stage, done=done, total=total, failed=failed)
            last_stage, last_time = stage, time.monotonic()

    return progress


def _execute(
    store: Store,
    job: Job,
    settings: Settings,
    progress: Progress,
    check_lease: Callable[[], None],
    policy: BatchPolicy | None,
) -> str | None:
    """What the job leaves, as JSON."""
    if job.kind is JobKind.IMPORT:
        params = pipeline.ImportParams.model_validate_json(job.params)
        return str(pipeline.run_import(store, params, progress=progress).model_dump_json())
    if job.kind is JobKind.PREVIEW:
        return str(pipeline.run_previewing(store, job, settings=settings, progress=progress).model_dump_json())
    if job.kind is JobKind.PUBLISH:
        return str(pipeline.run_publishing(store, job, settings=settings, progress=progress).model_dump_json())
    if job.kind is JobKind.CARRY_OVER:
        return str(run_carrying(store, job, progress=progress, check_lease=check_lease).model_dump_json())
    if job.kind is JobKind.WIND_UP:
        pipeline.run_winding_up(
            store, job, settings=settings, progress=progress, check_lease=check_lease, policy=policy
        )
        return None
    return pipeline.run_extraction(
        store, job, settings=settings, progress=progress, check_lease=check_lease, policy=policy
    )
