"""The way `batch_api`: one run is one look; whatever happens in between, nothing is submitted or paid for twice."""

from pathlib import Path
from typing import Any

import pytest

from core.errors import JobPostponed, JobStopped, ModelServerError, WorkerReplaced
from core.extraction.batch import run_batch, wind_up_batch
from core.extraction.batch_policy import BatchPolicy, Bounds
from core.extraction.launch import describe_change
from core.models import Dataset, Extractor
from core.progress import no_progress
from core.store import Store
from core.store.batch_models import Batch, BatchConfig
from tests.extraction.conftest import KEY, MODEL
from tests.standins.llm import LlmServer
from tests.workspaces import create_batch, make_settings

ATTEMPTS = 26
THREE_PARTS = Bounds(max_requests=10)
MANY_LOOKS = 30


def make_batch(store: Store, dataset: Dataset, **changes: Any) -> Batch:
    values = {"extractor": Extractor.LLM, "model": MODEL, "way": "batch_api"} | changes
    return create_batch(store, dataset, BatchConfig.model_validate(values))


def look(
    store: Store, batch: Batch, llm: LlmServer, *, key: str = KEY, bounds: Bounds | None = None, **values: Any
) -> None:
    """One run."""
    defaults: dict[str, Any] = {"progress": no_progress, "check_lease": lambda: None}
    policy = BatchPolicy(bounds=bounds or Bounds())
    settings = make_settings(Path("unused"), base_url=llm.base_url, key=key)
    run_batch(store, batch, settings=settings, policy=policy, **(defaults | values))


def run(store: Store, batch: Batch, llm: LlmServer, **values: Any) -> int:
    """Run again until it is through, as the worker does; how often it was postponed."""
    for number in range(MANY_LOOKS):
        try:
            look(store, batch, llm, **values)
        except JobPostponed:
            continue
        return number
    raise AssertionError("it is never through")


def begin(store: Store, batch: Batch, llm: LlmServer, **values: Any) -> JobPostponed:
    """The first run: everything is submitted."""
    with pytest.raises(JobPostponed) as caught:
        look(store, batch, llm, **values)
    return caught.value


def wind_up(store: Store, batch: Batch, llm: LlmServer) -> None:
    settings = make_settings(Path("unused"), base_url=llm.base_url, key=KEY)
    for _ in range(MANY_LOOKS):
        try:
            wind_up_batch(store, batch, settings=settings, progress=no_progress, check_lease=lambda: None)
        except JobPostponed:
            continue
        return
    raise AssertionError("it is never through")


def count(llm: LlmServer, method: str, path: str) -> int:
    return sum(record.method == method and record.path.startswith(path) for record in llm.requests)


def count_submitted(llm: LlmServer) -> int:
    return sum(len(names) for names in llm.batches.submitted)


def test_a_batch_is_submitted_once_and_answered_at_half_the_price(
    store: Store, dataset: Dataset, llm: LlmServer
) -> None:
    batch = make_batch(store, dataset)
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
    assert len(llm.batches.submitted) == 1
    usage = store.batches.get_usage(batch.id)
    assert (usage.sent, usage.requests) == (ATTEMPTS, ATTEMPTS)
    assert usage.cost_usd == pytest.approx((usage.tokens_in * 0.15 + usage.tokens_out * 0.6) / 2e6)
    assert store.batches.get_batch(batch.id).server == f"{llm.base_url}/"


