"""Publish: where the approved trials go, what exactly is published, and what was published before."""

import streamlit as st

from core.models import Dataset
from core.store import Store
from pages.publish.confirm import show_publish_button
from pages.publish.contents import show_contents
from pages.publish.history import show_history
from pages.publish.job import show_last_job
from pages.publish.plan import build_plan, is_wanted
from pages.publish.target_form import show_target_form
from pages.shared import navigation
from pages.shared.datasets import show_dataset_picker
from pages.shared.layout import show_title
from pages.shared.problems import problems_shown, show_kept_problem
from pages.shared.workspace import open_workspace


def show_page(store: Store) -> None:
    """The target and the contents side by side, then the history."""
    datasets = store.traces.list_datasets()
    if not datasets:
        st.text("There is nothing to publish yet. Import traces first.")
        if st.button("Go to Traces", type="primary"):
            navigation.open_page(navigation.TRACES)
        return
    dataset = show_dataset_picker(datasets, width=360)
    show_last_job(store, dataset)
    approved = store.overview.count_stages(dataset.id).approved
    if approved:
        show_plan(store, dataset, approved)
    else:
        st.text("No trial of this dataset is approved yet. Approve trials in the review first.")
        if st.button("Go to Review", type="primary"):
            navigation.open_page(navigation.REVIEW, dataset=dataset)
    show_history(store.publications.list_publications(dataset_id=dataset.id))


def show_plan(store: Store, dataset: Dataset, approved: int) -> None:
    """What will be published where, and the button for it.

    Args:
        store: Of the workspace.
        dataset: The dataset.
        approved: How many of its trials are approved; at least one.
    """
    left, right = st.columns([1, 1.4])
    with left.container(border=True):
        st.subheader("Where to", anchor=False)
        target = show_target_form(dataset)
        button = st.container()
    with right.container(border=True), problems_shown():
        st.subheader("What will be published", anchor=False)
        if not is_wanted(dataset, approved):
            return
        plan = build_plan(store, dataset, target.options)
        show_contents(plan)
        with button:
            show_publish_button(dataset, target, plan)


show_title("Publish", "Approved trials as training tasks with hints, to the Hub or a folder")
show_kept_problem()
with problems_shown(), open_workspace() as workspace:
    show_page(workspace)
