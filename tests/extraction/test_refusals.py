"""What a server refuses: all of it stops the batch at once, one request fails alone."""

from pathlib import Path
from typing import Any

import pytest

from core.errors import ModelServerError
from core.extraction.batch import run_batch
from core.extraction.error_words import classify_error
from core.extraction.exchange import Status
from core.extraction.retry import RetryPolicy
from core.extraction.weighing import MOST_SAME_WORDS
from core.models import Dataset, Extractor
from core.progress import no_progress
from core.store import Store
from core.store.batch_models import Batch, BatchConfig
from tests.builders import make_row, talk, write_rows
from tests.extraction.conftest import KEY, MODEL
from tests.standins.llm import LlmServer
from tests.workspaces import create_batch, import_sample, make_settings

ATTEMPTS = 60
QUICK = RetryPolicy(base_seconds=0.01, max_seconds=0.05)
FLAGGED = {"fault": "403", "message": "Your input was flagged"}


@pytest.fixture
def attempts(store: Store, tmp_path: Path) -> Dataset:
    """Attempts of which each is found by `answer 7 `."""
    rows = [
        make_row(talk(f"Task: {n}", f"answer {n} .", f"result {n}"), trial_name=f"t{n}") for n in range(1, ATTEMPTS + 1)
    ]
    return import_sample(store, write_rows(tmp_path / "rows.jsonl", rows))


def create(store: Store, dataset: Dataset, **changes: Any) -> Batch:
    values = {"extractor": Extractor.LLM, "model": MODEL, "batch_size": 1, "max_rpm": 100_000}
    return create_batch(store, dataset, BatchConfig.model_validate(values | changes))


def run(store: Store, batch: Batch, llm: LlmServer) -> None:
    settings = make_settings(Path("unused"), base_url=llm.base_url, key=KEY)
    fresh = store.batches.get_batch(batch.id)
    run_batch(store, fresh, settings=settings, progress=no_progress, check_lease=lambda: None, retry=QUICK)


def test_a_403_for_one_attempt_fails_it_alone_with_the_servers_words(
    store: Store, attempts: Dataset, llm: LlmServer
) -> None:
    llm.set_faults(FLAGGED | {"contains": "answer 7 ."})
    batch = create(store, attempts)
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS - 1, 1, 0)
    (group,) = store.answers.list_failures(batch.id)
    assert (group.reason, group.detail) == ("refused", "Your input was flagged")
    assert len(llm.requests) == ATTEMPTS, "it is not asked again"


def test_a_403_before_any_answer_stops_the_batch_and_fails_nothing(
    store: Store, attempts: Dataset, llm: LlmServer
) -> None:
    llm.set_faults({"fault": "403", "message": "This key may not do that"})
    batch = create(store, attempts)
    with pytest.raises(ModelServerError, match=r"refused the key \(This key may not do that\)"):
        run(store, batch, llm)
    assert len(llm.requests) == 1
    assert store.batches.count_requests(batch.id) == (0, 0, ATTEMPTS)


def test_a_403_for_the_first_attempt_of_a_later_run_with_the_same_key_fails_it_alone(
    store: Store, attempts: Dataset, llm: LlmServer
) -> None:
    batch = create(store, attempts)
    llm.set_faults({"fault": "402", "after": 3, "first": 1})
    with pytest.raises(ModelServerError):
        run(store, batch, llm)
    llm.set_faults(FLAGGED | {"first": 1})
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS - 1, 1, 0)


def test_a_key_that_is_refused_in_the_middle_stops_the_batch(store: Store, attempts: Dataset, llm: LlmServer) -> None:
    llm.set_faults({"fault": "401", "message": "Key revoked", "after": 5})
    batch = create(store, attempts)
    with pytest.raises(ModelServerError, match="refused the key"):
        run(store, batch, llm)
    assert len(llm.requests) == 6
    assert store.batches.count_requests(batch.id) == (5, 0, ATTEMPTS - 5)


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "402", "message": "Insufficient Balance"},
        {"fault": "429", "message": "You exceeded your quota", "code": "insufficient_quota"},
    ],
    ids=["402", "quota"],
)
def test_an_account_without_credit_stops_the_batch_at_once(
    store: Store, attempts: Dataset, llm: LlmServer, fault: dict[str, Any]
) -> None:
    llm.set_faults(fault | {"after": 4})
    batch = create(store, attempts)
    with pytest.raises(ModelServerError, match="no credit left"):
        run(store, batch, llm)
    assert len(llm.requests) == 5
    assert store.batches.count_requests(batch.id) == (4, 0, ATTEMPTS - 4)


