"""Runs jobs outside the browser and outside the command that asked for them. One worker per workspace, by a lease.

It survives the tab, the session and the server, ends itself after a minute without work or when its workspace is gone,
and is replaced when code, schema or settings have changed. Whoever creates a job calls `ensure_worker` after it.
"""

import gc
import hashlib
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import uuid4

from core.errors import WorkspaceBusyError, WorkspaceFullError
from core.extraction.batch_policy import BatchPolicy
from core.heart import HEARTBEAT_SECONDS, Heart
from core.job_run import insist, run_job
from core.settings import LOG_NAME, PROJECT_ROOT, Settings, build_worker_environment, export_hub_settings
from core.store import Store, open_store
from core.store.database import FILE_NAME

POLL_SECONDS = 0.1
IDLE_SECONDS = 60.0
TAKE_OVER_SECONDS = 30.0
PATIENCE_SECONDS = 0.25
"""How long to wait for the write lock before a take-over: a heartbeat that waited longer is not a dead one's."""

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
    relax_collector()
    with open_store(settings.home) as store:
        epoch = _acquire(store, settings)
        if epoch is None:
            return
        heart = Heart(settings, epoch)
        heart.start()
        try:
            insist(store.jobs.requeue_running, heart)
            _work(store, settings, heart, idle_seconds, policy)
        finally:
            heart.stop()
            if (settings.home / FILE_NAME).exists():
                # else it ends by itself, a few seconds later
                with suppress(WorkspaceBusyError, WorkspaceFullError):
                    store.leases.release(epoch)


def relax_collector() -> None:
    """Look for garbage cycles less often: a batch makes thousands of short-lived objects a second and hardly any cycle.

    It saves about 5 % of the CPU time of an attempt and takes no memory that can be measured.
    """
    gc.set_threshold(50_000, 20, 20)


def _acquire(store: Store, settings: Settings) -> int | None:
    fingerprint = build_fingerprint(settings)
    deadline = time.monotonic() + TAKE_OVER_SECONDS
    while time.monotonic() < deadline:
        try:
            epoch = store.leases.acquire(
                owner=str(uuid4()),
                pid=os.getpid(),
                fingerprint=fingerprint,
                clock=time.time,
                patience_seconds=PATIENCE_SECONDS,
            )
        except WorkspaceBusyError:
            # whoever holds the file keeps the owner's heartbeat waiting, too: that one goes first
            time.sleep(2 * HEARTBEAT_SECONDS)
            continue
        lease = store.leases.find_lease()
        if epoch is not None or (lease is not None and lease.fingerprint == fingerprint and not lease.should_leave):
            return epoch
        time.sleep(POLL_SECONDS)
    return None


def _work(store: Store, settings: Settings, heart: Heart, idle_seconds: float, policy: BatchPolicy | None) -> None:
    idle_since = time.monotonic()
    while not heart.lost.is_set():
        if heart.should_leave.is_set():
            return
        job = store.jobs.find_next_job()
        if job is not None:
            run_job(store, job, settings, heart, policy)
            idle_since = time.monotonic()
        elif time.monotonic() - idle_since > idle_seconds and insist(
            lambda: store.leases.release_if_idle(heart.epoch), heart
        ):
            return
        else:
            time.sleep(POLL_SECONDS)
