import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import JobStopped, ModelServerError, WorkerReplaced
from core.extraction.batch import run_batch
from core.extraction.retry import RetryPolicy
from core.models import Dataset, Extractor
from core.progress import no_progress
from core.store import Store
from core.store.batch_models import Batch, BatchConfig
from tests.extraction.conftest import KEY, MODEL
from tests.responders import answer_hints
from tests.standins.llm import LlmServer
from tests.workspaces import create_batch, make_settings

ATTEMPTS = 26
QUICK = RetryPolicy(base_seconds=0.01, max_seconds=0.05)


def no_check() -> None:
    return


def make_config(**changes: Any) -> BatchConfig:
    values = {"extractor": Extractor.LLM, "model": MODEL, "batch_size": 20, "max_rpm": 100_000}
    return BatchConfig.model_validate(values | changes)


def run(
    store: Store,
    batch: Batch,
    llm: LlmServer,
    *,
    key: str | None = KEY,
    progress: Any = no_progress,
    check_lease: Callable[[], None] = no_check,
) -> None:
    settings = make_settings(Path("unused"), base_url=llm.base_url, key=key)
    run_batch(store, batch, settings=settings, progress=progress, check_lease=check_lease, retry=QUICK)


def test_every_attempt_is_asked_once_and_saved_with_its_usage(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    batch = create_batch(store, dataset, make_config())
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
    usage = store.batches.get_usage(batch.id)
    assert usage.requests == len(llm.requests) == ATTEMPTS
    assert usage.tokens_in > 10_000
    assert usage.tokens_out > 1_000
    assert usage.cost_usd is not None
    assert usage.cost_usd == pytest.approx((usage.tokens_in * 0.15 + usage.tokens_out * 0.6) / 1e6)


def test_a_second_batch_over_the_same_attempts_sends_nothing(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    run(store, create_batch(store, dataset, make_config()), llm)
    llm.reset()
    again = create_batch(store, dataset, make_config())
    run(store, again, llm)
    assert len(llm.requests) == 0
    assert store.batches.count_requests(again.id).done == ATTEMPTS


def test_another_model_is_another_question(store: Store, dataset: Dataset) -> None:
    with LlmServer(responder=answer_hints) as llm:
        run(store, create_batch(store, dataset, make_config(first_trials=1)), llm, key=None)
        run(store, create_batch(store, dataset, make_config(first_trials=1, model="other")), llm, key=None)
        assert len(llm.requests) == 8


def test_at_most_batch_size_requests_are_under_way(store: Store, dataset: Dataset) -> None:
    with LlmServer(responder=answer_hints, latency_seconds=0.05) as llm:
        run(store, create_batch(store, dataset, make_config(batch_size=3)), llm)
        assert llm.max_concurrency == 3


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "429", "every": 4, "retry_after": 0},
        {"fault": "429", "every": 4},
        {"fault": "500", "every": 4},
        {"fault": "503", "every": 4},
        {"fault": "drop", "every": 4},
        {"fault": "html", "every": 4},
        {"fault": "empty_choices", "every": 4},
        {"fault": "malformed", "every": 4},
        {"fault": "wrong_schema", "every": 4},
        {"fault": "truncated", "every": 4},
    ],
    ids=lambda fault: fault["fault"],
)
def test_passing_faults_are_overcome(store: Store, dataset: Dataset, llm: LlmServer, fault: dict[str, Any]) -> None:
    llm.set_faults(fault)
    batch = create_batch(store, dataset, make_config(batch_size=1))
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
    assert len(llm.requests) > ATTEMPTS
    assert store.batches.get_usage(batch.id).sent == len(llm.requests)


def test_every_reply_with_status_200_is_kept_whatever_it_holds(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    faults = ("html", "malformed", "wrong_schema", "refusal", "truncated", "empty_choices")
    llm.set_faults(*({"fault": fault, "every": 9, "after": after} for after, fault in enumerate(faults)))
    batch = create_batch(store, dataset, make_config(batch_size=1))
    run(store, batch, llm)
    kept = store.batches._rows("SELECT raw FROM replies WHERE http_status = 200")
    assert len(kept) == llm.count(status=200)
    assert all(row["raw"] for row in kept)


def test_a_refusal_fails_that_attempt_with_its_reason_and_the_rest_goes_on(
    store: Store, dataset: Dataset, llm: LlmServer
) -> None:
    llm.set_faults({"fault": "refusal", "first": 1})
    batch = create_batch(store, dataset, make_config(batch_size=1))
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS - 1, 1, 0)
    (group,) = store.answers.list_failures(batch.id)
    assert group.reason == "refused"


