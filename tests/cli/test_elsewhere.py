"""A batch that runs elsewhere, by command line: written without key or server, run by an engine, read back."""

import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from core.settings import Settings
from core.store import open_store
from tests.cli.conftest import KEY
from tests.commands import Done, build_environment, finish, run_core, start_core
from tests.engines import read_requests, run_engine
from tests.standins.llm import LlmServer
from tests.workspaces import SAMPLE

ATTEMPTS = 26
REQUESTS = ATTEMPTS + 6
"""With the trials of which a success and a failure are compared."""


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """A workspace with the sample, and neither key nor server."""
    made = build_environment(home)
    assert run_core("import", str(SAMPLE), environment=made).code == 0
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "requests"


def extract(environment: dict[str, str], *arguments: str | Path) -> Done:
    return run_core("extract", "--dataset", "sample", "--json", *map(str, arguments), environment=environment)


def refuse(environment: dict[str, str], *arguments: str | Path, says: str, code: int = 2) -> None:
    done = extract(environment, *arguments)
    assert done.code == code, done.err
    assert says in done.err
    assert done.out == ""


def test_write_run_read_gives_hints_to_review(environment: dict[str, str], home: Path, folder: Path) -> None:
    written = extract(environment, "--write-requests", folder)
    assert written.code == 0, written.err
    assert written.json["extraction"]["written"] == {"requests": REQUESTS, "files": ["requests-00001.jsonl"]}
    assert f"--read-results {folder}" in written.err
    run_engine(folder)
    done = extract(environment, "--read-results", folder)
    assert done.code == 0, done.err
    assert (done.json["extraction"]["done"], done.json["extraction"]["requests"]) == (ATTEMPTS, REQUESTS)
    assert done.json["extraction"]["read"]["answered"] == REQUESTS
    assert done.json["extraction"]["cost_usd"] > 0
    status: Any = run_core("status", "--dataset", "sample", "--json", environment=environment).json
    assert status["extracted"] == 13
    with open_store(Settings(home=home).home) as store:
        (dataset,) = store.traces.list_datasets()
        trial = store.traces.list_trials(dataset.id)[0]
        hints = store.curation.list_hints(trial.id)
        assert hints
        assert all(hint.evidence for hint in hints)


def test_the_same_command_again_writes_nothing_new(environment: dict[str, str], folder: Path) -> None:
    first = extract(environment, "--write-requests", folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    again = extract(environment, "--write-requests", folder)
    assert again.code == 0, again.err
    assert again.json == first.json
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_attempts_without_a_result_end_with_3_and_more_results_mend_it(
    environment: dict[str, str], folder: Path
) -> None:
    extract(environment, "--write-requests", folder)
    run_engine(folder, change=lambda results: results[:20])
    some = extract(environment, "--read-results", folder)
    assert some.code == 3
    assert some.json["extraction"]["failed"] == 6
    assert "failed: 6 no result" in some.err
    assert "failed: 6 comparisons no result" in some.err
    run_engine(folder, name="rest.jsonl", change=lambda results: results[20:])
    rest = extract(environment, "--read-results", folder)
    assert rest.code == 0, rest.err
    assert rest.json["extraction"]["done"] == ATTEMPTS
    assert rest.json["extraction"]["requests"] == REQUESTS - 20


def test_reading_again_after_everything_was_read_changes_nothing(environment: dict[str, str], folder: Path) -> None:
    extract(environment, "--write-requests", folder)
    run_engine(folder)
    extract(environment, "--read-results", folder)
    again = extract(environment, "--read-results", folder)
    assert again.code == 0, again.err
    assert again.json["extraction"]["requests"] == 0
    assert again.json["extraction"]["read"]["duplicates"] == REQUESTS


def test_results_may_be_read_from_a_copy_of_the_folder(
    environment: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    extract(environment, "--write-requests", folder)
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    shutil.rmtree(folder)
    run_engine(copy)
    done = extract(environment, "--read-results", copy)
    assert done.code == 0, done.err
    assert done.json["extraction"]["done"] == ATTEMPTS


def test_reading_before_there_are_results_says_what_to_do(environment: dict[str, str], folder: Path) -> None:
    extract(environment, "--write-requests", folder)
    refuse(environment, "--read-results", folder, code=1, says="Run them, put the results there")


def test_a_folder_without_requests_is_refused(environment: dict[str, str], tmp_path: Path) -> None:
    refuse(environment, "--read-results", tmp_path / "nowhere", says="holds no trace_hints_batch.json")


def test_a_folder_of_another_workspace_is_refused(environment: dict[str, str], folder: Path, tmp_path: Path) -> None:
    extract(environment, "--write-requests", folder)
    other = build_environment(tmp_path / "other")
    run_core("import", str(SAMPLE), environment=other)
    refuse(other, "--read-results", folder, says="another workspace")
    refuse(other, "--write-requests", folder, says="another workspace")


def test_a_folder_of_another_dataset_is_refused(environment: dict[str, str], folder: Path, tmp_path: Path) -> None:
    copy = shutil.copy(SAMPLE, tmp_path / "other.jsonl")
    with Path(copy).open("a") as file:
        file.write(
            '{"trial_name": "z", "episode": "e", "conversations": [{"role": "user", "content": "Task: z"}, '
            '{"role": "assistant", "content": "z"}]}\n'
        )
    assert run_core("import", str(copy), environment=environment).code == 0
    extract(environment, "--write-requests", folder)
    done = run_core("extract", "--dataset", "other", "--read-results", str(folder), environment=environment)
    assert done.code == 2
    assert "of the dataset sample, not of other" in done.err


def test_a_folder_whose_batch_is_through_is_not_written_over(environment: dict[str, str], folder: Path) -> None:
    extract(environment, "--write-requests", folder)
    run_engine(folder)
    extract(environment, "--read-results", folder)
    refuse(environment, "--write-requests", folder, says="holds the requests of batch 1")
    refuse(environment, "--write-requests", folder, "--model", "other", says="holds the requests of batch 1")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--write-requests", "x", "--batch-api"), "not allowed with"),
        (("--write-requests", "x", "--read-results", "x"), "not allowed with"),
        (("--write-requests", "x", "--extractor", "rules"), "rules send nothing"),
        (("--read-results", "x", "--extractor", "rules"), "rules send nothing"),
        (("--batch-api", "--extractor", "rules"), "rules send nothing"),
        (("--write-requests", "x", "--budget", "1"), "Leave --budget out"),
        (("--batch-api",), "OPENAI_API_KEY"),
        (("--write-requests", str(SAMPLE)), "is a file"),
    ],
)
def test_ways_that_exclude_each_other_are_refused(
    environment: dict[str, str], arguments: tuple[str, ...], says: str
) -> None:
    refuse(environment, *arguments, says=says)