def test_another_key_is_noticed_at_the_batch_api_too(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    batch = make_batch(store, dataset)
    run(store, batch, llm)
    known = store.batches.get_batch(batch.id)
    assert describe_change(known, make_settings(store.home, base_url=llm.base_url, key=KEY)) is None
    words = describe_change(known, make_settings(store.home, base_url=llm.base_url, key="sk-second-key-9876543210"))
    assert words is not None
    assert words.startswith("The key has changed")


def test_a_large_batch_is_submitted_in_parts_that_keep_the_bounds(
    store: Store, dataset: Dataset, llm: LlmServer
) -> None:
    batch = make_batch(store, dataset)
    run(store, batch, llm, bounds=THREE_PARTS)
    assert [len(names) for names in llm.batches.submitted] == [10, 10, 6]
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
    keys = [item["metadata"]["trace_hints_part"] for item in llm.batches.batches.values()]
    assert keys == ["part-00001", "part-00002", "part-00003"]


def test_waiting_says_how_much_the_server_has_answered(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    stages: list[str] = []

    def progress(stage: str, *, done: int = 0, total: int | None = None, failed: int = 0) -> None:
        stages.append(stage)
        assert (done, total) == (0, ATTEMPTS) or "waiting" not in stage

    llm.batches.looks = 3
    batch = make_batch(store, dataset)
    begin(store, batch, llm, progress=progress)
    begin(store, batch, llm, progress=progress)
    assert stages[-1] == f"waiting for the server (0 of {ATTEMPTS} answered there)"


@pytest.mark.parametrize(("age_seconds", "wait_seconds"), [(0, 1), (50, 5), (100_000, 30)])
def test_a_server_is_asked_less_often_the_longer_it_takes(age_seconds: float, wait_seconds: float) -> None:
    assert BatchPolicy().get_poll_seconds(age_seconds) == wait_seconds


def test_what_is_answered_is_not_submitted(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    run(store, make_batch(store, dataset, first_trials=3), llm)
    llm.batches.submitted.clear()
    second = make_batch(store, dataset)
    run(store, second, llm)
    assert 0 < count_submitted(llm) < ATTEMPTS
    assert store.batches.count_requests(second.id).done == ATTEMPTS
    third = make_batch(store, dataset)
    look(store, third, llm)
    assert store.batches.get_usage(third.id).reused == ATTEMPTS


def test_answers_of_the_batch_api_serve_the_live_way(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    run(store, make_batch(store, dataset), llm)
    llm.reset()
    live = make_batch(store, dataset, way="live")
    look(store, live, llm)
    assert llm.requests == []
    assert store.batches.count_requests(live.id).done == ATTEMPTS


@pytest.mark.parametrize("fault", ["cut", "drop"])
@pytest.mark.parametrize("path", ["/v1/files", "/v1/batches"])
def test_a_lost_reply_while_submitting_submits_nothing_twice(
    store: Store, dataset: Dataset, llm: LlmServer, path: str, fault: str
) -> None:
    llm.set_faults({"fault": fault, "method": "POST", "path": path, "after": 1, "first": 1})
    batch = make_batch(store, dataset)
    run(store, batch, llm, bounds=THREE_PARTS)
    assert [len(names) for names in llm.batches.submitted] == [10, 10, 6]
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)


def test_a_batch_whose_id_was_never_saved_is_found_again_behind_many_others(
    store: Store, dataset: Dataset, llm: LlmServer
) -> None:
    batch = make_batch(store, dataset, first_trials=1)
    begin(store, batch, llm)
    (part,) = store.remote.list_open(batch.id)
    # as a crash between the server's answer and its save leaves it
    store.remote._connection.execute("UPDATE remote_batches SET remote_id = NULL, status = 'uploaded'")
    (mine,) = llm.batches.batches.values()
    for number in range(150):
        llm.batches.batches[f"other-{number}"] = mine | {"id": f"other-{number}", "input_file_id": "file-x"}
    run(store, batch, llm)
    assert len(llm.batches.submitted) == 1
    assert store.remote.get_part(part.id).remote_id == mine["id"]


@pytest.mark.parametrize("fault", ["500", "429", "503", "drop", "cut", "html"])
@pytest.mark.parametrize("path", ["/v1/batches/batch_0001", "/v1/files/file-0002/content"])
def test_a_server_that_is_away_for_a_while_is_waited_for(
    store: Store, dataset: Dataset, llm: LlmServer, path: str, fault: str
) -> None:
    llm.set_faults({"fault": fault, "method": "GET", "path": path, "first": 2})
    batch = make_batch(store, dataset)
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
    assert len(llm.batches.submitted) == 1


def test_a_server_that_never_answers_stops_the_batch(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    batch = make_batch(store, dataset)
    llm.stop()
    with pytest.raises(ModelServerError, match="cannot be reached"):
        look(store, batch, llm)
    llm.start()
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id).done == ATTEMPTS


def test_a_refused_key_stops_the_batch_and_does_not_show(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    batch = make_batch(store, dataset)
    wrong = "sk-wrong-key-9876543210"
    with pytest.raises(ModelServerError, match="refused the key") as caught:
        look(store, batch, llm, key=wrong)
    assert wrong not in str(caught.value)
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id).done == ATTEMPTS


@pytest.mark.parametrize("status", ["404", "405"])
def test_a_server_without_a_batch_api_is_named(store: Store, dataset: Dataset, llm: LlmServer, status: str) -> None:
    llm.set_faults({"fault": status, "path": "/v1/files", "code": "unknown_url", "message": "Not Found"})
    with pytest.raises(ModelServerError, match="has no Batch API"):
        look(store, make_batch(store, dataset), llm)


def test_an_unknown_model_stops_the_batch(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    llm.batches.refuse_with = ("model_not_found", "The model does not exist.")
    batch = make_batch(store, dataset, model="nobody")
    with pytest.raises(ModelServerError, match='no model "nobody"'):
        run(store, batch, llm)
    assert store.batches.count_requests(batch.id).pending == ATTEMPTS


def test_a_refused_file_stops_the_batch_and_can_be_submitted_again(
    store: Store, dataset: Dataset, llm: LlmServer
) -> None:
    llm.batches.refuse_with = ("invalid_json_line", "Line 3 is not JSON.")
    batch = make_batch(store, dataset)
    with pytest.raises(ModelServerError, match="Line 3 is not JSON"):
        run(store, batch, llm)
    llm.batches.refuse_with = None
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)


@pytest.mark.parametrize("limit", [26, 20, 10, 3])
def test_a_short_queue_gets_smaller_parts_one_after_the_other(
    store: Store, dataset: Dataset, llm: LlmServer, limit: int
) -> None:
    llm.batches.queue_limit = limit
    batch = make_batch(store, dataset)
    run(store, batch, llm, bounds=THREE_PARTS)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
    assert store.batches.get_usage(batch.id).sent == ATTEMPTS


def test_a_queue_without_room_for_one_request_stops_the_batch(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    llm.batches.queue_limit = 0
    with pytest.raises(ModelServerError, match="no room in its queue"):
        run(store, make_batch(store, dataset), llm)


def test_what_expired_is_submitted_once_more(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    llm.batches.expire_after = 20
    batch = make_batch(store, dataset)
    run(store, batch, llm)
    assert [len(names) for names in llm.batches.submitted] == [26, 6]
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)


def test_what_expires_again_fails_and_can_be_retried(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    llm.batches.expire_after = 4
    batch = make_batch(store, dataset)
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (8, 18, 0)
    assert store.answers.list_failures(batch.id)[0].reason == "expired"
    llm.batches.expire_after = None
    store.answers.retry_failed(batch.id)
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
    assert [len(names) for names in llm.batches.submitted] == [26, 22, 18]


def test_failed_lines_fail_with_their_reason_and_are_submitted_again_on_retry(
    store: Store, dataset: Dataset, llm: LlmServer
) -> None:
    faults = ("refusal", "malformed", "truncated", "500", "drop")
    llm.set_faults(*({"fault": fault, "first": 1} for fault in faults))
    batch = make_batch(store, dataset)
    run(store, batch, llm)
    failures = {group.reason: group.requests for group in store.answers.list_failures(batch.id)}
    assert failures == {"refused": 1, "invalid answer": 1, "truncated": 1, "server error": 2}
    assert store.answers.retry_failed(batch.id) == 5
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
    assert [len(names) for names in llm.batches.submitted] == [26, 5]


def test_the_same_failure_again_is_told_by_its_reason(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    llm.set_faults({"fault": "500", "share": 1.0})
    batch = make_batch(store, dataset, first_trials=1)
    run(store, batch, llm)
    store.answers.retry_failed(batch.id)
    run(store, batch, llm)
    assert store.answers.list_failures(batch.id)[0].reason == "server error"


def test_a_crash_while_collecting_collects_the_same_again(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    def crash(stage: str, *, done: int = 0, total: int | None = None, failed: int = 0) -> None:
        if done:
            raise JobStopped("Paused by a person.")

    llm.set_faults({"fault": "refusal", "first": 1})
    batch = make_batch(store, dataset)
    begin(store, batch, llm)
    with pytest.raises(JobStopped, match="Paused"):
        look(store, batch, llm, progress=crash)
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS - 1, 1, 0)
    assert store.batches.get_usage(batch.id).requests == ATTEMPTS
    assert store.batches.get_usage(batch.id).sent == ATTEMPTS


def test_who_lost_the_lease_submits_and_saves_nothing(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    def check_lease() -> None:
        raise WorkerReplaced("Another worker took over.")

    batch = make_batch(store, dataset)
    with pytest.raises(WorkerReplaced):
        look(store, batch, llm, check_lease=check_lease)
    assert llm.requests == []


def test_a_batch_that_somebody_cancelled_at_the_server_fails_what_is_left(
    store: Store, dataset: Dataset, llm: LlmServer
) -> None:
    llm.batches.looks, llm.batches.answered_before_cancel = 99, 5
    batch = make_batch(store, dataset)
    begin(store, batch, llm)
    llm.batches.batches["batch_0001"]["status"] = "cancelling"
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (5, 21, 0)
    assert store.answers.list_failures(batch.id)[0].reason == "cancelled at the server"


def test_winding_up_cancels_every_part_and_keeps_what_was_answered(
    store: Store, dataset: Dataset, llm: LlmServer
) -> None:
    llm.batches.looks, llm.batches.answered_before_cancel = 99, 4
    batch = make_batch(store, dataset)
    begin(store, batch, llm, bounds=THREE_PARTS)
    wind_up(store, batch, llm)
    assert {item["status"] for item in llm.batches.batches.values()} == {"cancelled"}
    assert store.batches.count_requests(batch.id) == (12, 0, 14)
    assert store.remote.list_open(batch.id) == []
    assert store.batches.get_usage(batch.id).cost_usd


def test_winding_up_what_is_through_already_collects_it(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    batch = make_batch(store, dataset)
    begin(store, batch, llm)
    wind_up(store, batch, llm)
    assert store.batches.count_requests(batch.id).done == ATTEMPTS


def test_winding_up_a_part_that_was_never_submitted_asks_for_nothing(
    store: Store, dataset: Dataset, llm: LlmServer
) -> None:
    llm.set_faults({"fault": "drop", "method": "POST", "path": "/v1/batches"})
    batch = make_batch(store, dataset)
    with pytest.raises(ModelServerError):
        look(store, batch, llm)
    wind_up(store, batch, llm)
    assert llm.batches.submitted == []
    assert store.remote.list_open(batch.id) == []


def test_a_budget_bounds_what_is_submitted_and_stops_when_it_is_spent(
    store: Store, dataset: Dataset, llm: LlmServer
) -> None:
    batch = make_batch(store, dataset, budget_usd=0.002)
    begin(store, batch, llm)
    assert 0 < count_submitted(llm) < ATTEMPTS
    with pytest.raises(ModelServerError, match="budget"):
        run(store, batch, llm)
    usage = store.batches.get_usage(batch.id)
    assert usage.cost_usd is not None
    assert 0 < usage.cost_usd <= 0.002


def test_a_server_without_json_schema_is_asked_in_a_plainer_way_after_a_retry(
    store: Store, dataset: Dataset, llm: LlmServer
) -> None:
    llm.set_faults({"fault": "no_schema", "share": 1.0})
    batch = make_batch(store, dataset)
    run(store, batch, llm, bounds=THREE_PARTS)
    assert store.answers.list_failures(batch.id)[0].reason == "output mode not supported"
    store.answers.retry_failed(batch.id)
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
    assert store.workspace.find_server_mode(server=f"{llm.base_url}/", model=MODEL) == "json_object"


def test_a_server_that_does_not_take_a_parameter_is_asked_without_it_after_a_retry(
    store: Store, dataset: Dataset, llm: LlmServer
) -> None:
    said = "Unsupported parameter: 'temperature' is not supported with this model."
    llm.set_faults({"fault": "400", "contains": '"temperature"', "message": said})
    batch = make_batch(store, dataset)
    run(store, batch, llm, bounds=THREE_PARTS)
    (failed,) = store.answers.list_failures(batch.id)
    assert failed.reason == "parameter not supported"
    store.answers.retry_failed(batch.id)
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
    assert store.workspace.find_refused_parameters(server=f"{llm.base_url}/", model=MODEL) == {"temperature"}
