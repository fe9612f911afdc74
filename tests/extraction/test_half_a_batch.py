"""A batch gets its requests in portions: what was interrupted in between is completed before anything is asked."""

import threading
from pathlib import Path

import pytest

from core.extraction.batch import run_batch
from core.models import Dataset, Extractor, JobKind
from core.progress import no_progress
from core.store import Store, open_store
from core.store.batch_models import Batch, BatchConfig
from tests.builders import run_sql
from tests.extraction.conftest import KEY, MODEL
from tests.standins.llm import LlmServer
from tests.workspaces import make_settings

ATTEMPTS = 26


def begin_batch(store: Store, dataset: Dataset, *, extractor: Extractor = Extractor.RULES, requests: int = 0) -> Batch:
    """A batch whose launch was killed when it had added so many of its requests."""
    config = BatchConfig(extractor=extractor, model=MODEL, max_rpm=100_000)
    job = store.jobs.create_job(JobKind.EXTRACT, params={}, dataset_id=dataset.id)
    batch = store.batches.create_batch(job_id=job.id, dataset_id=dataset.id, config=config)
    sql = "INSERT INTO requests (batch_id, kind, attempt_id) SELECT ?, 'attempt', id FROM attempts ORDER BY id LIMIT ?"
    run_sql(store.home, sql, batch.id, requests)
    return batch


@pytest.mark.parametrize("requests", [0, 1, 17, ATTEMPTS])
@pytest.mark.parametrize("extractor", list(Extractor))
def test_whoever_runs_it_completes_it_first(
    store: Store, dataset: Dataset, llm: LlmServer, requests: int, extractor: Extractor
) -> None:
    batch = begin_batch(store, dataset, extractor=extractor, requests=requests)
    assert store.batches.count_requests(batch.id) == (0, 0, 0), "half a batch is not shown as a smaller one"
    settings = make_settings(Path("unused"), base_url=llm.base_url, key=KEY)
    run_batch(store, batch, settings=settings, progress=no_progress, check_lease=lambda: None)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
    assert len(llm.requests) == (ATTEMPTS if extractor is Extractor.LLM else 0)


def test_a_whole_batch_gets_no_more_requests(store: Store, dataset: Dataset) -> None:
    batch = begin_batch(store, dataset, requests=3)
    store.batches.ensure_requests(batch.id)
    run_sql(store.home, "DELETE FROM requests WHERE batch_id = ? AND attempt_id > 20", batch.id)
    store.batches.ensure_requests(batch.id)
    assert len(store.answers.list_all_pending(batch.id)) == 20


def test_launch_and_worker_may_add_them_at_the_same_time(store: Store, dataset: Dataset) -> None:
    batch = begin_batch(store, dataset)

    def add() -> None:
        with open_store(store.home) as mine:
            mine.batches.ensure_requests(batch.id, portion=1)

    adders = [threading.Thread(target=add) for _ in range(3)]
    for adder in adders:
        adder.start()
    for adder in adders:
        adder.join()
    pending = store.answers.list_all_pending(batch.id)
    assert len({request.attempt_id for request in pending}) == len(pending) == ATTEMPTS
    assert store.batches.count_requests(batch.id).total == ATTEMPTS