def test_requests_of_chosen_attempts_only_are_written(environment: dict[str, str], folder: Path) -> None:
    done = extract(environment, "--write-requests", folder, "--max-trials", "1")
    assert done.json["extraction"]["written"]["requests"] == len(read_requests(folder)) == 5


def test_nothing_is_written_where_everything_was_answered_live(
    environment: dict[str, str], folder: Path, llm: LlmServer
) -> None:
    served = environment | {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": llm.base_url}
    assert extract(served).code == 0
    done = extract(served, "--write-requests", folder)
    assert done.code == 0, done.err
    assert done.json["extraction"]["written"] == {"requests": 0, "files": []}
    assert done.json["extraction"]["done"] == ATTEMPTS


def test_the_batch_api_answers_at_half_the_price(environment: dict[str, str], llm: LlmServer) -> None:
    served = environment | {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": llm.base_url}
    done = extract(served, "--batch-api")
    assert done.code == 0, done.err
    found = done.json["extraction"]
    assert (found["done"], found["requests"]) == (ATTEMPTS, REQUESTS)
    assert found["cost_usd"] == pytest.approx((found["tokens_in"] * 0.15 + found["tokens_out"] * 0.6) / 2e6)
    assert "waiting for the server" in done.err


def test_augment_goes_the_whole_way_by_the_batch_api(home: Path, tmp_path: Path, llm: LlmServer) -> None:
    llm.batches.expire_after = 20
    served = build_environment(home, OPENAI_API_KEY=KEY, OPENAI_BASE_URL=llm.base_url)
    out = tmp_path / "out"
    done = run_core(
        "augment", "--dataset", str(SAMPLE), "--batch-api", "--output-dir", str(out), "--json", environment=served
    )
    assert done.code == 0, done.err
    assert done.json["published"]["trials"] == 13
    assert [len(names) for names in llm.batches.submitted] == [REQUESTS, REQUESTS - 20]


def test_ctrl_c_pauses_the_waiting_and_the_same_command_continues(environment: dict[str, str], llm: LlmServer) -> None:
    llm.batches.looks = 10_000
    served = environment | {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": llm.base_url}
    arguments = ("extract", "--dataset", "sample", "--json", "--batch-api")
    process = start_core(*arguments, environment=served)
    while not llm.batches.submitted:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert finish(process).code == 130
    assert next(iter(llm.batches.batches.values()))["status"] != "cancelled"
    llm.batches.looks = 1
    again = run_core(*arguments, environment=served)
    assert again.code == 0, again.err
    assert again.json["extraction"]["done"] == ATTEMPTS
    assert len(llm.batches.submitted) == 1
