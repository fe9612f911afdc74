"""The datasets that are there."""

from collections.abc import Sequence

import streamlit as st

from core.models import Dataset
from pages.shared.datasets import describe_dataset
from pages.shared.times import describe_time
from pages.shared.unseen import name_unseen


def show_imported(datasets: Sequence[Dataset]) -> Dataset | None:
    """The dataset that was picked, at first the newest; None while there is none.

    Args:
        datasets: Newest first.
    """
    if not datasets:
        st.text("Nothing was imported yet. Give a source above, or import the sample on the Overview page.")
        return None
    st.subheader("Imported", anchor=False)
    rows = [_build_row(item) for item in datasets]
    event = st.dataframe(
        rows,
        column_order=[name for name in rows[0] if any(row[name] for row in rows)],
        hide_index=True,
        key="imported",
        on_select="rerun",
        selection_mode="single-row-required",
        alt="Imported datasets, newest first",
    )
    picked = event["selection"]["rows"]
    return datasets[picked[0]] if picked and picked[0] < len(datasets) else datasets[0]


def _build_row(dataset: Dataset) -> dict[str, str]:
    return {
        "Dataset": describe_dataset(dataset),
        "Source": name_unseen(dataset.source),
        "Configuration": dataset.config or "",
        "Split": dataset.split or "",
        "Revision": (dataset.revision or "")[:12],
        "Imported": describe_time(dataset.created_utc),
    }
