"""Review: the queue, the hints of a trial, and its transcripts beside them."""

from collections.abc import Sequence

import streamlit as st

from core.models import Dataset
from core.store import Store
from core.store.queue_models import QueueEntry
from pages.review.cursor import find_trial_id
from pages.review.layout import HEIGHT, show_styles
from pages.review.queue import load_queue, show_filters, show_queue
from pages.review.top_bar import show_choice, show_pace
from pages.review.workbench import show_trial
from pages.shared import navigation
from pages.shared.problems import problems_shown, show_kept_problem
from pages.shared.workspace import open_workspace


def show_page(store: Store) -> None:
    """The queue on the left, the open trial on the right."""
    with st.container(horizontal=True, vertical_alignment="center", key="review_top"):
        dataset = show_choice(store.traces.list_datasets())
        entries = [] if dataset is None else load_queue(store, dataset)
        if dataset is not None:
            show_pace(store, dataset, entries)
    show_kept_problem()
    if dataset is None or not any(entry.is_extracted for entry in entries):
        st.text("No hints to review yet. Extract hints from imported traces first.")
        if st.button("Go to Batches", type="primary"):
            navigation.open_page(navigation.BATCHES, dataset=dataset)
        return
    show_workbench(store, dataset, entries)


def show_workbench(store: Store, dataset: Dataset, entries: Sequence[QueueEntry]) -> None:
    """Queue, hints and transcript."""
    left, right = st.columns([1, 4.4], gap="small")
    with left.container(height=HEIGHT, key="review_queue", border=False, gap="xsmall"):
        listed = show_filters(store, dataset, entries)
        opened = _choose_trial(entries, listed)
        show_queue(listed, opened)
    with right:
        show_trial(store, opened, entries, listed)


def _choose_trial(entries: Sequence[QueueEntry], listed: Sequence[QueueEntry]) -> int:
    named = find_trial_id()
    if named in {entry.trial_id for entry in entries}:
        return int(named or 0)
    return (listed or [entry for entry in entries if entry.is_extracted])[0].trial_id


show_styles()
with problems_shown(), open_workspace() as workspace:
    show_page(workspace)
