"""Everything a server does wrong, at a tenth of the calls and as a burst: nothing is lost or paid for twice."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.extraction.batch import run_batch
from core.extraction.retry import RetryPolicy
from core.models import Dataset, Extractor
from core.progress import no_progress
from core.store import Store
from core.store.batch_models import Batch, BatchConfig
from tests.builders import make_row, talk, write_rows
from tests.extraction.conftest import KEY, MODEL
from tests.responders import answer_hints
from tests.standins.llm import LlmServer
from tests.workspaces import create_batch, import_sample, make_settings

ATTEMPTS = 26
QUICK = RetryPolicy(base_seconds=0.01, max_seconds=0.05, timeout_seconds=1.0)
ENDS_DONE: dict[str, dict[str, Any]] = {
    "429 with Retry-After": {"fault": "429", "retry_after": 0.05},
    "429 with Retry-After as a date": {"fault": "429", "retry_after_date_seconds": 0.5},
    "429 with retry-after-ms": {"fault": "429", "headers": {"retry-after-ms": "30"}},
    "429 without a time": {"fault": "429"},
    "429 with x-ratelimit headers": {
        "fault": "429",
        "headers": {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "50ms"},
    },
    "408": {"fault": "408"},
    "409": {"fault": "409"},
    "500": {"fault": "500"},
    "503": {"fault": "503", "retry_after": 0.02},
    "dropped connection": {"fault": "drop"},
    "cut body": {"fault": "cut"},
    "time-out": {"fault": "hang", "seconds": 3.0},
    "slow answer": {"fault": "slow", "seconds": 0.2},
    "slow body": {"fault": "drip", "seconds": 0.3},
    "endless body": {"fault": "drip", "seconds": 20.0},
    "HTML instead of JSON": {"fault": "html"},
    "malformed JSON": {"fault": "malformed"},
    "wrong schema": {"fault": "wrong_schema"},
    "truncation": {"fault": "truncated"},
    "empty choices": {"fault": "empty_choices"},
    "refusal": {"fault": "refusal"},
}
MAY_FAIL = {
    "refusal": "refused",
    "truncation": "truncated",
    "malformed JSON": "invalid after repair",
    "wrong schema": "invalid after repair",
}
"""A refusal is final; two bad answers to the same attempt are, too."""
UNREAD = {"cut body", "endless body"}
"""Sent with status 200, and never read whole: there is nothing to keep."""


SPREADS = {"tenth": {"share": 0.1}, "burst at the start": {"first": 8}, "burst in the middle": {"after": 9, "first": 8}}


@pytest.mark.parametrize("spread", SPREADS.values(), ids=SPREADS)
@pytest.mark.parametrize("name", ENDS_DONE)
def test_every_attempt_ends_and_every_reply_is_kept(
    store: Store, dataset: Dataset, llm: LlmServer, name: str, spread: dict[str, Any]
) -> None:
    llm.set_faults(ENDS_DONE[name] | spread)
    config = BatchConfig(extractor=Extractor.LLM, model=MODEL, batch_size=8, max_rpm=100_000)
    batch = create_batch(store, dataset, config)
    settings = make_settings(Path("unused"), base_url=llm.base_url, key=KEY)
    run_batch(store, batch, settings=settings, progress=no_progress, check_lease=lambda: None, retry=QUICK)

    assert any(request.fault for request in llm.requests), "the fault was met"
    counts = store.batches.count_requests(batch.id)
    assert counts.total == ATTEMPTS
    if name in MAY_FAIL:
        assert {group.reason for group in store.answers.list_failures(batch.id)} <= {MAY_FAIL[name]}
        assert counts.failed <= sum(request.fault is not None for request in llm.requests)
    else:
        assert counts.failed == 0
    if name not in UNREAD:
        assert count_kept(store, batch) == llm.count(status=200)
    check_nothing_is_lost_or_twice(store, batch, llm)


def count_kept(store: Store, batch: Batch) -> int:
    """Replies with status 200 in the workspace."""
    sql = "SELECT COUNT(*) FROM replies WHERE http_status = 200 AND batch_id = ?"
    return int(store.answers._value(sql, (batch.id,)))


def check_nothing_is_lost_or_twice(store: Store, batch: Batch, llm: LlmServer) -> None:
    counts = store.batches.count_requests(batch.id)
    assert counts.pending == 0
    assert all(group.reason != "unknown" for group in store.answers.list_failures(batch.id))
    rows = store.answers._rows("SELECT body_hash FROM replies WHERE batch_id = ? AND valid = 1", (batch.id,))
    assert len(rows) == len({row["body_hash"] for row in rows}) == counts.done, "nothing is answered twice"
    proposals = "SELECT COUNT(*) AS all_of_them, COUNT(DISTINCT attempt_id) AS attempts FROM proposals"
    assert store.answers._row(proposals) == {"all_of_them": counts.done, "attempts": counts.done}
    assert store.batches.get_usage(batch.id).sent == len(llm.requests)


def test_hundreds_of_attempts_live_through_all_of_it_at_once(store: Store, tmp_path: Path, llm: LlmServer) -> None:
    rows = [make_row(talk(f"Task: {n}", f"answer {n}", f"result {n}"), trial_name=f"t{n}") for n in range(240)]
    dataset = import_sample(store, write_rows(tmp_path / "rows.jsonl", rows))
    readable = [fault for name, fault in ENDS_DONE.items() if name not in UNREAD | {"time-out"}]
    llm.set_faults(*(fault | {"every": 29, "after": after} for after, fault in enumerate(readable)))
    config = BatchConfig(extractor=Extractor.LLM, model=MODEL, batch_size=20, max_rpm=100_000)
    batch = create_batch(store, dataset, config)
    settings = make_settings(Path("unused"), base_url=llm.base_url, key=KEY)
    # the faults come in a row, and near the end one request may meet most of them alone
    patient = replace(QUICK, tries=60)
    run_batch(store, batch, settings=settings, progress=no_progress, check_lease=lambda: None, retry=patient)
    counts = store.batches.count_requests(batch.id)
    assert counts.total == 240
    assert {group.reason for group in store.answers.list_failures(batch.id)} <= {*MAY_FAIL.values()}
    assert len({request.fault for request in llm.requests}) > 10
    assert count_kept(store, batch) == llm.count(status=200)
    check_nothing_is_lost_or_twice(store, batch, llm)


def test_a_server_far_slower_than_the_limit_loses_nobody(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    llm.set_faults({"fault": "429", "share": 0.8})
    batch = create_batch(
        store, dataset, BatchConfig(extractor=Extractor.LLM, model=MODEL, batch_size=8, max_rpm=100_000)
    )
    settings = make_settings(Path("unused"), base_url=llm.base_url, key=KEY)
    run_batch(store, batch, settings=settings, progress=no_progress, check_lease=lambda: None, retry=QUICK)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)


def test_at_most_as_many_requests_at_once_as_was_said(store: Store, dataset: Dataset) -> None:
    with LlmServer(key=KEY, responder=answer_hints, latency_seconds=0.05) as llm:
        config = BatchConfig(extractor=Extractor.LLM, model=MODEL, batch_size=3, max_rpm=100_000)
        batch = create_batch(store, dataset, config)
        settings = make_settings(Path("unused"), base_url=llm.base_url, key=KEY)
        run_batch(store, batch, settings=settings, progress=no_progress, check_lease=lambda: None, retry=QUICK)
        assert llm.records.max_concurrency == 3
