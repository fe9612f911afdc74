"""What is reviewed, how it goes, and under which name."""

from collections.abc import Sequence

import streamlit as st

from core.models import Dataset, TrialStatus
from core.store import Store
from core.store.queue_models import QueueEntry
from pages.shared import navigation
from pages.shared.datasets import show_dataset_picker
from pages.shared.labels import describe_count
from pages.shared.reviewer import get_reviewer
from pages.shared.times import begin_of_day_utc


def show_choice(datasets: Sequence[Dataset]) -> Dataset | None:
    """The page's title and the dataset; None while there is none.

    Args:
        datasets: Newest first.
    """
    st.title("Review", anchor=False, width="content")
    return show_dataset_picker(datasets, label_visibility="collapsed", width=280) if datasets else None


def show_pace(store: Store, dataset: Dataset, entries: Sequence[QueueEntry]) -> None:
    """How many trials are left, how fast it goes, and what to do when all are decided.

    Args:
        store: Of the workspace.
        dataset: The dataset.
        entries: All its trials.
    """
    extracted = [entry for entry in entries if entry.is_extracted]
    left = sum(entry.status is TrialStatus.OPEN for entry in extracted)
    pace = store.overview.get_review_pace(dataset.id, today_utc=begin_of_day_utc(), yesterday_utc=begin_of_day_utc(1))
    speed = f", {pace.per_hour:,} per hour" if pace.per_hour else ""
    words = (
        f"{describe_count(left, 'trial')} left, {pace.decided_today:,} decided today{speed}; you are {get_reviewer()}"
    )
    st.text(words, width="stretch")
    if extracted and not left:
        approved = sum(entry.status is TrialStatus.APPROVED for entry in entries)
        st.text(f"All {len(extracted):,} trials are decided.")
        if st.button(f"Publish {describe_count(approved, 'trial')}", type="primary", key="go_publish"):
            navigation.open_page(navigation.PUBLISH, dataset=dataset)
