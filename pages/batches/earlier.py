"""All batches so far: how each was launched, and what came of it."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.models import Dataset
from core.store import Store
from core.store.batch_models import Batch
from pages.batches.words import describe_limits, describe_selection
from pages.shared.datasets import describe_dataset
from pages.shared.labels import JOBS
from pages.shared.times import describe_time


def show_earlier(store: Store, batches: Sequence[Batch], datasets: Mapping[int, Dataset]) -> Batch | None:
    """The batch that was picked in the table, at first the newest; None while there is none.

    Args:
        store: Of the workspace.
        batches: Newest first.
        datasets: By id.
    """
    if not batches:
        st.text("No batch yet. Start one above, and its progress stands here.")
        return None
    st.subheader("All batches", anchor=False)
    event = st.dataframe(
        [_build_row(store, batch, datasets) for batch in batches],
        hide_index=True,
        # a new batch is the one to look at
        key=f"batches_{batches[0].id}",
        on_select="rerun",
        selection_mode="single-row-required",
        column_config={
            "Cost": st.column_config.NumberColumn(format="$ %.2f", width=64),
            "Batch": {"width": 48},
            "State": {"width": 76},
            "Done": {"width": 56},
            "Failed": {"width": 56},
        },
        placeholder="",
        alt="Batches, newest first",
    )
    rows = event["selection"]["rows"]
    return batches[rows[0]] if rows and rows[0] < len(batches) else batches[0]


def _build_row(store: Store, batch: Batch, datasets: Mapping[int, Dataset]) -> dict[str, object]:
    job = store.jobs.get_job(batch.job_id)
    counts = store.batches.count_requests(batch.id)
    return {
        "Batch": batch.id,
        "Dataset": describe_dataset(datasets[batch.dataset_id]),
        "Model": batch.model or "rules",
        "State": JOBS[job.state].word if job.is_over else "Under way",
        # while it runs, the card above counts
        "Done": counts.done if job.is_over else None,
        "Failed": counts.failed if job.is_over else None,
        "Cost": store.batches.get_usage(batch.id).cost_usd if batch.model and job.is_over else None,
        "Finished": describe_time(job.finished_utc),
        "Chosen": describe_selection(batch.config),
        "Limits": describe_limits(batch.config) if batch.model else "",
    }
