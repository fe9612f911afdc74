"""One batch: how far it is, what it cost, what comes back, and the buttons that steer it."""

import time
from functools import partial

import streamlit as st

from core.models import Dataset, Job
from core.store.batch_models import Batch
from pages.batches.card import show_card
from pages.batches.failures import show_failures
from pages.batches.last_answers import show_last_answers
from pages.batches.outcome import show_outcome
from pages.batches.rate_chart import show_rate
from pages.batches.standing import Standing, load_standing
from pages.shared import jobs
from pages.shared.workspace import open_workspace


def show_batch(batch: Batch, job: Job, dataset: Dataset) -> None:
    """The batch and what came of it; drawn anew every second while it runs."""
    jobs.show_job(job, partial(_draw, batch.id, dataset))


def _draw(batch_id: int, dataset: Dataset, job: Job) -> None:
    with open_workspace() as store:
        standing = load_standing(store, batch_id, job, dataset, now_unix=time.time())
    show_card(standing)
    show_outcome(standing)
    _show_rate_and_failures(standing)
    show_last_answers(standing)


def _show_rate_and_failures(standing: Standing) -> None:
    has_rate = bool(standing.throughput) and standing.batch.config.way == "live"
    if has_rate and standing.failures:
        rate, failures = st.columns([1.25, 1])
    else:
        rate = failures = st.container()
    if has_rate:
        with rate:
            show_rate(standing)
    with failures:
        show_failures(standing)
