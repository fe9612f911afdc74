"""A job of the worker while it runs: polled from the store, never from a thread. Only real counts are shown."""

from collections.abc import Callable

import streamlit as st

from core.models import Job
from core.settings import load_settings
from core.worker import ensure_worker, queueing
from pages.shared.labels import JOBS
from pages.shared.problems import problems_kept, problems_shown, show_problem
from pages.shared.workspace import open_workspace

POLL_SECONDS = 1.0

Drawing = Callable[[Job], None]


def show_job(job: Job, draw: Drawing) -> None:
    """Draw a job; again and again while it runs, and the whole page anew when it ends.

    Args:
        job: As just read.
        draw: Draws the job as it stands.
    """
    if job.is_over:
        draw(job)
        return
    st.fragment(_poll, run_every=POLL_SECONDS)(job.id, draw)


def _poll(job_id: int, draw: Drawing) -> None:
    with problems_shown():
        settings = load_settings()
        ensure_worker(settings)
        with open_workspace() as store:
            job = store.jobs.get_job(job_id)
        if job.is_over:
            st.rerun()
        draw(job)


def show_progress(job: Job, *, noun: str = "") -> None:
    """Stage and counts; a bar only where the total is known.

    Args:
        job: As it stands.
        noun: What is counted, e.g. `rows`.
    """
    words = job.stage.capitalize() or JOBS[job.state].word
    failed = f", {job.failed:,} failed" if job.failed else ""
    if job.total:
        text = f"{words}: {job.done:,} of {job.total:,} {noun}".rstrip() + failed
        st.progress(min(job.done / job.total, 1.0), text=text)
    elif job.done:
        st.text(f"{words}: {job.done:,} {noun}".rstrip() + failed)
    else:
        st.text(words)


def show_state(job: Job) -> None:
    """The job's state as a badge."""
    label = JOBS[job.state]
    st.badge(label.word, icon=label.icon, color=label.color)  # type: ignore[arg-type]


def show_reason(job: Job) -> None:
    """Why a job ended early; nothing if it did not."""
    if job.reason:
        show_problem(job.reason)


def cancel_job(job_id: int) -> None:
    """For a button's callback. What a server still holds of the job is cancelled there, too."""
    with problems_kept():
        with open_workspace() as store:
            store.jobs.cancel_job(job_id)
        ensure_worker(load_settings())


def resume_job(job_id: int) -> None:
    """For a button's callback. A mended key or address counts from now on."""
    with problems_kept(), queueing(load_settings()) as store:
        store.jobs.resume_job(job_id)
