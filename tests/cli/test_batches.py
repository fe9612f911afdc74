"""Batches managed without a browser: listed, paused, resumed with other limits, cancelled, and retried."""

import time
from pathlib import Path

import pytest

from tests.cli.conftest import KEY
from tests.commands import build_environment, finish, run_core, start_core
from tests.responders import answer_hints
from tests.standins.llm import LlmServer
from tests.workspaces import SAMPLE

ATTEMPTS = 26
EXTRACT = ("extract", "--json", "--dataset", "sample", "--no-contrast")


@pytest.fixture
def environment(home: Path, llm: LlmServer) -> dict[str, str]:
    values = build_environment(home, OPENAI_API_KEY=KEY, OPENAI_BASE_URL=llm.base_url)
    assert run_core("import", str(SAMPLE), environment=values).code == 0
    return values


def test_a_spent_budget_is_raised_without_a_browser_and_what_was_spent_counts_on(
    environment: dict[str, str], llm: LlmServer
) -> None:
    stopped = run_core(*EXTRACT, "--budget", "0.005", "--batch-size", "1", environment=environment)
    assert stopped.code == 1
    assert "The budget of $0.005 is spent" in stopped.err
    sent = len(llm.requests)
    again = run_core(*EXTRACT, "--budget", "0.006", "--batch-size", "1", environment=environment)
    assert again.code == 1
    words = "Batch 1 goes on with other limits: a budget of $0.006 instead of $0.005. What was spent counts on."
    assert words in again.err
    assert "The budget of $0.006 is spent" in again.err
    assert len(llm.requests) - sent < sent, "it began from 0"
    (listed,) = run_core("batches", "--json", environment=environment).json["batches"]
    assert (listed["batch"], listed["state"], listed["limits"]["budget_usd"]) == (1, "stopped", 0.006)
    assert 0 < listed["cost_usd"] <= 0.006
    assert listed["done"] + listed["left"] == listed["attempts"] == ATTEMPTS
    done = run_core("resume", "1", "--budget", "1", "--batch-size", "30", "--json", environment=environment)
    assert done.code == 0, done.err
    assert "requests at once: 30 instead of 1" in done.err
    assert done.json["batch"] | {"state": "finished", "done": ATTEMPTS, "left": 0} == done.json["batch"]
    assert done.json["extraction"]["requests"] < ATTEMPTS == len(llm.requests)
    line = run_core("batches", "--dataset", "sample", environment=environment).out
    assert line.startswith(f"1  sample, gpt-4o-mini: finished; {ATTEMPTS} of {ATTEMPTS} attempts done, $0.0")


def test_a_running_batch_is_paused_from_elsewhere_left_to_the_worker_and_cancelled_for_good(
    environment: dict[str, str], llm: LlmServer
) -> None:
    process = start_core(*EXTRACT, "--max-rpm", "120", environment=environment)
    while llm.count(status=200) < 2:
        time.sleep(0.05)
    for _ in range(2):
        paused = run_core("pause", "1", "--json", environment=environment)
        assert (paused.code, paused.json["batch"]["state"]) == (0, "paused"), paused.err
    assert finish(process).code == 1
    sent = len(llm.requests)
    assert 2 <= sent < ATTEMPTS
    went_on = run_core("resume", "1", "--detach", "--json", environment=environment)
    assert went_on.json["batch"]["state"] in ("queued", "running")
    while len(llm.requests) == sent:
        time.sleep(0.05)
    for _ in range(2):
        cancelled = run_core("cancel", "1", "--json", environment=environment)
        assert (cancelled.code, cancelled.json["batch"]["state"]) == (0, "cancelled"), cancelled.err
    for command in ("resume", "retry"):
        refused = run_core(command, "1", environment=environment)
        assert refused.code == 2
        assert "Batch 1 was cancelled, which is final" in refused.err
    unknown = run_core("pause", "7", environment=environment)
    assert unknown.code == 2
    assert "There is no batch 7. The newest are: 1 (cancelled)." in unknown.err


def test_what_failed_is_listed_by_reason_and_asked_again(environment: dict[str, str], llm: LlmServer) -> None:
    llm.set_faults({"fault": "refusal", "first": 2})
    assert run_core(*EXTRACT, environment=environment).code == 3
    listed = run_core("batches", environment=environment)
    assert f"{ATTEMPTS - 2} of {ATTEMPTS} attempts done, 2 failed" in listed.out
    assert "failed: 2 refused" in listed.out
    retried = run_core("retry", "1", "--json", environment=environment)
    assert retried.code == 0, retried.err
    assert retried.json["extraction"] | {"requests": 2, "done": ATTEMPTS, "failed": 0} == retried.json["extraction"]
    again = run_core("retry", "1", environment=environment)
    assert again.code == 0
    assert "Nothing of batch 1 has failed." in again.err
    assert len(llm.requests) == ATTEMPTS + 2


def test_a_batch_that_another_command_takes_to_another_server_says_so_and_who_answered_how_many(
    home: Path, environment: dict[str, str], llm: LlmServer
) -> None:
    with LlmServer(responder=answer_hints) as other:
        process = start_core(*EXTRACT, "--max-rpm", "120", "--batch-size", "1", environment=environment)
        while llm.count(status=200) < 3:
            time.sleep(0.05)
        elsewhere = build_environment(home, OPENAI_API_KEY="sk-other-key-1234567890", OPENAI_BASE_URL=other.base_url)
        second = run_core(*EXTRACT, "--max-trials", "1", "--ask-again", environment=elsewhere)
        assert second.code == 0, second.err
        words = f"So far {llm.base_url}/ answered this batch; it goes on with {other.base_url}/."
        assert f"Batch 1: {words}" in second.err
        first = finish(process)
        answered = llm.count(status=200)
        assert (
            f"Answered by {llm.base_url}/ ({answered}), then by {other.base_url}/ ({ATTEMPTS - answered})." in first.err
        )
        assert words in (home / "worker.log").read_text("utf-8")
        listed = run_core("batches", "--json", environment=environment).json["batches"]
        assert listed[-1]["servers"] == [f"{llm.base_url}/", f"{other.base_url}/"]
