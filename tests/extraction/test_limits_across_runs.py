"""Limits are the server's: a pause, a resume or another batch does not start them anew."""

import time
from pathlib import Path
from typing import Any

import pytest

from core.errors import JobStopped
from core.extraction.batch import run_batch
from core.extraction.limiter import RateLimiter
from core.extraction.past import recall
from core.models import Dataset, Extractor
from core.store import Store
from core.store.batch_models import Batch, BatchConfig, LiveFigures
from tests.extraction.conftest import KEY, MODEL
from tests.extraction.test_limiter import FakeTime, count_most_in_a_minute, send_all
from tests.standins.llm import LlmServer
from tests.workspaces import create_batch, make_settings

SERVER = "http://server/v1/"


def create(store: Store, dataset: Dataset, **changes: Any) -> Batch:
    values = {"extractor": Extractor.LLM, "model": MODEL, "batch_size": 4, "max_rpm": 100_000}
    return create_batch(store, dataset, BatchConfig.model_validate(values | changes))


def run_for_a_moment(store: Store, batch: Batch, llm: LlmServer) -> None:
    calls = 0

    def pause(*_: object, **__: object) -> None:
        nonlocal calls
        calls += 1
        if calls > 2:
            raise JobStopped("paused")

    settings = make_settings(Path("unused"), base_url=llm.base_url, key=KEY)
    with pytest.raises(JobStopped):
        run_batch(store, store.batches.get_batch(batch.id), settings=settings, progress=pause, check_lease=lambda: None)


def test_requests_per_minute_hold_over_pauses_and_in_another_batch(
    store: Store, dataset: Dataset, llm: LlmServer
) -> None:
    batch = create(store, dataset, max_rpm=2)
    for _ in range(4):
        run_for_a_moment(store, batch, llm)
    assert len(llm.requests) == 2
    run_for_a_moment(store, create(store, dataset, max_rpm=2), llm)
    assert len(llm.requests) == 2


def test_tokens_per_minute_hold_over_pauses(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    batch = create(store, dataset, max_tpm=5_000, batch_size=1)
    for _ in range(4):
        run_for_a_moment(store, batch, llm)
    usage = store.batches.get_usage(batch.id)
    assert 0 < usage.tokens_in + usage.tokens_out <= 5_000, "a second one might have gone beyond it"


def test_what_another_server_was_sent_does_not_count(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    other = create(store, dataset)
    store.batches.save_server(other.id, SERVER)
    store.batches.add_throughput(other.id, at_unix=time.time(), sent=50, answered=50, tokens=1)
    run_for_a_moment(store, create(store, dataset, max_rpm=2), llm)
    assert len(llm.requests) == 1


def test_the_sliding_minute_of_two_runs_stays_below_the_limit(store: Store, dataset: Dataset) -> None:
    clock, batch = FakeTime(), create(store, dataset)
    store.batches.save_server(batch.id, SERVER)
    first = send_all(RateLimiter(max_rpm=100, clock=clock, sleep=clock.sleep), clock, 80)
    for moment in first:
        store.batches.add_throughput(batch.id, at_unix=moment, sent=1, answered=1, tokens=1)
    limiter = RateLimiter(max_rpm=100, clock=clock, sleep=clock.sleep)
    recall(store, batch, limiter, server=SERVER, now_unix=clock.now)
    assert limiter.count_sent_in_last_minute() == 80
    assert count_most_in_a_minute(first + send_all(limiter, clock, 200)) <= 100


def test_what_a_killed_run_had_under_way_counts_too(store: Store, dataset: Dataset) -> None:
    clock, batch = FakeTime(), create(store, dataset)
    store.batches.save_server(batch.id, SERVER)
    store.batches.add_throughput(batch.id, at_unix=clock.now, sent=10, answered=5, tokens=500)
    store.batches.save_live(batch.id, LiveFigures(at_unix=clock.now, in_flight=5, sent_in_last_minute=10, rpm=60))
    limiter = RateLimiter(max_rpm=60, max_tpm=1_300, clock=clock, sleep=clock.sleep)
    recall(store, store.batches.get_batch(batch.id), limiter, server=SERVER, now_unix=clock.now)
    assert limiter.count_sent_in_last_minute() == 10 + 2
    begin = clock.now
    send_all(limiter, clock, 1, tokens=101)
    assert clock.now - begin >= 60, "500 tokens were used, and 700 may still be"