@pytest.mark.parametrize("said", ["foo is not a valid model ID", "Model Not Exist", "The model `foo` does not exist"])
@pytest.mark.parametrize("status", ["400", "404"])
def test_a_model_that_the_server_does_not_know_stops_the_batch_at_once(
    store: Store, attempts: Dataset, llm: LlmServer, status: str, said: str
) -> None:
    llm.set_faults({"fault": status, "message": said})
    batch = create(store, attempts)
    with pytest.raises(ModelServerError, match="has no model"):
        run(store, batch, llm)
    assert len(llm.requests) == 1
    assert store.batches.count_requests(batch.id) == (0, 0, ATTEMPTS)


def test_a_model_that_has_answered_is_known_whatever_one_attempt_is_told(
    store: Store, attempts: Dataset, llm: LlmServer
) -> None:
    llm.set_faults({"fault": "400", "message": "model input: /a does not exist", "contains": "answer 7 ."})
    batch = create(store, attempts)
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS - 1, 1, 0)
    assert store.answers.list_failures(batch.id)[0].reason == "bad request"


@pytest.mark.parametrize("batch_size", [1, 50])
def test_the_same_refusal_for_everybody_stops_the_batch_with_the_servers_words(
    store: Store, attempts: Dataset, llm: LlmServer, batch_size: int
) -> None:
    llm.set_faults({"fault": "400", "message": "max_tokens is too large: 12000"})
    batch = create(store, attempts, batch_size=batch_size)
    with pytest.raises(ModelServerError, match=r"20 requests in a row .*max_tokens is too large"):
        run(store, batch, llm)
    assert len(llm.requests) <= MOST_SAME_WORDS + batch_size
    done, failed, pending = store.batches.count_requests(batch.id)[:3]
    assert (done, failed) == (0, MOST_SAME_WORDS - 1), "who was told the same after that is left to the next run"
    llm.set_faults()
    store.answers.retry_failed(batch.id)
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id).done == ATTEMPTS
    assert pending == ATTEMPTS - failed


def test_many_refusals_with_answers_between_them_fail_alone(store: Store, attempts: Dataset, llm: LlmServer) -> None:
    llm.set_faults({"fault": "400", "message": "no", "share": 0.8})
    batch = create(store, attempts)
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (12, 48, 0)


def test_refusals_in_different_words_do_not_stop_the_batch(store: Store, attempts: Dataset, llm: LlmServer) -> None:
    one: dict[str, Any] = {"fault": "400", "every": 2, "message": "One thing is wrong"}
    llm.set_faults(one, {"fault": "400", "message": "Another one is wrong"})
    batch = create(store, attempts)
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (0, ATTEMPTS, 0)


@pytest.mark.parametrize(
    ("status", "said", "meant"),
    [
        (401, "no", Status.KEY_REFUSED),
        (402, "Insufficient Balance", Status.NO_CREDIT),
        (403, "insufficient_quota", Status.NO_CREDIT),
        (404, "<html>nginx 404 not found</html>", Status.WRONG_ADDRESS),
        (400, "the file does not exist", Status.BAD_REQUEST),
        (400, "This model's maximum context length is 8192", Status.TOO_LONG),
        (400, "prompt is too long: 210000 tokens > 200000 maximum", Status.TOO_LONG),
        (400, "The decoder prompt (length 9000) is longer than the maximum model length of 8192", Status.TOO_LONG),
        (500, "the request exceeds the available context size", Status.TOO_LONG),
        (500, "Failed to parse grammar", Status.MODE_UNSUPPORTED),
        (500, "Internal server error", Status.SERVER_ERROR),
    ],
)
def test_an_error_is_read_by_its_status_and_words(status: int, said: str, meant: Status) -> None:
    assert classify_error(status, said) is meant
