"""Runs jobs outside the browser and outside the command that asked for them. One worker per workspace, by a lease.

It survives the tab, the session and the server, ends itself after a minute without work or when its workspace is gone,
and is replaced when code, schema or settings have changed. Whoever creates a job calls `ensure_worker` after it.
"""

import hashlib
import logging
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from core import pipeline
from core.errors import (
    JobParked,
    JobPostponed,
    JobStopped,
    TraceHintsError,
    WorkerReplaced,
    WorkspaceFullError,
)
from core.extraction.batch_policy import BatchPolicy
from core.models import Job, JobKind, JobState
from core.progress import Progress
from core.settings import PROJECT_ROOT, Settings, build_worker_environment, export_hub_settings
from core.store import Store, open_store
from core.store.database import FILE_NAME
from core.store.lease import LEASE_SECONDS

HEARTBEAT_SECONDS = 0.5
POLL_SECONDS = 0.1
IDLE_SECONDS = 60.0
REPORT_SECONDS = 0.2
FULL_SECONDS = 1.0
TAKE_OVER_SECONDS = 30.0
LOG_NAME = "worker.log"

logger = logging.getLogger(__name__)
_started: list[subprocess.Popen[bytes]] = []


def ensure_worker(settings: Settings, *, replace: bool = False) -> None:
    """Start a worker process unless one is at work or there is nothing to do. Returns at once; idempotent.

    Args:
        settings: Of the workspace, and what a new worker gets to know.
        replace: Take over from a worker with other code or settings. For whoever starts work; who only watches must
            not, or two watchers with different keys would take the work from each other without end.
    """
    _started[:] = [process for process in _started if process.poll() is None]
    fingerprint = build_fingerprint(settings)
    with open_store(settings.home) as store:
        if not store.jobs.has_work():
            return
        lease = store.leases.find_lease()
        if lease is not None and lease.is_live(time.time()):
            if lease.fingerprint == fingerprint or not replace:
                return
            store.leases.ask_to_leave(lease.epoch)
    if any(process.args == _build_command(settings) for process in _started):
        return
    with (settings.home / LOG_NAME).open("ab") as log:
        process = subprocess.Popen(
            _build_command(settings),
            cwd=PROJECT_ROOT,
            env=build_worker_environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _started.append(process)


def _hand_over_if_changed(settings: Settings) -> None:
    """Ask a worker with other code or settings to leave. Call before a job is queued: it must not take that job."""
    with open_store(settings.home) as store:
        lease = store.leases.find_lease()
        if lease is not None and lease.is_live(time.time()) and lease.fingerprint != build_fingerprint(settings):
            store.leases.ask_to_leave(lease.epoch)


@contextmanager
def queueing(settings: Settings) -> Iterator[Store]:
    """A store in which work may be queued; a worker with the present code and settings takes it, and no older one."""
    _hand_over_if_changed(settings)
    with open_store(settings.home) as store:
        yield store
    ensure_worker(settings, replace=True)


def _build_command(settings: Settings) -> list[str]:
    # the fingerprint stands in the command so that a second start with the same settings is recognised
    return [sys.executable, "-m", "core", "worker", "--fingerprint", build_fingerprint(settings)[:12]]


def build_fingerprint(settings: Settings) -> str:
    """SHA-256 over code and settings. Keys go in only through the hash, and only for this comparison."""
    digest = hashlib.sha256()
    for path in sorted((PROJECT_ROOT / "core").rglob("*.py")):
        stat = path.stat()
        digest.update(f"{path.relative_to(PROJECT_ROOT)} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    for secret in (settings.openai_api_key, settings.hf_token):
        digest.update(hashlib.sha256((secret.get_secret_value() if secret else "").encode()).digest())
    digest.update(f"{settings.home} {settings.openai_base_url} {settings.hf_endpoint}".encode())
    return digest.hexdigest()


def run_worker(settings: Settings, *, idle_seconds: float = IDLE_SECONDS, policy: BatchPolicy | None = None) -> None:
    """Take the lease and work until there is nothing left to do; return at once if somebody else works.

    Args:
        settings: Of the workspace.
        idle_seconds: How long to stay without work.
        policy: For batches that are answered elsewhere; None means the defaults.
    """
    export_hub_settings(settings)
    with open_store(settings.home) as store:
        epoch = _acquire(store, settings)
        if epoch is None:
            return
        heart = _Heart(settings, epoch)
        heart.start()
        try:
            store.jobs.requeue_running()
            _work(store, settings, heart, idle_seconds, policy)
        finally:
            heart.stop()
            if (settings.home / FILE_NAME).exists():
                store.leases.release(epoch)


def _acquire(store: Store, settings: Settings) -> int | None:
    fingerprint = build_fingerprint(settings)
    deadline = time.monotonic() + TAKE_OVER_SECONDS
    while time.monotonic() < deadline:
        epoch = store.leases.acquire(owner=str(uuid4()), pid=os.getpid(), fingerprint=fingerprint, now=time.time())
        lease = store.leases.find_lease()
        if epoch is not None or (lease is not None and lease.fingerprint == fingerprint and not lease.should_leave):
            return epoch
        time.sleep(POLL_SECONDS)
    return None


class _Heart(threading.Thread):
    """Renews the lease on a connection of its own, whatever the worker is busy with."""

    def __init__(self, settings: Settings, epoch: int) -> None:
        super().__init__(daemon=True, name="heartbeat")
        self.epoch = epoch
        self.lost = threading.Event()
        self.should_leave = threading.Event()
        self._home = settings.home
        self._stopped = threading.Event()
        self._beaten_at = time.monotonic()

    def run(self) -> None:
        while not self._stopped.wait(HEARTBEAT_SECONDS):
            if not (self._home / FILE_NAME).exists():
                self.lost.set()
                return
            try:
                if not self._beat():
                    self.lost.set()
                    return
            except WorkspaceFullError as error:
                # taking over is a write, too: as long as there is no room, nobody else can
                logger.warning("there is no room for the heartbeat: %s", error)
            except Exception as error:
                # whatever it is: a heart that dies in silence would leave a worker that nobody can trust
                logger.warning("the heartbeat cannot be written: %s", error)
                if time.monotonic() - self._beaten_at > LEASE_SECONDS:
                    # somebody else may have taken over by now
                    self.lost.set()
                    return

    def _beat(self) -> bool:
        """True if the lease is still ours."""
        with open_store(self._home) as store:
            if not store.leases.renew(self.epoch, now=time.time()):
                return False
            lease = store.leases.find_lease()
            if lease is not None and lease.should_leave:
                self.should_leave.set()
        self._beaten_at = time.monotonic()
        return True

    def stop(self) -> None:
        self._stopped.set()
        self.join(timeout=10)


def _work(store: Store, settings: Settings, heart: _Heart, idle_seconds: float, policy: BatchPolicy | None) -> None:
    idle_since = time.monotonic()
    while not heart.lost.is_set():
        if heart.should_leave.is_set():
            return
        job = store.jobs.find_next_job()
        if job is not None:
            _run_job(store, job, settings, heart, policy)
            idle_since = time.monotonic()
        elif time.monotonic() - idle_since > idle_seconds and store.leases.release_if_idle(heart.epoch):
            return
        else:
            time.sleep(POLL_SECONDS)


def _run_job(store: Store, job: Job, settings: Settings, heart: _Heart, policy: BatchPolicy | None) -> None:
    if not store.jobs.start_job(job.id):
        return  # paused or cancelled in this very moment

    def check_lease() -> None:
        if heart.lost.is_set():
            raise WorkerReplaced("Another worker took over.")
        store.leases.check(heart.epoch)

    end = _do_job(store, job, settings, heart, check_lease, policy)
    while end is not None and not heart.lost.is_set():
        try:
            _note_end(store, job, end)
            return
        except WorkspaceFullError as error:
            # nobody else may take the job up before this is noted, or it would be done again and again
            logger.warning("how job %s ended cannot be noted: %s", job.id, error)
            time.sleep(FULL_SECONDS)


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
        if end.state is not JobState.FINISHED and store.jobs.find_wanted(job.id) is JobState.CANCELLED:
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
    heart: _Heart,
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


def _build_progress(store: Store, job: Job, heart: _Heart, check_lease: Callable[[], None]) -> Progress:
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
    if job.kind is JobKind.PUBLISH:
        return str(pipeline.run_publishing(store, job, settings=settings, progress=progress).model_dump_json())
    if job.kind is JobKind.WIND_UP:
        pipeline.run_winding_up(
            store, job, settings=settings, progress=progress, check_lease=check_lease, policy=policy
        )
        return None
    return pipeline.run_extraction(
        store, job, settings=settings, progress=progress, check_lease=check_lease, policy=policy
    )