def test_an_answer_that_stays_invalid_fails_after_one_repair(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    llm.set_faults({"fault": "wrong_schema", "share": 1.0})
    batch = create_batch(store, dataset, make_config(first_trials=1))
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (0, 4, 0)
    assert store.answers.list_failures(batch.id)[0].reason == "invalid after repair"
    assert len(llm.requests) == 8


def test_failed_attempts_are_sent_again_when_they_are_retried(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    llm.set_faults({"fault": "refusal", "first": 2})
    batch = create_batch(store, dataset, make_config())
    run(store, batch, llm)
    llm.set_faults()
    llm.reset()
    assert store.answers.retry_failed(batch.id) == 2
    run(store, batch, llm)
    assert len(llm.requests) == 2
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)


@pytest.mark.parametrize(("fault", "mode"), [("no_schema", "json_object"), ("no_json_object", "text")])
def test_a_server_without_json_schema_is_asked_in_a_plainer_way_and_remembered(
    store: Store, dataset: Dataset, llm: LlmServer, fault: str, mode: str
) -> None:
    llm.set_faults({"fault": fault, "share": 1.0})
    batch = create_batch(store, dataset, make_config(batch_size=1))
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
    assert store.workspace.find_server_mode(server=f"{llm.base_url}/", model=MODEL) == mode
    assert len(llm.requests) <= ATTEMPTS + 2


def test_a_refused_key_stops_the_batch_and_leaves_its_attempts_to_the_next_run(
    store: Store, dataset: Dataset, llm: LlmServer
) -> None:
    batch = create_batch(store, dataset, make_config(batch_size=2))
    with pytest.raises(ModelServerError, match="refused the key") as caught:
        run(store, batch, llm, key="sk-wrong-key-9876543210")
    assert "sk-wrong-key-9876543210" not in str(caught.value)
    assert len(llm.requests) <= 2
    assert store.batches.count_requests(batch.id) == (0, 0, ATTEMPTS)
    assert "sk-wrong" not in str(store.batches._rows("SELECT * FROM replies"))
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)


def test_an_unknown_model_stops_the_batch(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    batch = create_batch(store, dataset, make_config(model="nobody"))
    with pytest.raises(ModelServerError, match='no model "nobody"'):
        run(store, batch, llm)


def test_a_server_that_never_answers_stops_the_batch(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    batch = create_batch(store, dataset, make_config())
    llm.stop()
    with pytest.raises(ModelServerError, match="cannot be reached"):
        run(store, batch, llm)
    llm.start()
    assert store.batches.count_requests(batch.id).pending == ATTEMPTS


def test_a_spent_budget_stops_the_batch_below_it(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    batch = create_batch(store, dataset, make_config(budget_usd=0.005))
    with pytest.raises(ModelServerError, match="budget"):
        run(store, batch, llm)
    usage = store.batches.get_usage(batch.id)
    assert usage.cost_usd is not None
    assert 0 < usage.cost_usd <= 0.005


def test_a_pause_sends_nothing_more_and_keeps_what_was_in_flight(store: Store, dataset: Dataset) -> None:
    wanted = threading.Event()

    def progress(stage: str, *, done: int = 0, total: int | None = None, failed: int = 0) -> None:
        if done >= 4:
            wanted.set()
            raise JobStopped("Paused by a person.")

    with LlmServer(key=KEY, responder=answer_hints, latency_seconds=0.1) as llm:
        batch = create_batch(store, dataset, make_config(batch_size=2))
        with pytest.raises(JobStopped, match="Paused"):
            run(store, batch, llm, progress=progress)
        counts = store.batches.count_requests(batch.id)
        assert wanted.is_set()
        assert counts.done == llm.count(status=200) == len(llm.requests) < ATTEMPTS
        run(store, batch, llm)
        assert len(llm.requests) == ATTEMPTS


def test_who_lost_the_lease_saves_nothing_more(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    def check_lease() -> None:
        raise WorkerReplaced("Another worker took over.")

    batch = create_batch(store, dataset, make_config())
    with pytest.raises(WorkerReplaced):
        run(store, batch, llm, check_lease=check_lease)
    assert store.batches.count_requests(batch.id).pending == ATTEMPTS


def test_requests_waiting_for_their_turn_do_not_delay_a_pause(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    def progress(stage: str, *, done: int = 0, total: int | None = None, failed: int = 0) -> None:
        if done:
            raise JobStopped("Paused by a person.")

    batch = create_batch(store, dataset, make_config(max_rpm=2))
    with pytest.raises(JobStopped):
        run(store, batch, llm, progress=progress)
    # at two a minute, waiting for their turns would have sent the others first
    assert len(llm.requests) <= 2
