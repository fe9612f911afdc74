import io
import signal
import tarfile
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import DEFAULT_DATASET, KEY
from tests.commands import Done, build_environment, end_worker, finish, run_core, start_core
from tests.standins.hub import WRITE_TOKEN, HubServer
from tests.standins.hub_client import run_client
from tests.standins.llm import LlmServer
from tests.workspaces import SAMPLE

TASKS_FILE = "data/train-00000-of-00001.parquet"
COMPARED = 6
"""Trials of the sample with a success and a failure."""
REQUESTS = 26 + COMPARED
WHOLE = {"rows": 45, "trials": 13, "episodes": 45, "attempts": 26, "set_aside": 0}


def read_tasks(parquet: bytes) -> dict[str, dict[str, str]]:
    """Files of each published task as texts, by folder."""
    tasks = {}
    for row in pq.read_table(io.BytesIO(parquet)).to_pylist():
        with tarfile.open(fileobj=io.BytesIO(row["task_binary"])) as archive:
            tasks[row["path"]] = {
                member.name: archive.extractfile(member).read().decode()  # type: ignore[union-attr]
                for member in archive.getmembers()
                if member.isfile()
            }
    return tasks


def augment(environment: dict[str, str], *arguments: str) -> Done:
    return run_core("augment", "--json", *arguments, environment=environment)


def with_llm(home: Path, llm: LlmServer, **values: str) -> dict[str, str]:
    return build_environment(home, OPENAI_API_KEY=KEY, OPENAI_BASE_URL=llm.base_url, **values)


def test_augment_with_nothing_but_a_repository_takes_the_default_dataset_all_the_way(
    home: Path, tmp_path: Path, hub: HubServer, llm: LlmServer
) -> None:
    environment = with_llm(home, llm, **hub.environment(home=tmp_path / "hf", token=WRITE_TOKEN))
    done = augment(environment, "--repo-name", "tester/hinted")
    assert done.code == 0, done.err
    result = done.json
    assert list(result) == ["dataset", "extraction", "hints", "published"]
    assert result["dataset"] == WHOLE
    assert list(result["extraction"]) == ["requests", "done", "failed", "tokens_in", "tokens_out", "cost_usd"]
    assert (result["extraction"]["requests"], result["extraction"]["done"], result["extraction"]["failed"]) == (
        REQUESTS,
        26,
        0,
    )
    assert "Attempts compared: 6 of 6 trials with a success and a failure." in done.err
    assert result["extraction"]["cost_usd"] > 0
    assert list(result["hints"]) == ["tools", "strategies", "pitfalls", "criteria"]
    assert result["hints"]["tools"] > 0
    assert result["published"]["trials"] == 13
    assert result["published"]["repo"] == "tester/hinted"
    assert result["published"]["revision"] == hub.commits("tester/hinted")[-1].sha
    loaded = run_client(
        hub,
        tmp_path,
        "from datasets import load_dataset\n"
        "tasks = load_dataset('tester/hinted')['train']\n"
        "hints = load_dataset('tester/hinted', 'hints')['train']\n"
        "result = [tasks.column_names, len(tasks), tasks[0]['path'], len(hints)]",
    )
    assert loaded == [["path", "task_binary"], 13, "taskmaster2-gpt5mini-hints-0000", 13]
    again = augment(environment, "--repo-name", "tester/hinted")
    assert again.json["extraction"]["requests"] == 0
    assert again.json["published"] == result["published"]
    assert "Unchanged" in again.err


