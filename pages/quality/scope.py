"""Which dataset the figures are of, and which of its batches."""

import streamlit as st

from core.models import Extractor
from core.store import Store
from core.store.batch_models import Batch
from core.store.quality import QualityScope
from pages.shared.datasets import ALL, show_dataset_picker

BATCHES_OFFERED = 50


def show_scope(store: Store) -> QualityScope:
    """The chosen dataset, and one of its newest batches or all of them."""
    left, right, _ = st.columns([2, 2, 3])
    with left:
        dataset = show_dataset_picker(store.traces.list_datasets(), label_visibility="collapsed")
    batches = {batch.id: batch for batch in store.batches.list_batches(dataset_id=dataset.id, limit=BATCHES_OFFERED)}
    if not batches:
        return QualityScope(dataset.id)
    with right:
        chosen = st.selectbox(
            "Batch",
            [ALL, *batches],
            format_func=lambda key: "All batches" if key == ALL else describe_batch(batches[key]),
            key=f"quality_batch_{dataset.id}",
            label_visibility="collapsed",
        )
    return QualityScope(dataset.id, None if chosen == ALL else chosen)


def describe_batch(batch: Batch) -> str:
    """E.g. `Batch 3, rules` or `Batch 4, gpt-4o-mini`."""
    return f"Batch {batch.id}, {'rules' if batch.extractor is Extractor.RULES else batch.model}"
