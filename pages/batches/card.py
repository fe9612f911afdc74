"""The head of a batch: its state, the buttons that steer it, how far it is and what it has used."""

import streamlit as st

from core.models import Extractor, JobState
from core.settings import load_settings
from pages.batches.buttons import show_buttons
from pages.batches.notices import show_notices
from pages.batches.pace import find_seconds_left
from pages.batches.standing import Standing
from pages.batches.usage import describe_details, show_usage
from pages.batches.words import describe_time_left
from pages.shared import jobs
from pages.shared.datasets import describe_dataset
from pages.shared.labels import describe_count
from pages.shared.times import describe_time
from pages.shared.unseen import name_unseen


def show_card(standing: Standing) -> None:
    """State, buttons, notices, progress and figures in one frame."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**Batch {standing.batch.id}**", width="content")
            jobs.show_state(standing.job)
            st.text(_describe(standing), width="stretch", wrap=False)
            show_buttons(standing)
        show_notices(standing, settings=load_settings())
        _show_progress(standing)
        if standing.batch.extractor is Extractor.LLM:
            show_usage(standing)
            st.text(describe_details(standing))


def describe_counts(standing: Standing) -> str:
    """Done, failed, in flight and left, as markdown of our own words and numbers."""
    counts, live = standing.counts, standing.live
    parts = [f"{counts.done:,} done"]
    if counts.failed:
        parts.append(f":red[{counts.failed:,} failed]")
    in_flight = min(live.in_flight, counts.pending) if live else 0
    if in_flight:
        parts.append(f"{in_flight:,} in flight")
    if counts.pending > in_flight:
        parts.append(f"{counts.pending - in_flight:,} left")
    settled = counts.done + counts.failed
    # comparisons of attempts are requests, too
    noun = "request" if standing.batch.config.contrast else "attempt"
    return f"**{settled:,}** of {describe_count(counts.total, noun)}: {', '.join(parts)}"


def _describe(standing: Standing) -> str:
    batch, job = standing.batch, standing.job
    maker = batch.model or "made by rules, without a model"
    by = f" by {job.created_by}" if job.created_by else ""
    word, at_utc = ("started", job.started_utc) if job.started_utc else ("asked for", job.created_utc)
    words = f"{describe_dataset(standing.dataset)}, {maker}, {word} {describe_time(at_utc)}{by}"
    return name_unseen(words)


def _show_progress(standing: Standing) -> None:
    counts = standing.counts
    if counts.total and not counts.pending and not standing.job.is_over:
        jobs.show_progress(standing.job, noun="trials")
        return
    st.progress((counts.done + counts.failed) / counts.total if counts.total else 0.0)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f":small[{describe_counts(standing)}]", width="content")
        st.text(_describe_rest(standing))


def _describe_rest(standing: Standing) -> str:
    """The time left as measured; nothing before there is a measurement."""
    if standing.job.state is JobState.QUEUED:
        # a batch that is looked at from time to time says so above
        return "" if standing.job.not_before_utc else "begins as soon as the worker is free"
    if standing.job.state is not JobState.RUNNING:
        return ""
    seconds = find_seconds_left(standing.throughput, left=standing.counts.pending, now_unix=standing.at_unix)
    return "" if seconds is None else describe_time_left(seconds)
