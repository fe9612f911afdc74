"""Shape 11 of the domain's list: texts that make programs choke, and what the report says of them."""

import base64
import json
import random
from collections import Counter
from pathlib import Path

import pytest

from core.store import Store
from core.traces.text import normalise_text
from tests.builders import FORMATS, import_list, import_path, make_row, say, talk, write_rows

ANSI = "\x1b[31merror\x1b[0m \x1b[2K\x1b]0;title\x07"
BASE64 = base64.b64encode(random.Random(1).randbytes(300_000)).decode()
LONG_LINE = "x" * 1_500_000
UNCHANGED = {
    "a huge observation": "\n".join(f"line {n}" for n in range(200_000)),
    "a single line of more than a megabyte": LONG_LINE,
    "base64": BASE64,
    "ANSI escapes": ANSI,
    "every Unicode plane": "aé漢🚀\u200b\u2028\u0085\ufeff\U0010ffff",
    "other control characters": "".join(map(chr, range(1, 32))).replace("\r", ""),
}


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("text", UNCHANGED.values(), ids=UNCHANGED)
def test_text_that_is_only_odd_is_stored_unchanged(store: Store, tmp_path: Path, text: str, suffix: str) -> None:
    found = import_path(store, write_rows(tmp_path / f"a{suffix}", [make_row(talk("Task: x", "cat", text))]))
    assert found.attempt.texts[2] == text
    assert not found.report.normalised


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    ("text", "stored", "note", "count"),
    [
        ("a\0b\0", "a\N{SYMBOL FOR NULL}b\N{SYMBOL FOR NULL}", "NUL characters replaced", 2),
        ("a\r\nb\rc\n", "a\nb\nc\n", "line ends unified", 2),
    ],
    ids=["NUL", "CRLF"],
)
def test_text_that_stores_choke_on_is_replaced_visibly_and_counted(
    store: Store, tmp_path: Path, text: str, stored: str, note: str, count: int, suffix: str
) -> None:
    found = import_path(store, write_rows(tmp_path / f"a{suffix}", [make_row(talk("Task: x", text))]))
    assert found.attempt.texts[1] == stored
    assert found.report.normalised == {note: count}


@pytest.mark.parametrize("suffix", [".jsonl", ".json"])
def test_lone_surrogates_are_replaced_visibly_and_counted(store: Store, tmp_path: Path, suffix: str) -> None:
    path = write_rows(tmp_path / f"a{suffix}", [make_row(talk("Task: x", "a \ud83d b \udc00 and \U0001f680"))])
    assert "\\ud83d b" in path.read_text()
    found = import_path(store, path)
    assert found.attempt.texts[1] == "a \ufffd b \ufffd and \U0001f680"
    assert found.report.normalised == {"lone surrogates replaced": 2}


def test_lone_surrogates_in_names_and_columns_are_replaced_too(store: Store) -> None:
    row = make_row(
        [say("user\ud800", "Task: x", tool_call_id="c\ud800")],
        trial_name="t\ud800",
        episode="e\udfff",
        task="k\ud800",
        result="R\ud800",
        run_id="r\0",
        agent="a\ud800",
        model="m\ud800",
        instruction="i\ud800",
        verifier_output="v\ud800",
        tool_definitions=[{"name": "\ud800"}],
    )
    found = import_list(store, [row, row | {"trial_name": "u", "trace_source": "sub\ud800"}])
    attempt = found.attempt.attempt
    assert (found.trial.trial.name, found.trial.trial.task) == ("t\ufffd", "k\ufffd")
    assert (attempt.result, attempt.run_id, attempt.agent, attempt.model) == (
        "R\ufffd",
        "r\u2400",
        "a\ufffd",
        "m\ufffd",
    )
    assert found.attempt.episode_names == ["e\ufffd"]
    assert found.attempt.messages[0].answers == "c\ufffd"
    assert found.set_aside == [(1, 'a sub-agent\'s trace (trace_source is "sub\ufffd")')]


def test_tool_calls_with_lone_surrogates_and_nul_are_read(store: Store) -> None:
    call = {"id": "c\0", "function": {"name": "f\ud800", "arguments": '{"a": "\\ud800\\u0000"}'}}
    found = import_list(store, [make_row([say("assistant", None, tool_calls=[call])])])
    assert '{"name": "f\ufffd", "arguments": {"a": "\ufffd\\u0000"}}' in found.attempt.texts[0]
    assert found.attempt.messages[0].call_ids == ("c\u2400",)


@pytest.mark.parametrize("suffix", [".jsonl", ".json"])
def test_bytes_that_are_not_utf8_are_replaced_visibly(store: Store, tmp_path: Path, suffix: str) -> None:
    path = write_rows(tmp_path / f"a{suffix}", [make_row(talk("Task: x", "latin HERE"))])
    path.write_bytes(path.read_bytes().replace(b"HERE", "\xe9t\xe9".encode("latin-1")))
    assert import_path(store, path).attempt.texts[1] == "latin \ufffdt\ufffd"


@pytest.mark.parametrize("suffix", [".jsonl", ".json"])
def test_a_byte_order_mark_is_no_part_of_the_file(store: Store, tmp_path: Path, suffix: str) -> None:
    path = write_rows(tmp_path / f"a{suffix}", [make_row(talk("Task: x", "a"))])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert import_path(store, path).attempt.texts == ["Task: x", "a"]


def test_windows_line_ends_between_rows_do_no_harm(store: Store, tmp_path: Path) -> None:
    lines = [json.dumps(make_row(talk("Task: x", str(n)))) for n in range(3)]
    (tmp_path / "a.jsonl").write_bytes("\r\n\r\n".join(lines).encode())
    assert len(import_path(store, tmp_path / "a.jsonl").attempts) == 3


def test_rows_that_differ_only_in_line_ends_are_one_attempt(store: Store) -> None:
    rows = [make_row(talk("Task: x\ny", "a")), make_row(talk("Task: x\r\ny", "a", "b", "c"))]
    assert import_list(store, rows).attempt.texts == ["Task: x\ny", "a", "b", "c"]


def test_normalisation_is_counted_once_per_attempt_not_once_per_row(store: Store) -> None:
    messages = talk("Task: x\r\ny", "a", "b\0", "c")
    found = import_list(store, [make_row(messages[:2]), make_row(messages), make_row(messages)])
    assert found.report.normalised == {"line ends unified": 1, "NUL characters replaced": 1}


@pytest.mark.parametrize("text", ["", "plain", "漢字", "a\tb\n"])
def test_clean_text_is_the_very_same_object(text: str) -> None:
    notes: Counter[str] = Counter()
    assert normalise_text(text, notes) is text
    assert not notes


def test_values_nested_too_deeply_are_set_aside(store: Store, tmp_path: Path) -> None:
    deep = '{"a":' * 1_010 + "1" + "}" * 1_010
    lines = [
        json.dumps(make_row(talk("Task: x", "a"))),
        json.dumps(make_row([say("user", "DEEP")])).replace('"DEEP"', deep),
        json.dumps(make_row(talk("Task: x", "b"), verifier_output="DEEP")).replace('"DEEP"', deep),
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    found = import_path(store, tmp_path / "a.jsonl")
    assert found.set_aside == [(1, "values nested too deeply"), (2, "values nested too deeply")]
    assert found.attempt.texts == ["Task: x", "a"]
