import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.models import Message, Role
from core.traces.actions import find_fixes, find_loops, is_observation, list_actions, list_observations


def message(role: Role, content: str, **more: object) -> Message:
    return Message.model_validate({"role": role, "content": content, **more})


def say(*turns: str) -> list[Message]:
    return [message(Role.ASSISTANT if i % 2 else Role.USER, text) for i, text in enumerate(turns)]


def terminus(*keystrokes: str) -> str:
    return json.dumps({"analysis": "", "plan": "", "commands": [{"keystrokes": each} for each in keystrokes]})


def tool_call(name: str, **arguments: object) -> str:
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"


def test_action_says_what_ran_where_and_how_it_ended() -> None:
    [action] = list_actions(
        say("Task", terminus("cd /app && sudo python3 x.py | head\n"), "bash: python3: command not found")
    )
    assert (action.message, action.observation, action.is_shell) == (1, 2, True)
    assert action.command == "cd /app && sudo python3 x.py | head"
    assert action.tool == action.program == "python3"
    assert action.programs == ("cd", "python3", "head")
    assert action.family == "python"
    assert action.failed
    assert action.error == "bash: python3: command not found"


def test_attempt_that_only_talks_has_no_actions() -> None:
    assert list_actions(say("Hi", "Hello! What is your user id?", "7", "Thank you.")) == []
    assert list_actions([]) == []


def test_tool_of_a_shell_function_is_the_function_and_it_is_known_by_its_programs_too() -> None:
    [action] = list_actions(say("Hi", tool_call("execute_bash", command="git log"), "x"))
    assert action.tool == "execute_bash"
    assert action.program == "git"
    assert action.names == ("execute_bash", "git")


def test_last_action_has_no_observation_and_did_not_fail() -> None:
    [action] = list_actions(say("Hi", tool_call("finish")))
    assert action.observation is None
    assert not action.failed


def test_call_is_matched_with_its_answer_by_id() -> None:
    calls = tool_call("a") + tool_call("b")
    messages = [
        message(Role.USER, "Hi"),
        message(Role.ASSISTANT, calls, call_ids=("1", "2")),
        message(Role.TOOL, "Error: b is broken", answers="2"),
        message(Role.TOOL, "fine", answers="1"),
    ]
    assert [(each.tool, each.observation, each.failed) for each in list_actions(messages)] == [
        ("a", 3, False),
        ("b", 2, True),
    ]


def test_ids_that_begin_again_match_the_answer_that_follows() -> None:
    turn = [message(Role.ASSISTANT, tool_call("a"), call_ids=("0",)), message(Role.TOOL, "x", answers="0")]
    assert [each.observation for each in list_actions([message(Role.USER, "Hi"), *turn, *turn])] == [2, 4]


def test_answers_without_ids_are_matched_in_order() -> None:
    messages = [*say("Hi", tool_call("a") + tool_call("b")), message(Role.TOOL, "x"), message(Role.TOOL, "Error: y")]
    assert [(each.observation, each.failed) for each in list_actions(messages)] == [(2, False), (3, True)]


def test_what_a_person_says_answers_no_call_where_tools_have_a_role() -> None:
    messages = [
        *say("Hi", tool_call("a")),
        message(Role.TOOL, "x"),
        message(Role.ASSISTANT, tool_call("transfer")),
        message(Role.USER, "Error: I am lost"),
    ]
    assert [each.observation for each in list_actions(messages)] == [2, None]


def test_call_followed_by_the_assistant_itself_has_no_observation() -> None:
    messages = [
        message(Role.USER, "Hi"),
        message(Role.ASSISTANT, tool_call("a")),
        message(Role.ASSISTANT, "Well."),
        message(Role.USER, "x"),
    ]
    assert [each.observation for each in list_actions(messages)] == [None]


def test_failure_belongs_to_the_command_whose_prompt_precedes_it() -> None:
    screen = "New Terminal Output:\nroot@x:/# make a\nmake: *** [a] Error 1\nroot@x:/# make b\nok\nroot@x:/# "
    actions = list_actions(say("Task", terminus("make a\n", "make b\n"), screen))
    assert [(each.command, each.error) for each in actions] == [("make a", "make: *** [a] Error 1"), ("make b", "")]


def test_failure_without_prompts_belongs_to_the_program_that_it_names() -> None:
    actions = list_actions(
        say("Task", terminus("cat x\n", "cat y | sort\n", "ls z\n"), "cat: x: No such file or directory")
    )
    assert [each.failed for each in actions].count(True) == 1
    assert next(each for each in actions if each.failed).program == "cat"


def test_failure_without_prompts_belongs_to_the_last_command_that_does_something() -> None:
    actions = list_actions(say("Task", terminus("make\n", "python x.py\n", "ls\n"), "ValueError: x\nfile"))
    assert [each.failed for each in actions] == [False, True, False]


def test_observations_are_the_messages_that_answer_an_action() -> None:
    messages = say("Task", "What do you mean?", "That.", terminus("ls\n"), "New Terminal Output:\nx", "Done.", "Bye")
    assert [number for number in range(len(messages)) if is_observation(messages, number)] == [4]
    assert list_observations(list_actions(messages)) == [4]


def test_every_command_of_a_hundred_messages_is_an_action() -> None:
    turn = [
        message(Role.ASSISTANT, "Let me look.\n" + terminus("cd /app && git log | head\n", "python3 x.py --flag\n")),
        message(Role.USER, "New Terminal Output:\n" + "some line of output, 40 characters long\n" * 50),
    ]
    messages = [message(Role.USER, "Task"), *turn * 50]
    assert len(list_actions(messages)) == 100


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        "error: " * 150_000,
        '{"a":' * 200_000,
        "\x1b[31m" * 200_000,
        "Traceback (most recent call last)\n" * 30_000,
    ],
)
def test_megabyte_in_any_place_is_read_and_errors_stay_verbatim(text: str) -> None:
    # quadratic work would run into the time limit that every test has
    actions = list_actions(say(text, text, text, terminus(text), text, tool_call("bash", command=text), text))
    assert all(action.error in text for action in actions)


PIECES = st.sampled_from(
    [
        "<tool_call>", "</tool_call>", '{"name": "x", "arguments": {',
        '{"analysis": "", "plan": "", "commands": [', "]}", '{"keystrokes": "ls\\n"}', "<function=bash>",
        "<parameter=command>", "</function>", '<invoke name="x">', "```bash\n", "```\n", "$ ls", "Action: ",
        "Action Input: ", "Search[x]", "<think>", "</think>", "cat << E\n", "'", '"', "$(", "\\",
        "Traceback (most recent call last)\n", "Error: ", "exit code 1", "\x1b[0m", "\ud800", "\0", "é", "}",
        "{", "\n", " ", "root@x:/# ls\n", "bash: x: command not found\n", "<command>\n", "</command>", "\\n",
        "&&", "|", ">>> ", "bash-$",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=5), max_size=30).map("".join)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(list(Role)), TEXTS), max_size=8))
def test_no_text_makes_it_raise_and_every_error_is_a_quote(turns: list[tuple[Role, str]]) -> None:
    messages = [Message.model_construct(role=role, content=text) for role, text in turns]
    actions = list_actions(messages)
    for action in actions:
        assert messages[action.message].role is Role.ASSISTANT
        assert action.tool
        assert action.failed == bool(action.error)
        if action.observation is not None:
            assert action.observation > action.message
            assert action.error in messages[action.observation].content
    find_loops(actions)
    find_fixes(actions)
