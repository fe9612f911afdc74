"""What the buttons of this page do."""

import streamlit as st

from core import pipeline, steering
from core.models import Dataset
from core.settings import load_settings
from core.store.batch_models import Batch, BatchConfig
from core.worker import queueing
from pages.shared.problems import problems_kept
from pages.shared.reviewer import get_reviewer


def start_batch(dataset: Dataset, config: BatchConfig) -> None:
    """Queue a batch and see to a worker; one that already does exactly this is continued."""
    with problems_kept():
        settings = load_settings()
        with queueing(settings) as store:
            pipeline.start_extraction(store, dataset, config, settings=settings, created_by=get_reviewer())


def resume_with_budget(batch: Batch, *, key: str) -> None:
    """Go on with a stopped batch and more to spend.

    Args:
        batch: The stopped one.
        key: Of the field that holds the new budget in USD.
    """
    with problems_kept(), queueing(load_settings()) as store, store.jobs.write():
        store.batches.change_budget(batch.id, float(st.session_state[key]))
        store.jobs.resume_job(batch.job_id)


def retry_failed(batch: Batch) -> None:
    """Ask again what failed, and only that."""
    with problems_kept(), queueing(load_settings()) as store:
        steering.retry_failed(store, batch.id)
