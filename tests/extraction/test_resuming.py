"""A run that ended in the middle of an exchange goes on with it: what was answered is not asked again."""

from pathlib import Path
from typing import Any

import pytest

from core.errors import JobStopped
from core.extraction.batch import run_batch
from core.extraction.retry import RetryPolicy
from core.models import Dataset, Extractor
from core.progress import Progress, no_progress
from core.store import Store
from core.store.batch_models import Batch, BatchConfig
from tests.builders import run_sql
from tests.extraction.conftest import KEY, MODEL
from tests.responders import answer_hints
from tests.standins.llm import LlmServer
from tests.workspaces import create_batch, make_settings

ATTEMPTS = 4
QUICK = RetryPolicy(base_seconds=0.01, max_seconds=0.05)
FAST, SLOW = 100_000, 75
"""Requests per minute: slow enough to stop before the second question to an attempt, or the third."""


@pytest.fixture
def batch(store: Store, dataset: Dataset) -> Batch:
    config = BatchConfig(extractor=Extractor.LLM, model=MODEL, batch_size=1, first_trials=1, max_rpm=FAST)
    return create_batch(store, dataset, config)


def run(store: Store, batch: Batch, llm: LlmServer, *, progress: Progress = no_progress, max_rpm: int = FAST) -> None:
    batch = batch.model_copy(update={"config": batch.config.model_copy(update={"max_rpm": max_rpm})})
    settings = make_settings(Path("unused"), base_url=llm.base_url, key=KEY)
    run_batch(store, batch, settings=settings, progress=progress, check_lease=lambda: None, retry=QUICK)


def stop_after(llm: LlmServer, answers: int) -> Progress:
    def progress(stage: str, *, done: int = 0, total: int | None = None, failed: int = 0) -> None:
        if llm.count(status=200) >= answers:
            raise JobStopped("Paused by a person.")

    return progress


def list_conversations(llm: LlmServer) -> list[list[str]]:
    """The roles of each request's messages."""
    return [[message["role"] for message in request.json["messages"]] for request in llm.requests]


QUESTION = ["system", "user"]
REPAIR = [*QUESTION, "assistant", "user"]


@pytest.mark.parametrize(
    ("faults", "answers", "expected"),
    [
        pytest.param([{"fault": "malformed", "first": 1}], 1, [QUESTION, REPAIR], id="to be repaired"),
        pytest.param([{"fault": "truncated", "first": 1}], 1, [QUESTION, QUESTION], id="truncated once"),
        pytest.param(
            [{"fault": "malformed", "first": 1}, {"fault": "truncated", "first": 1}],
            2,
            [QUESTION, REPAIR, REPAIR],
            id="truncated in the repair",
        ),
        pytest.param(
            [{"fault": "truncated", "first": 1}, {"fault": "wrong_schema", "first": 1}],
            2,
            [QUESTION, QUESTION, REPAIR],
            id="to be repaired after a larger limit",
        ),
    ],
)
def test_a_resume_goes_on_where_the_exchange_was(
    store: Store, batch: Batch, llm: LlmServer, faults: list[dict[str, Any]], answers: int, expected: list[list[str]]
) -> None:
    llm.set_faults(*faults)
    with pytest.raises(JobStopped):
        run(store, batch, llm, progress=stop_after(llm, answers), max_rpm=SLOW)
    assert len(llm.requests) == answers
    assert store.batches.count_requests(batch.id) == (0, 0, ATTEMPTS)
    run(store, batch, llm)
    assert list_conversations(llm) == expected + [QUESTION] * (ATTEMPTS - 1)
    assert len({request.body for request in llm.requests}) == len(llm.requests), "nothing is asked twice"
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
    assert store.batches.get_usage(batch.id).requests == len(llm.requests) == store.batches.get_usage(batch.id).sent


def test_a_second_invalid_answer_after_a_resume_is_the_last(store: Store, batch: Batch, llm: LlmServer) -> None:
    llm.set_faults({"fault": "malformed", "first": 2})
    with pytest.raises(JobStopped):
        run(store, batch, llm, progress=stop_after(llm, 1), max_rpm=SLOW)
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS - 1, 1, 0)
    assert list_conversations(llm)[:2] == [QUESTION, REPAIR]


def test_what_failed_and_is_retried_is_asked_from_the_start(store: Store, batch: Batch, llm: LlmServer) -> None:
    llm.set_faults({"fault": "wrong_schema", "first": 2})
    run(store, batch, llm)
    assert store.answers.list_failures(batch.id)[0].reason == "invalid after repair"
    llm.reset()
    store.answers.retry_failed(batch.id)
    run(store, batch, llm)
    assert list_conversations(llm) == [QUESTION]
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)


def test_a_useless_reply_is_asked_for_again(store: Store, batch: Batch, llm: LlmServer) -> None:
    llm.set_faults({"fault": "empty_choices", "first": 1})
    with pytest.raises(JobStopped):
        run(store, batch, llm, progress=stop_after(llm, 1), max_rpm=SLOW)
    run(store, batch, llm)
    assert list_conversations(llm) == [QUESTION] * (ATTEMPTS + 1)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)


@pytest.mark.parametrize("fault", ["malformed", "truncated", "empty_choices", "html"])
def test_an_answer_is_safe_before_more_is_asked_for_the_same_attempt(store: Store, batch: Batch, fault: str) -> None:
    kept: list[int] = []

    def answer(request: dict[str, Any]) -> str:
        kept.append(run_sql(store.home, "SELECT COUNT(*) FROM replies WHERE http_status = 200")[0][0])
        return answer_hints(request)

    with LlmServer(key=KEY, models=[MODEL], responder=answer) as llm:
        llm.set_faults({"fault": fault, "every": 2})
        run(store, batch, llm)
        assert kept[-1] == len(llm.requests) - 1
        assert len(llm.requests) > ATTEMPTS
        # one at a time: whenever something is asked, everything before it is in the workspace
        assert all(now > before for before, now in zip(kept, kept[1:], strict=False))
