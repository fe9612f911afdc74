"""Shapes 1 to 6 of the domain's list, each in every file format that can hold it."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from core.models import Role
from core.store import Store
from core.traces.conversations import ConversationReader
from tests.builders import FORMATS, import_path, make_row, say, talk, write_rows

ASKED, ANSWERED = "Task: list the files", "ls -la"
PLAIN = talk(ASKED, ANSWERED)
BOTH = [("user", ASKED), ("assistant", ANSWERED)]
JSON_ONLY = (".jsonl", ".json")


class Shape(NamedTuple):
    name: str
    conversations: object
    turns: list[tuple[str, str]]
    formats: tuple[str, ...] = FORMATS
    """Arrow holds one type per field, so mixed shapes exist in JSON only."""


def make_parts(*texts: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": text} for text in texts]


SHAPES = [
    Shape("content is text", PLAIN, BOTH),
    Shape("content is null", [*PLAIN, say("user", None)], [*BOTH, ("user", "")]),
    Shape("content is empty", [*PLAIN, say("user", "")], [*BOTH, ("user", "")]),
    Shape(
        "content is a list of parts",
        [say("user", make_parts("Task: list", "the files")), say("assistant", make_parts(ANSWERED))],
        [("user", "Task: list\nthe files"), ("assistant", ANSWERED)],
    ),
    Shape(
        "parts are images and audio, padded by Arrow",
        [
            say(
                "user",
                [
                    {"type": "text", "text": ASKED, "image_url": None, "input_audio": None},
                    {"type": "image_url", "text": None, "image_url": {"url": "https://a.example/x.png"}},
                    {"type": "input_audio", "text": None, "image_url": None, "input_audio": {"data": "UklGRg=="}},
                ],
            )
        ],
        [("user", f"{ASKED}\n[image]\n[audio]")],
    ),
    Shape(
        "parts are texts, nulls, tool uses and tool results",
        [
            say("assistant", ["plain", None, {"type": "tool_use", "name": "ls", "input": {"path": "/", "all": None}}]),
            say("user", [{"type": "tool_result", "content": [{"type": "text", "text": "bin"}, {"text": "etc"}]}]),
        ],
        [
            ("assistant", 'plain\n<tool_call>\n{"name": "ls", "arguments": {"path": "/"}}\n</tool_call>'),
            ("user", "bin\netc"),
        ],
        JSON_ONLY,
    ),
    Shape(
        "content is a dict",
        [say("user", {"type": "text", "text": ASKED}), say("assistant", {"type": "text", "text": ANSWERED})],
        BOTH,
    ),
    Shape("content is a dict of its own", [say("user", {"goal": ASKED})], [("user", json.dumps({"goal": ASKED}))]),
    Shape("content is a number", [say("user", 42), say("assistant", 7)], [("user", "42"), ("assistant", "7")]),
    Shape("contents are of every kind", [say("user", ASKED), say("tool", 4.5)], [BOTH[0], ("tool", "4.5")], JSON_ONLY),
    Shape(
        "ShareGPT",
        [{"from": "human", "value": ASKED}, {"from": "gpt", "value": ANSWERED}, {"from": "observation", "value": "."}],
        [*BOTH, ("tool", ".")],
    ),
    Shape(
        "ShareGPT and OpenAI messages in one table, padded by Arrow",
        [
            {"from": "human", "value": ASKED, "role": None, "content": None},
            {"from": None, "value": None, "role": "assistant", "content": ANSWERED},
        ],
        BOTH,
    ),
    Shape(
        "a ShareGPT function call",
        [
            {"from": "system", "value": "s"},
            {"from": "function_call", "value": '{"name": "ls", "arguments": {"path": "/"}}'},
            {"from": "tool", "value": "bin"},
        ],
        [
            ("system", "s"),
            ("assistant", '<tool_call>\n{"name": "ls", "arguments": {"path": "/"}}\n</tool_call>'),
            ("tool", "bin"),
        ],
    ),
    Shape("JSON text", json.dumps(PLAIN), BOTH),
    Shape("JSON text, encoded twice", json.dumps(json.dumps(PLAIN)), BOTH),
    Shape(
        "JSON text with a lone surrogate and NaN",
        '[{"role": "user", "content": "\\ud83d", "n": NaN}]',
        [("user", "\ufffd")],
    ),
    Shape("a struct of lists", {"role": ["user", "assistant"], "content": [ASKED, ANSWERED]}, BOTH),
    Shape("a struct of lists, ShareGPT", {"from": ["human", "gpt"], "value": [ASKED, ANSWERED]}, BOTH),
    Shape(
        "a struct of lists of unequal length",
        {"role": ["user", "assistant"], "content": [ASKED]},
        [BOTH[0], ("assistant", "")],
    ),
    Shape("an object around the list", {"messages": PLAIN}, BOTH),
    Shape("an object around JSON text", {"messages": json.dumps(PLAIN)}, BOTH),
    Shape("only user turns", [say("user", ASKED), say("user", "please")], [BOTH[0], ("user", "please")]),
    Shape("the last turn is the user's", [*PLAIN, say("user", "thanks")], [*BOTH, ("user", "thanks")]),
]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_every_shape_of_a_conversation_is_read(store: Store, tmp_path: Path, shape: Shape, suffix: str) -> None:
    if suffix not in shape.formats:
        pytest.skip("Arrow holds one type per field")
    found = import_path(store, write_rows(tmp_path / f"a{suffix}", [make_row(shape.conversations)]))
    assert found.attempt.turns == shape.turns
    assert (found.report.rows, found.report.episodes, found.report.set_aside) == (1, 1, 0)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("column", ["messages", "conversations_sharegpt", "conversation"])
def test_other_names_of_the_conversation_column_are_known(
    store: Store, tmp_path: Path, column: str, suffix: str
) -> None:
    row: dict[str, Any] = {"trial_name": "t", "episode": "episode-0", column: PLAIN}
    assert import_path(store, write_rows(tmp_path / f"a{suffix}", [row])).attempt.turns == BOTH


def test_an_empty_conversation_column_leaves_the_word_to_the_next_one(store: Store, tmp_path: Path) -> None:
    rows = [make_row([], messages=PLAIN), make_row(None, messages=PLAIN), make_row("", messages=PLAIN)]
    found = import_path(store, write_rows(tmp_path / "a.jsonl", rows))
    assert found.attempt.turns == BOTH
    assert found.report.set_aside == 0


@pytest.mark.parametrize("suffix", FORMATS)
def test_openai_tool_calls_are_written_into_the_message_and_keep_their_ids(
    store: Store, tmp_path: Path, suffix: str
) -> None:
    def make_call(call_id: str, path: str) -> dict[str, Any]:
        return {"id": call_id, "type": "function", "function": {"name": "ls", "arguments": json.dumps({"path": path})}}

    conversation = [
        say("user", ASKED, tool_calls=None, tool_call_id=None),
        say("assistant", None, tool_calls=[make_call("c1", "/"), make_call("c2", "/tmp")], tool_call_id=None),
        say("tool", "bin", tool_calls=None, tool_call_id="c1"),
        say("tool", "bin", tool_calls=None, tool_call_id="c2"),
    ]
    found = import_path(store, write_rows(tmp_path / f"a{suffix}", [make_row(conversation)]))
    messages = found.attempt.messages
    assert messages[1].content.count("<tool_call>") == 2
    assert '{"name": "ls", "arguments": {"path": "/tmp"}}' in messages[1].content
    assert messages[1].call_ids == ("c1", "c2")
    assert [message.answers for message in messages] == [None, None, "c1", "c2"]
    assert found.report.normalised["tool calls written into the message"] == 2


def test_a_deprecated_function_call_is_a_tool_call(store: Store, tmp_path: Path) -> None:
    said = say("assistant", "Look.", function_call={"name": "ls", "arguments": '{"path": "/"}'})
    found = import_path(store, write_rows(tmp_path / "a.jsonl", [make_row([said])]))
    assert found.attempt.texts == ['Look.\n<tool_call>\n{"name": "ls", "arguments": {"path": "/"}}\n</tool_call>']


def test_arguments_lose_the_nulls_that_arrow_pads_them_with(store: Store, tmp_path: Path) -> None:
    call = {"function": {"name": "ls", "arguments": {"path": "/", "depth": None, "more": {"a": None, "b": 0}}}}
    found = import_path(
        store, write_rows(tmp_path / "a.parquet", [make_row([say("assistant", "", tool_calls=[call])])])
    )
    assert '{"name": "ls", "arguments": {"path": "/", "more": {"b": 0}}}' in found.attempt.texts[0]


def test_equal_answers_to_different_calls_keep_their_own_ids() -> None:
    answers = [say("tool", "ok", tool_call_ids=["c1"]), say("tool", "ok", tool_call_ids=["c2"]), say("tool", "ok")]
    read = ConversationReader().read(answers)
    assert [message.answers for message in read] == ["c1", "c2", None]


ROLES = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "tool": Role.TOOL,
    "function": Role.TOOL,
    "human": Role.USER,
    "User": Role.USER,
    " ASSISTANT ": Role.ASSISTANT,
    "gpt": Role.ASSISTANT,
    "observation": Role.TOOL,
    "narrator": Role.UNKNOWN,
    "": Role.UNKNOWN,
}


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_role_is_kept_and_an_unknown_or_missing_one_is_counted(store: Store, tmp_path: Path, suffix: str) -> None:
    conversation = [*(say(role, f"said by {role}") for role in ROLES), {"content": "said by nobody"}]
    found = import_path(store, write_rows(tmp_path / f"a{suffix}", [make_row(conversation)]))
    assert [message.role for message in found.attempt.messages] == [*ROLES.values(), Role.UNKNOWN]
    assert found.report.normalised["messages without a known role"] == 3


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_empty_conversation_is_set_aside_with_its_row_number(store: Store, tmp_path: Path, suffix: str) -> None:
    rows = [
        make_row(PLAIN),
        make_row([]),
        make_row(None),
        make_row([say("user", ""), say("assistant", " \n")]),
        make_row(talk("Task: other", "done"), trial_name="u"),
    ]
    found = import_path(store, write_rows(tmp_path / f"a{suffix}", rows))
    assert found.set_aside == [(number, "empty conversation") for number in (1, 2, 3)]
    assert found.report.set_aside_reasons == {"empty conversation": 3}
    assert (found.report.rows, found.report.episodes, found.report.set_aside) == (5, 2, 3)
    assert [episode.row_number for attempt in found.attempts for episode in attempt.episodes] == [0, 4]


def test_rows_whose_conversation_has_no_known_shape_are_set_aside_by_reason(store: Store, tmp_path: Path) -> None:
    shapes: list[object] = ["not JSON", 7, ["a", "b"], {"a": 1}, [None], "[" * 5_000]
    found = import_path(store, write_rows(tmp_path / "a.jsonl", [make_row(PLAIN), *map(make_row, shapes)]))
    assert found.set_aside == [
        (1, "conversations is a text that is not JSON"),
        (2, "conversations is not a list of messages"),
        (3, "conversations is not a list of messages"),
        (4, "conversations is an object without lists"),
        (5, "conversations is not a list of messages"),
        (6, "conversations is a text that is not JSON"),
    ]


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_trace_of_a_sub_agent_is_set_aside(store: Store, tmp_path: Path, suffix: str) -> None:
    rows = [
        make_row(PLAIN, trace_source="main"),
        make_row(talk("Summarise.", "Short."), trace_source="summarization-1"),
        make_row([*PLAIN, say("user", "more")], trace_source=None),
        make_row([*PLAIN, say("user", "other")], trace_source=""),
    ]
    found = import_path(store, write_rows(tmp_path / f"a{suffix}", rows))
    assert found.set_aside == [(1, 'a sub-agent\'s trace (trace_source is "summarization-1")')]
    assert len(found.attempts) == 2
