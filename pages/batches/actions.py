"""What the buttons of this page do."""

import streamlit as st

from core import pipeline, steering
from core.models import Dataset
from core.settings import load_settings
from core.store.batch_models import Batch, BatchConfig
from core.worker import ensure_worker, queueing
from pages.shared.problems import keep_done, problems_kept
from pages.shared.reviewer import get_reviewer
from pages.shared.workspace import open_workspace


def start_batch(dataset: Dataset, config: BatchConfig) -> None:
    """Queue a batch and see to a worker; one that already asks exactly this is continued with these limits."""
    with problems_kept():
        settings = load_settings()
        with queueing(settings) as store:
            pipeline.start_extraction(
                store, dataset, config, settings=settings, created_by=get_reviewer(), say=keep_done
            )


def pause_batch(batch: Batch) -> None:
    """Send nothing more; what is in flight is waited for."""
    with problems_kept(), open_workspace() as store:
        steering.pause_batch(store, batch.id)


def resume_batch(batch: Batch) -> None:
    """Go on. A mended key or address counts from now on."""
    with problems_kept(), queueing(load_settings()) as store:
        steering.resume_batch(store, batch.id)


def resume_with_budget(batch: Batch, *, key: str) -> None:
    """Go on with a stopped batch and more to spend.

    Args:
        batch: The stopped one.
        key: Of the field that holds the new budget in USD.
    """
    with problems_kept(), queueing(load_settings()) as store:
        steering.resume_batch(store, batch.id, limits={"budget_usd": float(st.session_state[key])})


def cancel_batch(batch: Batch) -> None:
    """End it for good. What a server still holds of it is cancelled there, too."""
    with problems_kept():
        with open_workspace() as store:
            steering.cancel_batch(store, batch.id)
        ensure_worker(load_settings())


def retry_failed(batch: Batch) -> None:
    """Ask again what failed, and only that."""
    with problems_kept(), queueing(load_settings()) as store:
        steering.retry_failed(store, batch.id)
