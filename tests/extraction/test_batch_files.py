"""The way `files`: what is written, and that every kind of result file leaves the batch in the state that is true."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from core.errors import JobParked, JobStopped, UsageError, WorkerReplaced, WorkspaceError
from core.extraction.batch import run_batch
from core.extraction.batch_files import find_manifest, list_result_files
from core.extraction.batch_policy import BatchPolicy, Bounds
from core.extraction.batch_results import ResultTally
from core.models import Dataset, Extractor
from core.progress import no_progress
from core.store import Store
from core.store.batch_models import Batch, BatchConfig
from tests.builders import import_list, make_row, talk
from tests.engines import Change, Line, build_result, build_vllm_error, read_requests, run_engine, shuffled
from tests.extraction.conftest import KEY, MODEL
from tests.standins.llm import LlmServer
from tests.workspaces import create_batch, make_settings

ATTEMPTS = 26
WIDE = Bounds()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "requests"


def make_batch(store: Store, dataset: Dataset, folder: Path, **changes: Any) -> Batch:
    values = {"extractor": Extractor.LLM, "model": MODEL, "way": "files", "folder": str(folder)}
    return create_batch(store, dataset, BatchConfig.model_validate(values | changes))


def run(store: Store, batch: Batch, *, bounds: Bounds = WIDE, **values: Any) -> ResultTally:
    defaults: dict[str, Any] = {
        "settings": make_settings(Path("unused")),
        "progress": no_progress,
        "check_lease": lambda: None,
    }
    batch = store.batches.get_batch(batch.id)
    result = run_batch(store, batch, policy=BatchPolicy(bounds=bounds), **(defaults | values))
    return ResultTally.model_validate_json(result or "")


def write(store: Store, batch: Batch, **values: Any) -> str:
    with pytest.raises(JobParked) as caught:
        run(store, batch, **values)
    return str(caught.value)


def read(store: Store, batch: Batch, folder: Path, change: Change = iter) -> ResultTally:
    write(store, batch)
    run_engine(folder, change=change)
    return run(store, batch)


def spoil(result: Line, fault: str) -> Line:
    """A reply to the same question that is useless in this way."""
    messages = [{"role": "system", "content": ""}, {"role": "user", "content": "[message 0, user]\nhello\n====="}]
    body = {"model": MODEL, "messages": messages}
    return build_result({"custom_id": result["custom_id"], "body": body}, fault=fault, number=900)


def count_replies(store: Store) -> int:
    return len(store.batches._rows("SELECT id FROM replies"))


def test_every_attempt_is_written_once_without_key_or_server(store: Store, dataset: Dataset, folder: Path) -> None:
    batch = make_batch(store, dataset, folder)
    said = write(store, batch)
    assert said.startswith(f"Written: {ATTEMPTS} requests in 1 file in {folder} (requests-00001.jsonl).")
    assert f"--read-results {folder}" in said
    requests = read_requests(folder)
    assert len({request["custom_id"] for request in requests}) == ATTEMPTS
    first = requests[0]
    assert (first["method"], first["url"]) == ("POST", "/v1/chat/completions")
    assert first["body"]["model"] == MODEL
    assert first["body"]["response_format"]["type"] == "json_schema"
    assert store.batches.count_requests(batch.id).pending == ATTEMPTS


def test_results_in_any_order_answer_every_attempt_with_usage_and_cost(
    store: Store, dataset: Dataset, folder: Path
) -> None:
    batch = make_batch(store, dataset, folder)
    tally = read(store, batch, folder, shuffled)
    assert (tally.answered, tally.failed, tally.duplicates, tally.foreign, tally.broken) == (ATTEMPTS, 0, 0, 0, 0)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
    usage = store.batches.get_usage(batch.id)
    assert (usage.sent, usage.requests, usage.first_valid) == (ATTEMPTS, ATTEMPTS, ATTEMPTS)
    assert usage.cost_usd == pytest.approx((usage.tokens_in * 0.15 + usage.tokens_out * 0.6) / 1e6)
    assert usage.hints > ATTEMPTS


@pytest.mark.parametrize(
    ("bounds", "files"), [(Bounds(max_requests=10), 3), (Bounds(max_requests=1), 26), (Bounds(max_bytes=60_000), None)]
)
def test_files_keep_the_bounds_of_requests_and_bytes(
    store: Store, dataset: Dataset, folder: Path, bounds: Bounds, files: int | None
) -> None:
    batch = make_batch(store, dataset, folder)
    write(store, batch, bounds=bounds)
    paths = sorted(folder.glob("requests-*.jsonl"))
    assert len(paths) == files if files else len(paths) > 2
    sizes = [path.stat().st_size for path in paths]
    lines = [len(path.read_bytes().splitlines()) for path in paths]
    assert max(sizes) <= bounds.max_bytes
    assert max(lines) <= bounds.max_requests
    assert sum(lines) == ATTEMPTS
    assert paths[0].name == "requests-00001.jsonl"
    run_engine(folder)
    assert run(store, batch).answered == ATTEMPTS


def test_a_request_larger_than_a_file_may_be_fails_with_its_reason(
    store: Store, dataset: Dataset, folder: Path
) -> None:
    batch = make_batch(store, dataset, folder)
    tally = run(store, batch, bounds=Bounds(max_bytes=100))
    assert tally.lines == 0
    assert store.batches.count_requests(batch.id).failed == ATTEMPTS
    assert store.answers.list_failures(batch.id)[0].reason == "too long"
    assert not list(folder.glob("*.jsonl"))


def test_the_manifest_says_whose_files_they_are_and_what_they_hold(
    store: Store, dataset: Dataset, folder: Path
) -> None:
    batch = make_batch(store, dataset, folder)
    write(store, batch, bounds=Bounds(max_requests=20))
    manifest = find_manifest(folder)
    assert manifest is not None
    assert (manifest.batch, manifest.dataset, manifest.model, manifest.requests) == (batch.id, "sample", MODEL, 26)
    assert [file.requests for file in manifest.files] == [20, 6]
    assert store.workspace.get_secret().hex() not in (folder / "trace_hints_batch.json").read_text()


def test_writing_again_without_results_changes_no_file(store: Store, dataset: Dataset, folder: Path) -> None:
    batch = make_batch(store, dataset, folder)
    said = write(store, batch)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert write(store, batch) == said
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_crash_while_writing_leaves_the_same_files_after_the_next_run(
    store: Store, dataset: Dataset, folder: Path, tmp_path: Path
) -> None:
    def crash(stage: str, *, done: int = 0, total: int | None = None, failed: int = 0) -> None:
        if done >= 20:
            raise JobStopped("Paused by a person.")

    batch = make_batch(store, dataset, folder)
    with pytest.raises(JobStopped, match="Paused"):
        run(store, batch, progress=crash, bounds=Bounds(max_requests=10))
    assert {len(path.read_bytes().splitlines()) for path in folder.glob("*.jsonl")} == {10}
    write(store, batch, bounds=Bounds(max_requests=10))
    whole = make_batch(store, dataset, tmp_path / "whole")
    write(store, whole, bounds=Bounds(max_requests=10))
    assert read_requests(folder) == read_requests(tmp_path / "whole")
    assert not list(folder.glob(".*"))


def test_who_lost_the_lease_writes_down_nothing_more(store: Store, dataset: Dataset, folder: Path) -> None:
    def check_lease() -> None:
        raise WorkerReplaced("Another worker took over.")

    batch = make_batch(store, dataset, folder)
    with pytest.raises(WorkerReplaced):
        run(store, batch, check_lease=check_lease)
    assert not list(folder.glob("*.jsonl"))
    write(store, batch)
    run_engine(folder)
    with pytest.raises(WorkerReplaced):
        run(store, batch, check_lease=check_lease)
    assert store.batches.count_requests(batch.id).pending == ATTEMPTS


def test_equal_questions_are_one_line_and_share_its_answer(store: Store, tmp_path: Path, folder: Path) -> None:
    same = [make_row(talk("Task: x", "done"), trial_name="a", episode=f"e{n}", run_id=str(n)) for n in range(2)]
    rows = [*same, make_row(talk("Task: x", "done"), trial_name="b")]
    dataset = import_list(store, rows).dataset
    batch = make_batch(store, dataset, folder)
    attempts = store.batches.count_requests(batch.id).total
    write(store, batch)
    requests = read_requests(folder)
    assert len(requests) < attempts
    run_engine(folder)
    assert run(store, batch).answered == attempts
    usage = store.batches.get_usage(batch.id)
    assert usage.requests == len(requests)
    assert usage.reused == attempts - len(requests)


def test_what_was_answered_live_is_not_written(store: Store, dataset: Dataset, folder: Path, llm: LlmServer) -> None:
    settings = make_settings(Path("unused"), base_url=llm.base_url, key=KEY)
    live = create_batch(store, dataset, BatchConfig(extractor=Extractor.LLM, model=MODEL, first_trials=3))
    run_batch(store, live, settings=settings, progress=no_progress, check_lease=lambda: None)
    answered = store.batches.count_requests(live.id).done
    batch = make_batch(store, dataset, folder)
    write(store, batch, settings=settings)
    assert len(read_requests(folder)) == ATTEMPTS - answered
    assert store.batches.count_requests(batch.id).done == answered


def test_what_was_answered_by_files_is_not_sent_live(
    store: Store, dataset: Dataset, folder: Path, llm: LlmServer
) -> None:
    settings = make_settings(Path("unused"), base_url=llm.base_url, key=KEY)
    batch = make_batch(store, dataset, folder)
    write(store, batch, settings=settings)
    run_engine(folder)
    run(store, batch, settings=settings)
    live = create_batch(store, dataset, BatchConfig(extractor=Extractor.LLM, model=MODEL))
    run_batch(store, live, settings=settings, progress=no_progress, check_lease=lambda: None)
    assert llm.requests == []
    assert store.batches.count_requests(live.id).done == ATTEMPTS


def test_reading_twice_changes_nothing(store: Store, dataset: Dataset, folder: Path) -> None:
    batch = make_batch(store, dataset, folder)
    read(store, batch, folder, lambda results: [spoil(results[0], "refusal"), *results[1:]])
    usage, replies = store.batches.get_usage(batch.id), count_replies(store)
    again = run(store, batch)
    assert (again.answered, again.failed, again.duplicates) == (0, 0, ATTEMPTS)
    assert store.batches.get_usage(batch.id) == usage
    assert count_replies(store) == replies
    assert store.batches.count_requests(batch.id) == (ATTEMPTS - 1, 1, 0)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("refusal", "refused"),
        ("truncated", "truncated"),
        ("empty_choices", "empty answer"),
        ("malformed", "invalid answer"),
        ("wrong_schema", "invalid answer"),
    ],
)
def test_useless_replies_are_kept_and_fail_with_their_reason(
    store: Store, dataset: Dataset, folder: Path, fault: str, reason: str
) -> None:
    batch = make_batch(store, dataset, folder)
    read(store, batch, folder, lambda results: [spoil(results[0], fault), *results[1:]])
    assert store.batches.count_requests(batch.id) == (ATTEMPTS - 1, 1, 0)
    assert store.answers.list_failures(batch.id)[0].reason == reason
    assert count_replies(store) == ATTEMPTS


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"choices": [None], "usage": {"prompt_tokens": "12"}}, "empty answer"),
        ({"choices": "x", "usage": [1]}, "empty answer"),
        ({"error": {"message": "Provider overloaded", "code": 503}}, "server error"),
        ([1, 2], "reply is not JSON"),
    ],
    ids=["no choice", "no list", "error", "list"],
)
def test_odd_replies_are_kept_and_fail_with_their_reason(
    store: Store, dataset: Dataset, folder: Path, body: Any, reason: str
) -> None:
    def make_odd(line: Line) -> Line:
        return line | {"response": {"status_code": 200, "body": body}}

    batch = make_batch(store, dataset, folder)
    tally = read(store, batch, folder, lambda results: [make_odd(results[0]), *results[1:]])
    assert tally.broken == 0
    assert store.batches.count_requests(batch.id) == (ATTEMPTS - 1, 1, 0)
    assert store.answers.list_failures(batch.id)[0].reason == reason
    assert count_replies(store) == ATTEMPTS


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"response": {"status_code": 500, "body": {"error": {"message": "x"}}}, "error": None}, "server error"),
        ({"response": {"status_code": 429, "body": {"error": {"message": "x"}}}, "error": None}, "rate-limited out"),
        ({"response": None, "error": {"code": "batch_expired", "message": "too late"}}, "expired"),
        ({"response": None, "error": {"code": "other", "message": "strange"}}, "server error"),
        ({"response": None, "error": "strange"}, "server error"),
    ],
    ids=["500", "429", "expired", "other", "text"],
)
def test_failed_lines_fail_with_their_reason(
    store: Store, dataset: Dataset, folder: Path, line: Line, reason: str
) -> None:
    batch = make_batch(store, dataset, folder)
    read(store, batch, folder, lambda results: [line | {"custom_id": results[0]["custom_id"]}, *results[1:]])
    assert store.answers.list_failures(batch.id)[0].reason == reason
    assert store.batches.count_requests(batch.id) == (ATTEMPTS - 1, 1, 0)


def test_what_vllm_says_of_a_failed_request_is_understood(store: Store, dataset: Dataset, folder: Path) -> None:
    batch = make_batch(store, dataset, folder)
    read(store, batch, folder, lambda results: [build_vllm_error(results[0]), *results[1:]])
    (group,) = store.answers.list_failures(batch.id)
    assert group.reason == "too long"
    assert group.detail == "This model's maximum context length is 4096 tokens."


def test_missing_foreign_duplicate_and_broken_lines_are_counted_and_harm_nothing(
    store: Store, dataset: Dataset, folder: Path
) -> None:
    def mix(results: list[Line]) -> Iterable[Line | bytes]:
        yield from results[:-2]
        yield results[0]
        yield results[1] | {"id": "batch_req_again"}
        yield spoil(results[2], "refusal")
        yield results[3] | {"custom_id": "somebody else's"}
        yield b'{"custom_id": "cut in the mid'
        yield b"\n\n[1, 2]\n"
        yield {"custom_id": results[4]["custom_id"]}

    batch = make_batch(store, dataset, folder)
    tally = read(store, batch, folder, mix)
    assert tally.model_dump() == {
        "files": 1,
        "lines": ATTEMPTS - 2 + 7,
        "answered": ATTEMPTS - 2,
        "failed": 2,
        "missing": 2,
        "duplicates": 3,
        "foreign": 1,
        "broken": 3,
        "broken_at": ["results.jsonl:29", "results.jsonl:31", "results.jsonl:32"],
    }
    assert store.batches.count_requests(batch.id) == (ATTEMPTS - 2, 2, 0)
    assert store.answers.list_failures(batch.id)[0].reason == "no result"
    # the refusal was paid for, although its question has an answer
    assert count_replies(store) == ATTEMPTS - 2 + 1


def test_a_later_valid_result_wins_over_an_earlier_failed_one(store: Store, dataset: Dataset, folder: Path) -> None:
    batch = make_batch(store, dataset, folder)
    tally = read(store, batch, folder, lambda results: [spoil(results[0], "refusal"), *results])
    assert (tally.answered, tally.failed) == (ATTEMPTS, 0), "it was counted as failed and as answered"
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
    assert count_replies(store) == ATTEMPTS + 1


def test_results_that_come_later_answer_what_had_none(store: Store, dataset: Dataset, folder: Path) -> None:
    batch = make_batch(store, dataset, folder)
    read(store, batch, folder, lambda results: results[:20])
    assert store.batches.count_requests(batch.id) == (20, 6, 0)
    run_engine(folder, name="more.jsonl", change=lambda results: results[20:])
    tally = run(store, batch)
    assert (tally.files, tally.answered, tally.duplicates) == (2, 6, 20)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)


def test_retried_requests_are_written_to_new_files_and_old_results_do_not_fail_them_again(
    store: Store, dataset: Dataset, folder: Path
) -> None:
    batch = make_batch(store, dataset, folder)
    read(store, batch, folder, lambda results: [spoil(results[0], "refusal"), *results[1:25]])
    assert store.answers.retry_failed(batch.id) == 2
    assert write(store, batch).startswith(f"Written: 2 requests in 1 file in {folder} (requests-00002.jsonl).")
    assert len((folder / "requests-00002.jsonl").read_bytes().splitlines()) == 2
    assert "says anything new" in write(store, batch)
    assert store.batches.count_requests(batch.id).pending == 2
    run_engine(folder, name="second.jsonl", change=lambda results: results[-2:])
    assert run(store, batch).answered == 2
    manifest = find_manifest(folder)
    assert manifest is not None
    assert [file.requests for file in manifest.files] == [ATTEMPTS, 2]


def test_results_of_nothing_we_asked_leave_the_batch_waiting(store: Store, dataset: Dataset, folder: Path) -> None:
    batch = make_batch(store, dataset, folder)
    write(store, batch)
    (folder / "results.jsonl").write_text('{"custom_id": "x", "response": {"status_code": 200, "body": {}}}\n')
    assert "None of the 1 lines" in write(store, batch)
    assert store.batches.count_requests(batch.id).pending == ATTEMPTS
    assert count_replies(store) == 0


def test_an_engine_without_json_schema_is_asked_in_a_plainer_way_after_a_retry(
    store: Store, dataset: Dataset, folder: Path
) -> None:
    error = {"error": {"message": "response_format json_schema is not supported"}}

    def refuse(results: list[Line]) -> list[Line]:
        return [line | {"response": {"status_code": 400, "body": error}} for line in results]

    batch = make_batch(store, dataset, folder)
    read(store, batch, folder, refuse)
    assert store.answers.list_failures(batch.id)[0].reason == "output mode not supported"
    store.answers.retry_failed(batch.id)
    write(store, batch)
    kinds = [request["body"]["response_format"]["type"] for request in read_requests(folder)]
    assert kinds == ["json_schema"] * ATTEMPTS + ["json_object"] * ATTEMPTS


def test_a_folder_with_files_of_another_batch_is_refused(store: Store, dataset: Dataset, folder: Path) -> None:
    write(store, make_batch(store, dataset, folder))
    other = make_batch(store, dataset, folder, first_trials=1)
    with pytest.raises(UsageError, match="another batch"):
        run(store, other)


def test_a_folder_with_other_json_lines_is_refused(store: Store, dataset: Dataset, folder: Path) -> None:
    folder.mkdir()
    (folder / "traces.jsonl").write_text("{}\n")
    with pytest.raises(UsageError, match=r"traces\.jsonl, which would be taken for results"):
        run(store, make_batch(store, dataset, folder))


def test_a_folder_that_cannot_be_written_is_said(store: Store, dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WorkspaceError, match="cannot be written"):
        run(store, make_batch(store, dataset, tmp_path / "file"))


def test_request_files_are_no_results(tmp_path: Path) -> None:
    for name in ("requests-00001.jsonl", "requests-00001_output.jsonl", "b.jsonl", ".c.jsonl.part", "d.json"):
        (tmp_path / name).touch()
    assert [path.name for path in list_result_files(tmp_path)] == ["b.jsonl", "requests-00001_output.jsonl"]
    assert list_result_files(tmp_path / "nowhere") == []


def test_secrets_are_masked_in_what_is_written(store: Store, folder: Path) -> None:
    key = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ"
    dataset = import_list(store, [make_row(talk("Task: x", f"export KEY={key}"))]).dataset
    write(store, make_batch(store, dataset, folder))
    assert key not in (folder / "requests-00001.jsonl").read_text()
