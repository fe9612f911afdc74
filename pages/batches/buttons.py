"""The buttons that steer a batch."""

import streamlit as st

from core.models import JobState
from core.store.batch_models import Batch
from pages.batches.actions import cancel_batch, pause_batch, resume_batch, resume_with_budget
from pages.batches.standing import Standing
from pages.shared import navigation
from pages.shared.labels import describe_count


def show_buttons(standing: Standing) -> None:
    """Those that can do something now."""
    batch, job = standing.batch, standing.job
    if job.state in (JobState.QUEUED, JobState.RUNNING):
        st.button(
            "Pause",
            key=f"pause_{batch.id}",
            on_click=pause_batch,
            args=(batch,),
            disabled=standing.wanted in (JobState.PAUSED, JobState.CANCELLED),
        )
    if job.state in (JobState.PAUSED, JobState.STOPPED):
        st.button("Resume", key=f"resume_{batch.id}", type="primary", on_click=resume_batch, args=(batch,))
    if job.state is JobState.STOPPED and batch.config.budget_usd is not None:
        _show_raise(batch, batch.config.budget_usd)
    if job.state not in (JobState.FINISHED, JobState.CANCELLED):
        _show_cancel(standing)
    if not job.is_over or not standing.counts.done:
        return
    # a batch that can go on has one thing to do first
    kind = "primary" if job.state is JobState.FINISHED else "secondary"
    if st.button("Review the hints", key=f"review_{batch.id}", type=kind):  # type: ignore[arg-type]
        navigation.open_page(navigation.REVIEW, dataset=standing.dataset)


def _show_raise(batch: Batch, budget_usd: float) -> None:
    key = f"more_budget_{batch.id}"
    with st.popover("Raise the budget", key=f"ask_budget_{batch.id}"):
        st.number_input("Budget in USD, for all of the batch", min_value=budget_usd, value=budget_usd * 2, key=key)
        st.button(
            "Resume with it",
            key=f"resume_with_budget_{batch.id}",
            type="primary",
            on_click=resume_with_budget,
            args=(batch,),
            kwargs={"key": key},
        )


def _show_cancel(standing: Standing) -> None:
    number = standing.batch.id
    with st.popover("Cancel", key=f"ask_cancel_{number}"):
        kept = describe_count(standing.counts.done, "answer is", "answers are")
        st.text(f"Cancel batch {number}? {kept} kept.")
        st.button(f"Cancel batch {number}", key=f"cancel_{number}", on_click=cancel_batch, args=(standing.batch,))
