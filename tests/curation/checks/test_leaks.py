"""Hints that give the answer away: values, copied runs, a replay of every command."""

import json

import pytest

from core.models import (
    CriterionText,
    Hint,
    HintState,
    Message,
    Outcome,
    Role,
    StrategyText,
    ToolText,
)
from tests.curation.checks.build import TASK, TERMINUS, act, check, find, make_context, make_hint


def say_value(value: str, text: str = "The code is {}.") -> Hint:
    return make_hint(CriterionText(text=text.format(value)))


@pytest.mark.parametrize("value", ["Z7GOZK", "24d835c", "4,990", "4990", "flag{s0rted}", "report-7.txt", "31.75"])
@pytest.mark.parametrize("verifier", ['{{"reward": 1.0, "expected": ["{}"]}}', "E  assert 'x' == '{}'\n1 failed"])
def test_a_value_that_only_the_verifier_holds_blocks_and_is_named(value: str, verifier: str) -> None:
    context = make_context(verifier=verifier.format(value))
    (found,) = find(say_value(value), context)
    assert (found.code, found.severity.value, found.place) == ("answer-value", "block", "text")
    assert found.message == f"'{value}' is one of the verifier's expected values."


def test_a_number_is_the_same_with_and_without_its_commas() -> None:
    context = make_context(verifier='{"expected": {"cents": 4990}}')
    assert check(say_value("4,990"), context) == [("answer-value", "block")]
    assert check(say_value("49,901"), context) == []


def test_what_the_task_says_is_no_answer() -> None:
    context = make_context(verifier='{"expected": "Z7GOZK"}', task=TASK + " The ticket is Z7GOZK.")
    assert check(say_value("Z7GOZK"), context) == []


def test_what_an_attempt_read_before_it_said_it_is_only_told() -> None:
    read = make_context(act(("cat ticket", "code Z7GOZK"), "book Z7GOZK"), verifier='{"expected": "Z7GOZK"}')
    assert check(say_value("Z7GOZK"), read) == [("expected-value", "info")]
    made_up = make_context(act("echo Z7GOZK > code.txt", ("cat code.txt", "Z7GOZK")), verifier='{"expected": "Z7GOZK"}')
    assert check(say_value("Z7GOZK"), made_up) == [("answer-value", "block")]


def test_what_a_verifier_says_of_the_run_is_no_answer() -> None:
    verifier = json.dumps({"reward": 1.0, "stats": {"tokens": 71413}, "duration_ms": 55321, "date": "2024-05-20"})
    for value in ("71413", "55321", "2024-05-20", "1.0"):
        assert check(say_value(value), make_context(verifier=verifier)) == []


def test_ordinary_words_round_numbers_and_codes_of_the_web_are_no_values() -> None:
    verifier = json.dumps({"expected": ["economy", "100", "404", "true", "2000"]})
    words = "Choose economy, 100 rows, answer 404, true, 2000 lines in `out.csv`."
    assert check(make_hint(CriterionText(text=words)), make_context(verifier=verifier)) == []


def test_a_value_of_the_final_answer_blocks_unless_it_was_said_before() -> None:
    only_there = make_context(act("sort a", final="The total is 7,421."))
    (found,) = find(say_value("7421"), only_there)
    assert found.message == "'7421' is said only in the final answer of A1."
    said_before = make_context(act(("wc -l out.csv", "7421 out.csv"), final="The total is 7421."))
    assert check(say_value("7421"), said_before) == []
    failed = make_context(act("sort a", final="The total is 7421."), outcomes=[Outcome.FAILURE])
    assert check(say_value("7421"), failed) == []


def test_a_final_answer_may_be_written_to_a_file_and_confirmed_in_turns_of_their_own() -> None:
    messages = [
        Message(role=Role.USER, content=TERMINUS),
        Message(role=Role.ASSISTANT, content='{"commands": [{"keystrokes": "echo 7421 > /app/answer\\n"}]}'),
        Message(role=Role.USER, content="Are you sure you want to mark the task as complete?"),
        Message(role=Role.ASSISTANT, content='{"commands": [], "task_complete": true}'),
    ]
    assert check(say_value("7421"), make_context(messages)) == [("answer-value", "block")]


def test_a_command_that_ran_last_is_no_answer() -> None:
    final = '<tool_call>{"name": "bash", "arguments": {"command": "python3 train_v2.py --seed 4711"}}</tool_call>'
    context = make_context([Message(role=Role.USER, content=TASK), Message(role=Role.ASSISTANT, content=final)])
    hint = make_hint(ToolText(name="python3", example="python3 train_v2.py --seed 4711"))
    assert check(hint, context) == []


PASTED = "\n".join(f"rows[{n}] = parse(lines[{n}], delimiter=',')  # part {n}" for n in range(8))


def test_a_long_run_copied_from_an_action_or_the_final_answer_blocks() -> None:
    script = f"cat > solve.py <<'EOF'\n{PASTED}\nEOF"
    for context in (make_context(act(script, "python3 solve.py")), make_context(act("sort a", final=PASTED))):
        codes = [code for code, _ in check(make_hint(StrategyText(do=f"Write `solve.py`:\n{PASTED}")), context)]
        assert "copied-run" in codes
    short = make_hint(StrategyText(do=f"Write `solve.py`: {PASTED.splitlines()[0]}"))
    assert check(short, make_context(act(script, "python3 solve.py"))) == []


COMMANDS = [f"tool{n} --input part{n}.csv --output done{n}.csv" for n in range(5)]


def test_a_hint_that_repeats_every_command_of_a_success_blocks() -> None:
    hint = make_hint(StrategyText(do=" && ".join(COMMANDS)))
    assert ("replay", "block") in check(hint, make_context(act(*COMMANDS)))
    more = [f"tool9 --input part{n}.csv --check" for n in range(5)]
    assert ("replay", "block") not in check(hint, make_context(act(*COMMANDS, *more)))


def test_steps_that_together_repeat_every_command_block_until_one_is_rejected() -> None:
    steps = [make_hint(StrategyText(do=f"Run `{line}`."), name=line) for line in COMMANDS]
    context = make_context(act(*COMMANDS), hints=steps)
    assert all(("replay", "block") in check(hint, context) for hint in steps)
    (found,) = [item for item in find(steps[0], context) if item.code == "replay"]
    assert found.message == "The steps together repeat 5 of the 5 commands that A1 executed."
    kept = [*steps[:3], *(step.model_copy(update={"state": HintState.REJECTED}) for step in steps[3:])]
    assert check(steps[0], make_context(act(*COMMANDS), hints=kept)) == []
    failed = make_context(act(*COMMANDS), hints=steps, outcomes=[Outcome.FAILURE])
    assert ("replay", "block") not in check(steps[0], failed)
