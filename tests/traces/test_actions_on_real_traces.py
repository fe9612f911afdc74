"""What was read by hand in real traces: `../shared/data/traces/facts.jsonl`."""

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from core.models import Message, Role
from core.traces.actions import Action, find_fixes, find_loops, list_actions

DATA = Path(__file__).parents[3] / "shared" / "data"
FACTS = DATA / "traces" / "facts.jsonl"
CALLED = re.compile(r'<tool_call>\s*\{"name": "(\w+)"')

pytestmark = pytest.mark.skipif(not FACTS.exists(), reason=f"the real traces are not here: {DATA}")


def list_facts(*kinds: str) -> list[Any]:
    if not FACTS.exists():
        return []
    facts = [json.loads(line) for line in FACTS.read_text("utf-8").splitlines() if line.strip()]
    return [pytest.param(fact, id=fact["id"]) for fact in facts if fact["kind"] in kinds]


@lru_cache
def load_rows(file: str) -> dict[tuple[str, str], list[Message]]:
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(DATA / file, columns=["trial_name", "episode", "conversations"])
    return {
        (row["trial_name"], row["episode"]): [
            Message(role=Role(each["role"]), content=each["content"] or "") for each in row["conversations"]
        ]
        for row in table.to_pylist()
    }


def load_messages(fact: dict[str, Any]) -> list[Message]:
    return load_rows(fact["file"])[fact["trial_name"], fact["episode"]]


def load_longest(file: str) -> dict[str, list[Message]]:
    longest: dict[str, list[Message]] = {}
    for (trial, _), messages in load_rows(file).items():
        longest[trial] = max(longest.get(trial, []), messages, key=len)
    return longest


def list_failures(fact: dict[str, Any]) -> dict[int, Action]:
    return {each.observation: each for each in list_actions(load_messages(fact)) if each.failed and each.observation}


@pytest.mark.parametrize("fact", list_facts("tools_called", "negative_no_tools", "success_without_tools"))
def test_tools_called_are_listed_exactly(fact: dict[str, Any]) -> None:
    actions = list_actions(load_messages(fact))
    if "tools" in fact:
        assert [action.tool for action in actions] == fact["tools"]
    for evidence in fact["evidence"]:
        if fact.get("tools") and evidence["role"] == "assistant":
            assert any(action.message == evidence["message"] for action in actions)


@pytest.mark.parametrize("fact", list_facts("loop"))
def test_loops_are_found(fact: dict[str, Any]) -> None:
    loops = find_loops(list_actions(load_messages(fact)))
    if "loop_messages" in fact:
        assert tuple(fact["loop_messages"]) in [loop.messages for loop in loops]
    else:
        answers = [{action.observation for action in loop.actions} for loop in loops]
        failed = {each["message"] for each in fact["evidence"]} & set(list_failures(fact))
        assert len(failed) >= 3
        assert any(failed <= each for each in answers)


@pytest.mark.parametrize("fact", list_facts("tools_failed", "error_repeat"))
def test_failures_are_told_in_the_words_of_the_evidence(fact: dict[str, Any]) -> None:
    failures = list_failures(fact)
    for evidence in fact["evidence"]:
        assert evidence["quote"] in failures[evidence["message"]].error


@pytest.mark.parametrize("fact", list_facts("error_then_fix"))
def test_error_and_its_fix_are_a_pair(fact: dict[str, Any]) -> None:
    failed, changed, worked = (each["message"] for each in fact["evidence"])
    fixes = find_fixes(list_actions(load_messages(fact)))
    [fix] = [each for each in fixes if each.failed.observation == failed]
    assert fix.change is not None
    assert fix.change.message == changed
    assert fix.worked.observation is not None
    assert fix.worked.observation <= worked


@pytest.mark.parametrize("fact", list_facts("skills_loaded"))
def test_loaded_skills_are_tool_calls(fact: dict[str, Any]) -> None:
    loaded = {each.observation: each for each in list_actions(load_messages(fact)) if each.tool == "load_skill"}
    for evidence in fact["evidence"]:
        if evidence["quote"].startswith("Loaded skill: "):
            action = loaded[evidence["message"]]
            assert not action.failed
            assert evidence["quote"].removeprefix("Loaded skill: ") in action.command


@pytest.mark.parametrize("fact", list_facts("format_error"))
def test_rejected_reply_executed_nothing(fact: dict[str, Any]) -> None:
    rejected = [each["message"] - 1 for each in fact["evidence"] if "Missing required fields" in each["quote"]]
    assert rejected
    assert not {action.message for action in list_actions(load_messages(fact))} & set(rejected)


def test_repeated_program_is_listed_each_time() -> None:
    messages = load_longest("traces/cumulative_sweagent.parquet")["sweagent-03-BabyEncryption"]
    runs = [action for action in list_actions(messages) if action.command == "python decrypt.py"]
    assert [action.message for action in runs] == [8, 12, 26, 30]
    assert [action.message for action in runs if action.failed] == [8, 26]


def test_function_calls_of_every_attempt_are_listed_exactly() -> None:
    for messages in load_rows("traces/attempts_tau_airline.parquet").values():
        written = [name for each in messages if each.role is Role.ASSISTANT for name in CALLED.findall(each.content)]
        assert [action.tool for action in list_actions(messages)] == written


@pytest.mark.parametrize("name", ["attempts_tau_airline", "cumulative_sweagent", "cumulative_terminus2"])
def test_every_error_is_a_quote_of_its_observation(name: str) -> None:
    for messages in load_rows(f"traces/{name}.parquet").values():
        for action in list_actions(messages):
            assert messages[action.message].role is Role.ASSISTANT
            assert action.observation is None or action.error in messages[action.observation].content


@pytest.mark.parametrize("name", ["cumulative_sweagent", "cumulative_terminus2"])
def test_prefix_of_an_attempt_has_the_same_actions(name: str) -> None:
    longest = load_longest(f"traces/{name}.parquet")
    for (trial, _), messages in load_rows(f"traces/{name}.parquet").items():
        whole = longest[trial]
        # Without the harness's answer nobody can know that it rejected the last reply.
        is_cut_before_rejection = len(messages) < len(whole) and "parsing errors" in whole[len(messages)].content
        if messages == whole[: len(messages)] and not is_cut_before_rejection:
            expected = [each.command for each in list_actions(whole) if each.message < len(messages)]
            assert [each.command for each in list_actions(messages)] == expected


def test_swe_agent_replies_without_the_wrapper_mean_the_same() -> None:
    """The plain notation (a fence or `<command>`) was left in most replies: read alone it gives the same actions."""
    for trial, messages in load_longest("traces/cumulative_sweagent.parquet").items():
        plain = [each.model_copy(update={"content": each.content.split("\n<tool_call>")[0]}) for each in messages]
        if any("```" in each.content or "<command>" in each.content for each in plain if each.role is Role.ASSISTANT):
            expected = [(each.message, each.command) for each in list_actions(messages)]
            found = [(each.message, each.command) for each in list_actions(plain)]
            assert found == expected, trial
