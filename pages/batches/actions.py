"""What the buttons of this page do."""

import streamlit as st

from core import pipeline
from core.models import Dataset
from core.settings import load_settings
from core.store.batch_models import Batch, BatchConfig
from core.worker import ensure_worker, hand_over_if_changed
from pages.shared import jobs
from pages.shared.problems import problems_kept
from pages.shared.reviewer import get_reviewer
from pages.shared.workspace import open_workspace


def start_batch(dataset: Dataset, config: BatchConfig) -> None:
    """Queue a batch and see to a worker; one that already does exactly this is continued."""
    with problems_kept():
        settings = load_settings()
        hand_over_if_changed(settings)
        with open_workspace() as store:
            pipeline.start_extraction(store, dataset, config, settings=settings, created_by=get_reviewer())
        ensure_worker(settings, replace=True)


def resume_with_budget(batch: Batch, *, key: str) -> None:
    """Go on with a stopped batch and more to spend.

    Args:
        batch: The stopped one.
        key: Of the field that holds the new budget in USD.
    """
    with problems_kept(), open_workspace() as store:
        store.batches.change_budget(batch.id, float(st.session_state[key]))
    jobs.resume_job(batch.job_id)


def retry_failed(batch: Batch) -> None:
    """Ask again what failed, and only that."""
    with problems_kept():
        hand_over_if_changed(load_settings())
        with open_workspace() as store, store.jobs.write():
            store.answers.retry_failed(batch.id)
            store.jobs.requeue_job(batch.job_id)
        ensure_worker(load_settings(), replace=True)
