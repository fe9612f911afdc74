"""A server that is away for a while: everybody waits, nothing fails by it, and the batch stops if it stays away."""

from pathlib import Path
from typing import Any

import pytest

from core.errors import ModelServerError
from core.extraction.batch import run_batch
from core.extraction.retry import RetryPolicy
from core.extraction.weighing import MOST_SAME_WORDS
from core.models import Dataset, Extractor
from core.progress import no_progress
from core.store import Store
from core.store.batch_models import Batch, BatchConfig
from tests.builders import make_row, talk, write_rows
from tests.extraction.conftest import KEY, MODEL
from tests.extraction.test_limits import Sent, VirtualTime, ask_many, find_gaps, sent, server, time
from tests.standins.llm import LlmServer
from tests.workspaces import create_batch, import_sample, make_settings

__all__ = ["sent", "server", "time"]
ATTEMPTS = 60


@pytest.mark.parametrize("fault", ["drop", "500", "503"])
def test_an_outage_of_minutes_fails_nobody_and_few_ask_meanwhile(
    server: LlmServer, time: VirtualTime, sent: Sent, fault: str
) -> None:
    server.set_faults({"fault": fault, "after": 30, "first": 60})
    outcomes = ask_many(server, time, 80, max_rpm=600, at_once=20, retry=RetryPolicy(outage_patience_seconds=36_000))
    assert all(outcome.hints for outcome in outcomes)
    assert len(server.requests) == 80 + 60
    away = find_gaps(sent.at, above=5)
    assert sum(away) > 200, "at most 20 were under way when it began; the other 40 asked two by two, ever later"


def test_a_server_that_stays_away_is_given_up_when_patience_ends(server: LlmServer, time: VirtualTime) -> None:
    server.set_faults({"fault": "503", "after": 10})
    begin = time.now
    outcomes = ask_many(server, time, 20, max_rpm=600, at_once=10)
    assert sum(outcome.hints is not None for outcome in outcomes) == 10
    assert all(outcome.is_fatal for outcome in outcomes if outcome.hints is None)
    assert time.now - begin >= RetryPolicy().outage_patience_seconds
    assert len(server.requests) < 100


@pytest.mark.parametrize("at_once", [1, 10])
def test_a_request_that_alone_meets_errors_fails_alone(server: LlmServer, time: VirtualTime, at_once: int) -> None:
    server.set_faults({"fault": "500", "contains": "attempt 7 "})
    outcomes = ask_many(server, time, 40, max_rpm=6_000, at_once=at_once)
    (failed,) = [outcome for outcome in outcomes if outcome.hints is None]
    assert (failed.request.id, failed.reason, failed.is_fatal) == (7, "server error", False)
    assert failed.sent == RetryPolicy().tries


@pytest.fixture
def attempts(store: Store, tmp_path: Path) -> Dataset:
    rows = [make_row(talk(f"Task: {n}", f"answer {n}", f"result {n}"), trial_name=f"t{n}") for n in range(ATTEMPTS)]
    return import_sample(store, write_rows(tmp_path / "rows.jsonl", rows))


def run(store: Store, batch: Batch, llm: LlmServer, **changes: Any) -> None:
    retry = RetryPolicy(base_seconds=0.01, max_seconds=0.05, outage_patience_seconds=0.3, **changes)
    settings = make_settings(Path("unused"), base_url=llm.base_url, key=KEY)
    run_batch(store, batch, settings=settings, progress=no_progress, check_lease=lambda: None, retry=retry)


def create(store: Store, dataset: Dataset) -> Batch:
    config = BatchConfig(extractor=Extractor.LLM, model=MODEL, batch_size=4, max_rpm=100_000)
    return create_batch(store, dataset, config)


def test_a_batch_whose_server_went_away_stops_with_nothing_failed_and_is_resumed(
    store: Store, attempts: Dataset, llm: LlmServer
) -> None:
    llm.set_faults({"fault": "drop", "after": 20})
    batch = create(store, attempts)
    with pytest.raises(ModelServerError, match="does not answer any more"):
        run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (20, 0, ATTEMPTS - 20)
    llm.set_faults()
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
    assert llm.count(status=200) == ATTEMPTS


def test_a_server_that_never_answers_but_with_errors_stops_the_batch_before_all_fail(
    store: Store, attempts: Dataset, llm: LlmServer
) -> None:
    llm.set_faults({"fault": "502"})
    batch = create(store, attempts)
    with pytest.raises(ModelServerError, match="does not answer any more"):
        run(store, batch, llm, tries=2)
    counts = store.batches.count_requests(batch.id)
    assert counts.failed == MOST_SAME_WORDS - 1
    assert counts.pending == ATTEMPTS - counts.failed
