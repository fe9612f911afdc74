"""What the buttons of this page do."""

from core import pipeline
from core.models import Dataset
from core.settings import load_settings
from core.store.batch_models import Batch, BatchConfig
from core.worker import ensure_worker, hand_over_if_changed
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


def retry_failed(batch: Batch) -> None:
    """Ask again what failed, and only that."""
    with problems_kept():
        hand_over_if_changed(load_settings())
        with open_workspace() as store, store.jobs.write():
            store.answers.retry_failed(batch.id)
            store.jobs.requeue_job(batch.job_id)
        ensure_worker(load_settings(), replace=True)
