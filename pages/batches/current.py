"""One batch: how far it is, what it cost, and the buttons that steer it."""

from functools import partial

import streamlit as st

from core.models import Dataset, Extractor, Job, JobState
from core.store.batch_models import Batch, BatchCounts, BatchUsage
from pages.batches.failures import show_failures
from pages.shared import jobs, navigation
from pages.shared.datasets import describe_dataset
from pages.shared.figures import show_figure
from pages.shared.labels import describe_cost, describe_count
from pages.shared.times import describe_time
from pages.shared.workspace import open_workspace


def show_batch(batch: Batch, job: Job, dataset: Dataset) -> None:
    """The batch and what failed in it; drawn anew every second while it runs."""
    jobs.show_job(job, partial(_draw, batch, dataset))


def _draw(batch: Batch, dataset: Dataset, job: Job) -> None:
    with open_workspace() as store:
        counts = store.batches.count_requests(batch.id)
        usage = store.batches.get_usage(batch.id)
        failures = store.answers.list_failures(batch.id)
    with st.container(border=True):
        _show_card(batch, dataset, job, counts)
        if batch.extractor is Extractor.LLM:
            _show_usage(batch, usage)
    show_failures(batch, job, failures, count=counts.failed)


def _show_card(batch: Batch, dataset: Dataset, job: Job, counts: BatchCounts) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**Batch {batch.id}**", width="content")
        jobs.show_state(job)
        st.text(_describe(batch, job, dataset), width="stretch", wrap=False)
        _show_buttons(batch, job, dataset, counts)
    _show_counts(job, counts)
    jobs.show_reason(job)


def _describe(batch: Batch, job: Job, dataset: Dataset) -> str:
    maker = batch.model or "made by rules, without a model"
    by = f" by {job.created_by}" if job.created_by else ""
    return f"{describe_dataset(dataset)}, {maker}, started {describe_time(job.started_utc or job.created_utc)}{by}"


def _show_buttons(batch: Batch, job: Job, dataset: Dataset, counts: BatchCounts) -> None:
    if job.state in (JobState.QUEUED, JobState.RUNNING):
        st.button("Pause", key=f"pause_{batch.id}", on_click=jobs.pause_job, args=(job.id,))
    if job.state in (JobState.PAUSED, JobState.STOPPED):
        st.button("Resume", key=f"resume_{batch.id}", type="primary", on_click=jobs.resume_job, args=(job.id,))
    if job.state not in (JobState.FINISHED, JobState.CANCELLED):
        with st.popover("Cancel", key=f"ask_cancel_{batch.id}"):
            st.text(f"Cancel batch {batch.id}? {describe_count(counts.done, 'answer is', 'answers are')} kept.")
            st.button(f"Cancel batch {batch.id}", key=f"cancel_{batch.id}", on_click=jobs.cancel_job, args=(job.id,))
    if job.is_over and counts.done and st.button("Review the hints", key=f"review_{batch.id}", type="primary"):
        navigation.open_page(navigation.REVIEW, dataset=dataset)


def _show_counts(job: Job, counts: BatchCounts) -> None:
    settled = counts.done + counts.failed
    if settled == counts.total and not job.is_over:
        jobs.show_progress(job, noun="trials")
        return
    failed = f", :red[{counts.failed:,} failed]" if counts.failed else ""
    pending = f", {counts.pending:,} pending" if counts.pending else ""
    words = f"**{settled:,}** of {describe_count(counts.total, 'attempt')}, {counts.done:,} done{failed}{pending}"
    st.progress(settled / counts.total if counts.total else 0.0, text=words)


def _show_usage(batch: Batch, usage: BatchUsage) -> None:
    config = batch.config
    requests, tokens, cost = st.columns(3)
    with requests:
        show_figure("Requests sent", f"{usage.sent:,}", f"limit {config.max_rpm:,} a minute")
    with tokens:
        limit = f", limit {config.max_tpm:,} a minute" if config.max_tpm else ""
        show_figure(
            "Tokens",
            f"{usage.tokens_in + usage.tokens_out:,}",
            f"{usage.tokens_in:,} in, {usage.tokens_out:,} out{limit}",
        )
    with cost:
        show_figure(
            "Cost",
            describe_cost(usage.cost_usd),
            "no budget" if config.budget_usd is None else f"budget {describe_cost(config.budget_usd)}",
        )
