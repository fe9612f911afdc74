"""Which dataset a page shows; the choice stands in the URL, so a link opens the same one."""

from collections.abc import Container, Sequence
from typing import Any

import streamlit as st

from core.models import Dataset, Grouping
from pages.shared import keys
from pages.shared.unseen import name_unseen

ALL = 0
"""Stands for all datasets, where a page offers that."""


def describe_dataset(dataset: Dataset) -> str:
    """Unique and always the same, e.g. `taskmaster2-gpt5mini #3`."""
    by_task = ", by task" if dataset.group_by is Grouping.TASK else ""
    return name_unseen(f"{dataset.name}{by_task} #{dataset.id}")


def show_dataset_picker(datasets: Sequence[Dataset], *, label: str = "Dataset", **options: Any) -> Dataset:
    """The chosen dataset, at first the newest.

    Args:
        datasets: At least one.
        label: Of the field.
        options: More for `st.selectbox`, e.g. `label_visibility`.
    """
    by_id = {item.id: item for item in datasets}
    take_wanted_dataset(by_id)
    chosen = st.selectbox(
        label,
        list(by_id),
        format_func=lambda key: describe_dataset(by_id[key]),
        key=keys.DATASET,
        bind="query-params",
        **options,
    )
    return by_id[chosen]


def take_wanted_dataset(offered: Container[int]) -> None:
    """Choose what another page asked for; to be called before the picker is drawn."""
    wanted = st.session_state.pop(keys.WANTED_DATASET, None)
    if wanted in offered:
        st.session_state[keys.DATASET] = wanted