def test_published_tasks_hold_the_task_text_and_the_hints(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = augment(
        build_environment(home), "--dataset", str(SAMPLE), "--extractor", "rules", "--output-dir", str(out),
        "--dataset-prefix", "flights",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert done.json["published"] == {"trials": 13, "repo": None, "revision": None, "path": str(out)}
    tasks = read_tasks((out / TASKS_FILE).read_bytes())
    assert sorted(tasks) == [f"flights-{number:04d}" for number in range(13)]
    first = tasks["flights-0000"]
    assert {"instruction.md", "task.toml", "environment/Dockerfile", "metadata.json"} <= set(first)
    text, _, hints = first["instruction.md"].partition("\n\n---\n\n")
    assert text == "User: Book flight to SFO with WiFi\nTask: Do whatever the user asked."
    assert hints.startswith("# Hints\n\n## Available Tools\n")
    assert {path.name for path in out.iterdir()} == {"data", "hints", "README.md", "trace_hints.json"}


def test_the_same_command_in_another_workspace_writes_the_same_bytes(tmp_path: Path) -> None:
    folders = []
    for name in ("one", "two"):
        out = tmp_path / f"out-{name}"
        done = augment(
            build_environment(tmp_path / name), "--dataset", str(SAMPLE), "--extractor", "rules",
            "--output-dir", str(out), "--max-trials", "3",
        )  # fmt: skip
        assert done.code == 0, done.err
        folders.append({str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()})
    assert folders[0] == folders[1]


def test_max_trials_takes_the_first_ones_and_still_counts_the_whole_import(home: Path, llm: LlmServer) -> None:
    done = augment(with_llm(home, llm), "--dataset", str(SAMPLE), "--max-trials", "10", "--review")
    assert done.code == 0, done.err
    assert done.json["dataset"] == WHOLE
    assert done.json["published"] is None
    assert (done.json["extraction"]["done"], done.json["extraction"]["requests"]) == (22, 22 + COMPARED)


def test_task_markers_say_where_the_task_stands(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "marked.jsonl"
    path.write_text(
        '{"trial_name": "a", "episode": "episode-0", "result": "1.0", "conversations": ['
        '{"role": "user", "content": "Some setting"}, {"role": "user", "content": "Hi\\n# Task\\nSort the list"}, '
        '{"role": "assistant", "content": "ok"}]}\n'
        '{"trial_name": "b", "episode": "episode-0", "result": "1.0", "conversations": ['
        '{"role": "user", "content": "## Objective\\nWin"}, {"role": "assistant", "content": "ok"}]}\n'
    )
    done = augment(
        build_environment(home), "--dataset", str(path), "--extractor", "rules", "--output-dir", str(tmp_path / "out"),
        "--task-markers", "# Task", "## Objective",
    )  # fmt: skip
    assert done.code == 0, done.err
    tasks = read_tasks((tmp_path / "out" / TASKS_FILE).read_bytes())
    assert [files["instruction.md"] for files in tasks.values()] == ["Hi\n# Task\nSort the list", "## Objective\nWin"]


def test_some_failed_attempts_end_with_3_and_the_rest_is_published(home: Path, tmp_path: Path, llm: LlmServer) -> None:
    llm.set_faults({"fault": "refusal", "contains": "Book flight to SFO with WiFi"})
    done = augment(with_llm(home, llm), "--dataset", str(SAMPLE), "--output-dir", str(tmp_path / "out"))
    assert done.code == 3
    assert done.json["extraction"]["failed"] == 4
    assert done.json["published"]["trials"] == 12
    assert "left out: book-flight-sfo-wifi" in done.err
    assert "4 refused" in done.err


def test_review_stops_before_publishing_and_counts_proposals(home: Path) -> None:
    done = augment(build_environment(home), "--dataset", str(SAMPLE), "--extractor", "rules", "--review")
    assert done.json["published"] is None
    assert done.json["hints"]["tools"] > 10
    status = run_core("status", "--dataset", "sample", "--json", environment=build_environment(home)).json
    assert (status["extracted"], status["approved"]) == (13, 0)


def test_stages_one_by_one_do_the_same(home: Path, tmp_path: Path) -> None:
    environment = build_environment(home)
    assert run_core("import", str(SAMPLE), "--json", environment=environment).json == {"dataset": WHOLE}
    extracted = run_core("extract", "--dataset", "sample", "--extractor", "rules", "--json", environment=environment)
    assert extracted.json["extraction"]["done"] == 26
    refused = run_core("publish", "--dataset", "sample", "--output-dir", str(tmp_path / "x"), environment=environment)
    assert refused.code == 1
    assert "approve" in refused.err.lower()
    assert not (tmp_path / "x").exists()


def test_importing_the_same_twice_says_so_and_doubles_nothing(home: Path) -> None:
    environment = build_environment(home)
    run_core("import", str(SAMPLE), environment=environment)
    again = run_core("import", str(SAMPLE), "--json", environment=environment)
    assert "imported before" in again.err
    assert again.json["dataset"] == WHOLE
    assert len(run_core("status", "--json", environment=environment).json) == 1


def test_group_by_task_brings_the_attempts_of_one_task_together(home: Path) -> None:
    done = run_core("import", str(SAMPLE), "--group-by", "task", "--json", environment=build_environment(home))
    assert done.json["dataset"] == WHOLE | {"trials": 11}


def test_ctrl_c_pauses_with_130_and_the_same_command_continues(home: Path, llm: LlmServer) -> None:
    environment = with_llm(home, llm)
    arguments = ("augment", "--json", "--review", "--dataset", str(SAMPLE), "--max-rpm", "120")
    process = start_core(*arguments, environment=environment)
    while llm.count(status=200) < 4:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    done = finish(process)
    assert done.code == 130
    assert done.out == ""
    sent = len(llm.requests)
    assert 4 <= sent < REQUESTS
    again = run_core(*arguments, environment=environment)
    assert again.code == 0, again.err
    assert again.json["extraction"]["done"] == 26
    assert again.json["extraction"]["requests"] == REQUESTS - sent
    assert len(llm.requests) == REQUESTS


@pytest.mark.parametrize(
    "command", ["augment", "import", "extract", "publish", "worker", "status", "batches", "resume"]
)
def test_every_command_explains_itself(home: Path, command: str) -> None:
    listed = run_core("--help", environment=build_environment(home))
    assert command in listed.out
    done = run_core(command, "--help", environment=build_environment(home))
    assert done.code == 0
    assert "usage" in done.out


def test_defaults_are_the_documented_ones() -> None:
    from core.cli import build_parser

    options: dict[str, Any] = vars(build_parser().parse_args(["augment"]))
    assert options["dataset"] == DEFAULT_DATASET
    assert options["model"] == "gpt-4o-mini"
    assert options["task_markers"] == ["Task Description:", "Task:", "## Task"]
    assert (options["batch_size"], options["max_rpm"], options["max_trials"]) == (100, 500, None)
    assert (options["extractor"], options["group_by"], options["private"]) == ("llm", "trial_name", False)


def test_a_mended_key_counts_at_once_although_the_old_worker_still_waits(home: Path, llm: LlmServer) -> None:
    wrong = build_environment(home, OPENAI_API_KEY="sk-wrong-key-9876543210", OPENAI_BASE_URL=llm.base_url)
    arguments = ("--review", "--dataset", str(SAMPLE), "--max-trials", "1")
    assert augment(wrong, *arguments).code == 1
    mended = augment(with_llm(home, llm), *arguments)
    assert mended.code == 0, mended.err
    assert mended.json["extraction"]["done"] == 4


def test_hints_that_come_after_an_unattended_approval_are_published_too(
    home: Path, tmp_path: Path, llm: LlmServer
) -> None:
    arguments = ("--dataset", str(SAMPLE), "--max-trials", "2", "--output-dir", str(tmp_path / "out"))
    by_rules = augment(build_environment(home), *arguments, "--extractor", "rules")
    by_model = augment(with_llm(home, llm), *arguments)
    assert by_model.code == 0, by_model.err
    assert by_model.json["hints"]["criteria"] > by_rules.json["hints"]["criteria"]
    tasks = read_tasks((tmp_path / "out" / TASKS_FILE).read_bytes())
    assert "### terminal" in tasks["sample-hints-0000"]["instruction.md"]


def test_what_a_publication_removes_is_named(home: Path, tmp_path: Path) -> None:
    arguments = ("--dataset", str(SAMPLE), "--extractor", "rules", "--output-dir", str(tmp_path / "out"))
    augment(build_environment(home), *arguments)
    fewer = augment(build_environment(home), *arguments, "--max-trials", "3")
    assert fewer.json["published"]["trials"] == 3
    assert fewer.err.count("was published before and is not any more") == 10


def test_when_every_extraction_failed_nothing_is_published_and_it_says_why(
    home: Path, tmp_path: Path, llm: LlmServer
) -> None:
    llm.set_faults({"fault": "refusal", "share": 1.0})
    done = augment(with_llm(home, llm), "--dataset", str(SAMPLE), "--output-dir", str(tmp_path / "out"))
    assert done.code == 3
    assert done.json["published"] is None
    assert "every extraction failed" in done.err
    assert not (tmp_path / "out").exists()


def test_ctrl_c_while_the_libraries_load_ends_with_130(home: Path) -> None:
    process = start_core("status", environment=build_environment(home))
    # before it the interpreter itself is not up yet, and no program could answer
    while "pydantic_core" not in Path(f"/proc/{process.pid}/maps").read_text("utf-8"):
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    done = finish(process)
    assert done.code == 130
    assert "Traceback" not in done.err


def test_ctrl_c_after_the_worker_died_ends_all_the_same(home: Path, llm: LlmServer) -> None:
    arguments = ("augment", "--review", "--dataset", str(SAMPLE), "--max-rpm", "60")
    process = start_core(*arguments, environment=with_llm(home, llm))
    while llm.count(status=200) < 2:
        time.sleep(0.05)
    end_worker(home, signal.SIGKILL)
    process.send_signal(signal.SIGINT)
    assert finish(process, timeout_seconds=60).code == 130
