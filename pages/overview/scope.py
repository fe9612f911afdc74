"""All datasets, or one of them."""

from collections.abc import Sequence

import streamlit as st

from core.models import Dataset
from pages.shared.datasets import ALL, describe_dataset


def show_scope(datasets: Sequence[Dataset]) -> Dataset | None:
    """The dataset that the person wants to see, None for all; nothing to choose while there is only one."""
    if len(datasets) < 2:
        return None
    by_id = {item.id: item for item in datasets}
    chosen = st.selectbox(
        "Datasets",
        [ALL, *by_id],
        format_func=lambda key: "All datasets" if key == ALL else describe_dataset(by_id[key]),
        key="scope",
        bind="query-params",
        label_visibility="collapsed",
        width=360,
    )
    return by_id.get(chosen)
