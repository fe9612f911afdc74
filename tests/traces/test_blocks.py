"""Messages as a person reads them."""

import json

import pytest

from core.models import Message, Role
from core.traces.blocks import Block, list_blocks


def read(content: str, *, role: Role = Role.ASSISTANT, is_output: bool = False) -> list[Block]:
    return list_blocks(Message(role=role, content=content), is_output=is_output)


def test_words_are_one_block_and_unchanged() -> None:
    assert read("Hello **there**\n<b>x</b>") == [Block("text", "Hello **there**\n<b>x</b>")]


@pytest.mark.parametrize("content", ["", " \n\t "])
def test_a_message_without_words_has_no_blocks(content: str) -> None:
    assert read(content) == []


def test_a_tool_call_is_name_and_arguments() -> None:
    call = '<tool_call>\n{"name": "find", "arguments": {"q": "a <b>", "n": 3, "deep": {"x": [1]}}}\n</tool_call>'
    words, found = read(f"I look.\n{call}")
    assert words == Block("text", "I look.")
    assert (found.kind, found.name) == ("call", "find")
    assert found.rows == (("q", "a <b>"), ("n", "3"), ("deep", '{"x": [1]}'))
    assert found.raw in call


def test_openai_arguments_in_a_string_are_read() -> None:
    inner = json.dumps({"q": "x"})
    (found,) = read(f"<tool_call>{json.dumps({'name': 'find', 'arguments': inner})}</tool_call>")
    assert found.rows == (("q", "x"),)


def test_a_call_in_tags_of_functions_is_read() -> None:
    words = "<function=execute_bash>\n<parameter=command>ls -l\ncat x</parameter>\n</function>"
    (found,) = read(words)
    assert (found.kind, found.name, found.rows) == ("call", "execute_bash", (("command", "ls -l\ncat x"),))


def test_a_call_that_is_no_json_stays_readable() -> None:
    assert read("<tool_call>{broken</tool_call> after") == [Block("code", "{broken"), Block("text", " after")]


def test_terminus_json_is_prose_folded_thoughts_and_commands() -> None:
    answer = {
        "analysis": "Empty.",
        "plan": "Make it.",
        "commands": [{"keystrokes": "mkdir a\n", "duration": 0.1}, {"keystrokes": "ls\n"}],
        "task_complete": True,
    }
    words, thoughts, commands, done = read(f"First this:\n```json\n{json.dumps(answer)}\n```")
    assert words == Block("text", "First this:")
    assert (thoughts.kind, thoughts.name, thoughts.text) == (
        "fold",
        "Analysis and plan",
        "Analysis: Empty.\n\nPlan: Make it.",
    )
    assert commands.rows == (("mkdir a", "0.1"), ("ls", ""))
    assert done.kind == "note"


def test_thoughts_are_folded() -> None:
    assert read("<think>hm</think>Do it.") == [Block("fold", "hm", "Thoughts"), Block("text", "Do it.")]


def test_a_fence_that_the_call_behind_it_repeats_is_shown_once() -> None:
    call = json.dumps({"name": "swe_agent_action", "arguments": {"raw_action": "open x.py\n"}})
    blocks = read(f"I open it.\n```\nopen x.py\n```\n<tool_call>\n{call}\n</tool_call>")
    assert [block.kind for block in blocks] == ["text", "call"]


def test_a_shell_fence_is_code() -> None:
    assert read("Run:\n```bash\nls -l\n```\nDone.") == [
        Block("text", "Run:"),
        Block("code", "ls -l"),
        Block("text", "Done."),
    ]


def test_a_json_result_is_rows_and_any_other_is_output() -> None:
    (fields,) = read('{"status": "ok", "n": 1}', role=Role.TOOL, is_output=True)
    assert (fields.kind, fields.rows) == ("fields", (("status", "ok"), ("n", "1")))
    assert read("<b>1</b>\n2", role=Role.TOOL, is_output=True) == [Block("output", "<b>1</b>\n2")]


def test_a_prompt_template_is_folded_around_the_task() -> None:
    prompt = (
        "You are an AI assistant tasked with solving command-line tasks. Rules.\n"
        "Task Description:\nMake a file.\n\nCurrent terminal state:\n$"
    )
    before, task, after = read(prompt, role=Role.USER)
    assert (before.kind, before.name) == ("fold", "Prompt template")
    assert task == Block("text", "Task Description:\nMake a file.")
    assert (after.kind, after.text) == ("fold", "Current terminal state:\n$")


def test_nothing_of_a_long_message_is_lost_and_time_is_linear() -> None:
    text = "<think>" * 20_000 + "x" * 300_000 + "{" * 5_000
    assert "".join(block.text for block in read(text)) == text
