"""Batches: launch extraction over chosen attempts, watch it, and retry what failed."""

import streamlit as st

from core.models import JobKind
from core.store import Store
from core.store.batch_models import Batch
from pages.batches.comparison import show_comparison
from pages.batches.current import show_batch
from pages.batches.earlier import show_earlier
from pages.batches.form import show_form
from pages.shared import navigation
from pages.shared.datasets import show_dataset_picker
from pages.shared.layout import show_title
from pages.shared.problems import problems_shown, show_kept_problem
from pages.shared.workspace import open_workspace

LISTED = 50
_IS_WHOLE = "are_all_batches_listed"
_IS_FORM_OPEN = "is_batch_form_open"


def show_page(store: Store) -> None:
    """The form for a new batch, the batch that runs or was picked, and the earlier ones."""
    datasets = store.traces.list_datasets()
    if not datasets:
        st.text("There is nothing to extract from yet. Import traces first.")
        if st.button("Go to Traces", type="primary"):
            navigation.open_page(navigation.TRACES)
        return
    total = store.jobs.count_jobs(JobKind.EXTRACT)
    is_whole = bool(st.session_state.get(_IS_WHOLE))
    batches = store.batches.list_batches(limit=total if is_whole else LISTED)
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        dataset = show_dataset_picker(datasets, width=360)
        is_open = st.toggle(
            "New batch",
            value=not any(batch.dataset_id == dataset.id for batch in batches),
            key=f"{_IS_FORM_OPEN}_{dataset.id}_{len(batches)}",
        )
    if is_open:
        show_form(store, dataset)
    # what was picked below is known before it is drawn
    above = st.container()
    picked = show_earlier(store, batches, {item.id: item for item in datasets})
    if total > LISTED:
        st.toggle(f"List all {total:,} batches, not only the newest {LISTED}", key=_IS_WHOLE)
    if picked is not None:
        show_comparison(store, picked, batches)
        with above:
            _show_picked(store, picked)


def _show_picked(store: Store, batch: Batch) -> None:
    show_batch(batch, store.jobs.get_job(batch.job_id), store.traces.get_dataset(batch.dataset_id))


show_title("Batches", "One launch of extraction over chosen attempts")
show_kept_problem()
with problems_shown(), open_workspace() as workspace:
    show_page(workspace)
