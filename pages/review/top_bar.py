"""What is reviewed, how it goes, and under which name."""

from collections.abc import Sequence

import streamlit as st

from core.models import Dataset
from core.store import Store
from pages.shared import navigation
from pages.shared.datasets import show_dataset_picker
from pages.shared.labels import describe_count
from pages.shared.reviewer import get_reviewer
from pages.shared.times import begin_of_day_utc


def show_top_bar(store: Store, datasets: Sequence[Dataset]) -> Dataset | None:
    """The page's title, the dataset and the pace; the chosen dataset, None while there is none.

    Args:
        store: Of the workspace.
        datasets: Newest first.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="review_top"):
        st.title("Review", anchor=False, width="content")
        if not datasets:
            return None
        dataset = show_dataset_picker(datasets, label_visibility="collapsed", width=280)
        stages = store.overview.count_stages(dataset.id)
        pace = store.overview.get_review_pace(
            dataset.id, today_utc=begin_of_day_utc(), yesterday_utc=begin_of_day_utc(1)
        )
        left = max(stages.extracted - stages.reviewed, 0)
        parts = [f"{describe_count(left, 'trial')} left", f"{pace.decided_today:,} decided today"]
        if pace.per_hour:
            parts.append(f"{pace.per_hour:,} per hour")
        st.text(f"{', '.join(parts)}; you are {get_reviewer()}", width="stretch")
        if stages.extracted and not left:
            st.text(f"All {stages.extracted:,} trials are decided.")
            if st.button(f"Publish {describe_count(stages.approved, 'trial')}", type="primary", key="go_publish"):
                navigation.open_page(navigation.PUBLISH, dataset=dataset)
    return dataset
