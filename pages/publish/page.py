"""Publish: where the approved trials go, a preview of exactly that, one button; and what was published before."""

import streamlit as st

from core.models import Dataset
from core.store import Store
from pages.publish.history import show_history
from pages.publish.job import find_running, show_last_job
from pages.publish.preview import find_preview_job, show_preview
from pages.publish.target_form import find_defaults, show_target_form
from pages.shared import navigation
from pages.shared.datasets import show_dataset_picker
from pages.shared.layout import show_title
from pages.shared.problems import problems_shown, show_kept_problem
from pages.shared.workspace import open_workspace


def show_page(store: Store) -> None:
    """The target and the preview side by side, then the history."""
    datasets = store.traces.list_datasets()
    if not datasets:
        st.text("There is nothing to publish yet. Import traces first.")
        if st.button("Go to Traces", type="primary"):
            navigation.open_page(navigation.TRACES)
        return
    dataset = show_dataset_picker(datasets, width=360)
    show_last_job(store, dataset)
    if store.overview.count_stages(dataset.id).approved:
        show_form_and_preview(store, dataset)
    else:
        st.text("No trial of this dataset is approved yet. Approve trials in the review first.")
        if st.button("Go to Review", type="primary"):
            navigation.open_page(navigation.REVIEW, dataset=dataset)
    show_history(store, dataset)


def show_form_and_preview(store: Store, dataset: Dataset) -> None:
    """What a person chooses, and what would come of it."""
    job = find_preview_job(store, dataset)
    left, right = st.columns([1, 1.7], gap="medium")
    with left.container(border=True):
        target = show_target_form(dataset, find_defaults(store, dataset))
    with right.container(border=True), problems_shown():
        show_preview(store, dataset, target, job, is_publishing=find_running(store, dataset) is not None)


show_title("Publish", "Approved trials as training tasks with hints, to the Hub or a folder")
show_kept_problem()
with problems_shown(), open_workspace() as workspace:
    show_page(workspace)
