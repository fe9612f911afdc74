"""Replies of an odd shape, over real HTTP: none ends a batch, and none that was paid for is lost."""

import json
from pathlib import Path

import pytest

from core.extraction.batch import run_batch
from core.extraction.retry import RetryPolicy
from core.models import Dataset, Extractor
from core.progress import no_progress
from core.store import Store
from core.store.batch_models import Batch, BatchConfig
from tests.builders import make_row, talk, write_rows
from tests.extraction.conftest import KEY, MODEL
from tests.extraction.test_fault_matrix import check_nothing_is_lost_or_twice, count_kept
from tests.standins.llm import LlmServer
from tests.workspaces import create_batch, import_sample, make_settings

ATTEMPTS = 26
QUICK = RetryPolicy(base_seconds=0.01, max_seconds=0.05)
USAGE = {"prompt_tokens": 5, "completion_tokens": 5}
ODD = {
    "no choice": {"choices": [None], "usage": USAGE},
    "text for a choice": {"choices": ["x"], "usage": USAGE},
    "object for choices": {"choices": {"a": 1}},
    "text for a message": {"choices": [{"message": "hi"}]},
    "list for usage": {"choices": [], "usage": [1]},
    "text for counts": {"choices": [], "usage": {"prompt_tokens": "12", "completion_tokens": "3"}},
    "odd counts": {"choices": [], "usage": {"prompt_tokens": 10**30, "completion_tokens": -3}},
    "odd details": {"choices": [], "usage": {"prompt_tokens": 12.5, "prompt_tokens_details": 5}},
    "error": {"error": {"message": "Provider overloaded", "code": 503}},
}


def run(store: Store, dataset: Dataset, llm: LlmServer) -> Batch:
    config = BatchConfig(extractor=Extractor.LLM, model=MODEL, batch_size=4, max_rpm=100_000)
    batch = create_batch(store, dataset, config)
    settings = make_settings(Path("unused"), base_url=llm.base_url, key=KEY)
    run_batch(store, batch, settings=settings, progress=no_progress, check_lease=lambda: None, retry=QUICK)
    return batch


@pytest.mark.parametrize("name", ODD)
def test_an_odd_reply_is_kept_and_asked_for_again(store: Store, dataset: Dataset, llm: LlmServer, name: str) -> None:
    llm.set_faults({"fault": "body", "every": 4, "message": json.dumps(ODD[name])})
    batch = run(store, dataset, llm)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
    assert count_kept(store, batch) == llm.count(status=200) > ATTEMPTS
    check_nothing_is_lost_or_twice(store, batch, llm)


@pytest.mark.parametrize(
    ("name", "reason", "said"),
    [
        ("no choice", "empty answer", "The reply has no message."),
        ("error", "server error", "Provider overloaded"),
    ],
)
def test_an_attempt_with_only_odd_replies_fails_alone_with_its_reason(
    store: Store, tmp_path: Path, llm: LlmServer, name: str, reason: str, said: str
) -> None:
    rows = [make_row(talk(f"Task: the {n}th", f"answer {n}", f"result {n}"), trial_name=f"t{n}") for n in range(9)]
    dataset = import_sample(store, write_rows(tmp_path / "rows.jsonl", rows))
    llm.set_faults({"fault": "body", "contains": "answer 5", "message": json.dumps(ODD[name])})
    batch = run(store, dataset, llm)
    assert store.batches.count_requests(batch.id) == (8, 1, 0)
    (group,) = store.answers.list_failures(batch.id)
    assert (group.reason, group.detail) == (reason, said)
    assert count_kept(store, batch) == llm.count(status=200) == 8 + QUICK.tries
