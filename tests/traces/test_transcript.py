"""A whole attempt as a person reads it."""

import json

from core.models import Episode, Message, Role
from core.traces.transcript import list_ticks, read_transcript, show_message


def call(command: str) -> str:
    return f"<tool_call>\n{json.dumps({'name': 'bash', 'arguments': {'command': command}})}\n</tool_call>"


def make(*contents: str) -> list[Message]:
    """A system message, then agent and observation take turns."""
    roles = [Role.SYSTEM, *[Role.ASSISTANT, Role.TOOL] * len(contents)]
    return [Message(role=role, content=text) for role, text in zip(roles, ["Be good.", *contents], strict=False)]


def test_roles_are_told_apart() -> None:
    messages = [
        Message(role=Role.USER, content="Do it."),
        Message(
            role=Role.ASSISTANT, content=json.dumps({"analysis": "", "plan": "", "commands": [{"keystrokes": "ls\n"}]})
        ),
        Message(role=Role.USER, content="a.txt"),
        Message(role=Role.ASSISTANT, content="Done."),
    ]
    transcript = read_transcript(messages)
    assert [show_message(transcript, i).role for i in range(4)] == ["user", "agent", "observation", "agent"]


def test_the_line_that_says_that_it_failed_is_marked() -> None:
    transcript = read_transcript(make(call("cat x"), "here\ncat: x: No such file or directory\nthere"))
    assert show_message(transcript, 2).error_lines == [1]
    assert list(transcript.errors) == [2]


def test_what_the_agent_says_of_an_error_is_no_error() -> None:
    transcript = read_transcript(make("Error: I made a mistake", "ok"))
    assert show_message(transcript, 1).error_lines == []


def test_the_same_failure_again_is_one_bracket() -> None:
    pairs = [call("pip install nope"), "ERROR: No matching distribution found for nope"] * 3
    transcript = read_transcript(make(*pairs))
    (bracket,) = transcript.brackets
    assert (bracket.first, bracket.last, bracket.times) == (1, 6, 3)
    assert bracket.what == "the same call fails"


def test_failures_that_lie_far_apart_are_no_loop() -> None:
    failure = [call("make"), "make: *** [all] Error 2"]
    between = [text for i in range(8) for text in (call(f"ls {i}"), "ok")]
    assert read_transcript(make(*failure, *between, *failure)).brackets == []


def test_episodes_are_ticks_along_their_attempt() -> None:
    episodes = [
        Episode(attempt_id=attempt, name=f"episode-{i}", row_number=i, message_count=count)
        for attempt, i, count in [(1, 1, 4), (1, 0, 2), (2, 2, 3), (1, 3, 4)]
    ]
    assert list_ticks(episodes, 1) == [("episode-0", 2), ("episode-1", 4)]
