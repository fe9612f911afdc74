import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.extraction.attempt import load_attempt_input
from core.extraction.cutting import MIN_INPUT_LIMIT, Cut, cut_attempt, render_gap, render_header
from core.extraction.left_out import LeftOut
from core.extraction.squeezing import find_allowance, squeeze
from core.models import Message, Role
from core.store import Store
from core.traces.actions import find_fixes, list_actions
from core.traces.report import CHARACTERS_PER_TOKEN
from tests.builders import import_path

TASK = "Task: count the lines"


def run(command: str) -> Message:
    call = {"analysis": "", "plan": "", "commands": [{"keystrokes": f"{command}\n", "duration": 1.0}]}
    return Message(role=Role.ASSISTANT, content=json.dumps(call))


def see(text: str) -> Message:
    return Message(role=Role.USER, content=text)


def count_sent(cut: Cut) -> int:
    """Characters from the task text to the last message, as the prompt writes them."""
    total, expected = len(cut.task_text), 0
    for index, message in cut.kept:
        if index > expected:
            total += len(render_gap(expected, index - 1)) + 1
        total += len(render_header(index, message)) + 1 + len(message.content) + 1
        expected = index + 1
    return total


def check_cut(task: str, messages: list[Message], limit: int) -> Cut:
    """What holds for every attempt and every limit."""
    cut = cut_attempt(task, messages, limit_tokens=limit)
    kept = [index for index, _ in cut.kept]
    assert cut == cut_attempt(task, list(messages), limit_tokens=limit), "the same attempt is cut in the same way"
    assert kept == sorted(set(kept))
    assert count_sent(cut) <= max(limit, MIN_INPUT_LIMIT) * CHARACTERS_PER_TOKEN
    if cut.left_out is None:
        assert (cut.task_text, cut.kept) == (task, list(enumerate(messages)))
        return cut
    check_left_out(cut, cut.left_out, task, messages)
    return cut


def check_left_out(cut: Cut, left_out: LeftOut, task: str, messages: list[Message]) -> None:
    kept = dict(cut.kept)
    assert left_out == LeftOut.model_validate_json(left_out.model_dump_json())
    assert left_out.messages == len(messages)
    shown = len(task) - left_out.task_characters_left_out
    squeezed = {item.index: item.characters_left_out for item in left_out.squeezed}
    gone = {index for first, last in left_out.ranges for index in range(first, last + 1)}
    for index, message in enumerate(messages):
        missing = squeezed.get(index, 0)
        assert (index in gone) is (index not in kept), "kept, or listed as left out"
        if index in kept:
            shown += len(message.content) - missing
            assert (kept[index] == message) is (missing == 0), "whole, or listed as squeezed"
            assert kept[index].role is message.role
            assert len(kept[index].content) <= len(message.content)
    assert left_out.messages_left_out == len(messages) - len(kept)
    assert left_out.characters_sent == shown <= left_out.characters
    if messages:
        assert {0, len(messages) - 1} <= set(kept), "the task's message and the last one stay"


SOME_MESSAGES = st.lists(
    st.builds(
        lambda role, words, times: Message(role=role, content=words * times),
        st.sampled_from(list(Role)),
        st.sampled_from(
            [
                "",
                "x",
                "word \n",
                "bash: foo: command not found\n",
                '<tool_call>{"name": "ls", "arguments": {}}</tool_call>',
            ]
        ),
        st.sampled_from([1, 3, 40, 400, 4_000]),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.data_too_large])
@given(
    task=st.sampled_from(["", TASK, "t" * 3_000, "t" * 100_000]),
    messages=SOME_MESSAGES,
    limit=st.sampled_from([0, 1_000, 1_500, 4_000, 20_000]),
)
def test_whatever_the_attempt_it_fits_and_nothing_leaves_unsaid(task: str, messages: list[Message], limit: int) -> None:
    check_cut(task, messages, limit)


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(0, 3_000),
    size=st.sampled_from([0, 1, 50, 2_000]),
    role=st.sampled_from([Role.USER, Role.ASSISTANT, Role.TOOL]),
)
def test_very_many_messages_fit_too(count: int, size: int, role: Role) -> None:
    messages = [see(TASK)] + [Message(role=role, content="m" * size) for _ in range(count)]
    check_cut(TASK, messages, MIN_INPUT_LIMIT)


@settings(max_examples=300, deadline=None)
@given(
    text=st.text(st.sampled_from("ab\n"), max_size=600),
    allowance=st.integers(0, 600),
    places=st.lists(st.integers(0, 600), max_size=4),
)
def test_a_squeezed_text_takes_no_more_than_its_allowance(text: str, allowance: int, places: list[int]) -> None:
    squeezed = squeeze(text, allowance, errors=[text[place : place + 30] for place in places])
    assert len(squeezed.text) <= max(allowance, 0)
    assert (squeezed.characters_left_out == 0) is (len(text) <= allowance)
    said = sum(int(part.split()[0]) for part in squeezed.text.split("[... ")[1:])
    assert said in (0, squeezed.characters_left_out), "the markers say how much is missing"
    if allowance >= 100 and squeezed.characters_left_out:
        assert said
        assert squeezed.text.startswith(text[:20])
        assert squeezed.text.endswith(text[-20:])


@given(lengths=st.lists(st.integers(0, 5_000), max_size=30), room=st.integers(-10, 60_000))
def test_the_longest_give_way_first_and_no_more_than_needed(lengths: list[int], room: int) -> None:
    allowance = find_allowance(lengths, room)
    assert sum(min(length, allowance) for length in lengths) <= max(room, 0)
    if allowance < max(lengths, default=0):
        assert sum(min(length, allowance + 1) for length in lengths) > room, "not one character less than needed"


def test_under_the_limit_nothing_is_cut() -> None:
    messages = [see(TASK), run("wc -l x"), see("3 x")]
    limit = 100_000
    room = limit * CHARACTERS_PER_TOKEN - count_sent(cut_attempt(TASK, messages, limit_tokens=limit))
    filled = [*messages, see("z" * (room - len("[message 3, user]") - 2))]
    assert cut_attempt(TASK, filled, limit_tokens=limit) == (TASK, list(enumerate(filled)), None)
    assert cut_attempt(TASK + "!", filled, limit_tokens=limit).left_out is not None


def test_a_long_observation_keeps_head_tail_and_what_went_wrong() -> None:
    text = "HEAD\n" + "x\n" * 20_000 + "bash: foo: command not found\n" + "y\n" * 20_000 + "TAIL"
    messages = [see(TASK), run("foo"), see(text), run("ls"), see("a b")]
    cut = check_cut(TASK, messages, 2_000)
    kept = dict(cut.kept)
    assert list(kept) == [0, 1, 2, 3, 4]
    assert kept[2].content.startswith("HEAD")
    assert "left out ...]\nbash: foo: command not found\n[... " in kept[2].content
    assert kept[2].content.endswith("TAIL")
    assert [kept[index] for index in (0, 1, 3, 4)] == [messages[index] for index in (0, 1, 3, 4)]


def test_only_observations_are_squeezed_where_that_is_enough() -> None:
    messages = [see("task " * 600), run("cat a; : " + "w" * 3_000), see("a\n" * 9_000), run("ls"), see("b\n" * 2_000)]
    cut = check_cut(TASK, messages, 3_000)
    assert cut.left_out is not None
    assert [item.index for item in cut.left_out.squeezed] == [2, 4]
    assert not cut.left_out.ranges


PLANTED = 41
FIXED = 43
FIRST_USE = 61
MESSAGES = 120


def build_planted() -> list[Message]:
    """An attempt of filler with an error, its fix and one new command in the middle."""
    messages = [see(TASK)]
    for index in range(1, MESSAGES, 2):
        command, output = f"sed -n {index}p notes.txt", f"filler {index} " + "lorem ipsum " * 60
        if index == PLANTED:
            command, output = "python convert.py in.csv", "ModuleNotFoundError: No module named 'pandas'"
        if index == FIXED:
            command, output = "pip install pandas", "Successfully installed pandas"
        if index == FIXED + 2:
            command, output = "python convert.py in.csv", "Wrote 12 rows"
        if index == FIRST_USE:
            command, output = "sqlite3 out.db .tables", "rows"
        messages += [run(command), see(output)]
    return messages


def test_an_error_its_fix_and_a_first_use_survive_while_filler_goes() -> None:
    messages = build_planted()
    assert [(fix.failed.message, fix.worked.message) for fix in find_fixes(list_actions(messages))] == [(41, 45)]
    cut = check_cut(TASK, messages, 4_000)
    kept = {index for index, _ in cut.kept}
    assert {PLANTED, PLANTED + 1, FIXED, FIXED + 1, FIXED + 2, FIXED + 3} <= kept
    assert {FIRST_USE, FIRST_USE + 1} <= kept
    assert set(range(6)) <= kept, "the first turns"
    assert set(range(MESSAGES - 5, MESSAGES + 1)) <= kept, "the last turns"
    assert cut.left_out is not None
    assert cut.left_out.messages_left_out > 40
    assert cut.left_out.ranges[0][0] == 7, "the oldest filler goes first"


def test_of_the_same_error_again_and_again_the_first_and_the_last_stay() -> None:
    messages = [see(TASK), *([run("ls"), see("a")] * 5)]
    for index in range(30):
        messages += [run(f"foo --try {index}"), see("bash: foo: command not found\n" + "z\n" * 200)]
    messages += [run("ls"), see("a")] * 5
    cut = check_cut(TASK, messages, 1_500)
    tried = [
        json.loads(message.content)["commands"][0]["keystrokes"]
        for _, message in cut.kept
        if "foo --" in message.content
    ]
    assert (tried[0], tried[-1]) == ("foo --try 0\n", "foo --try 29\n")
    assert len(tried) < 30


def test_the_agents_turn_and_what_answers_it_stay_or_go_together() -> None:
    cut = check_cut(TASK, build_planted(), 3_000)
    kept = {index for index, _ in cut.kept}
    assert all((index in kept) is (index + 1 in kept) for index in range(1, MESSAGES, 2))


@pytest.mark.parametrize("role", [Role.USER, Role.ASSISTANT, Role.TOOL])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_giant_message_is_squeezed_and_the_rest_stays(role: Role, place: int) -> None:
    messages = [see(TASK), run("ls"), see("a b")]
    messages.insert(place, Message(role=role, content="g\n" * 2_500_000))
    cut = check_cut(TASK, messages, 10_000)
    assert [index for index, _ in cut.kept] == [0, 1, 2, 3]
    assert cut.left_out is not None
    assert [item.index for item in cut.left_out.squeezed] == [place]
    assert count_sent(cut) > 39_000, "what room there is, is used"


def test_twenty_thousand_messages_are_cut() -> None:
    messages = build_planted() * 166
    cut = check_cut(TASK, messages, 100_000)
    assert 500 < len(cut.kept) < 2_000


@pytest.mark.parametrize("name", ["attempts_tau_airline", "cumulative_sweagent", "cumulative_terminus2"])
def test_real_attempts_fit_whatever_the_limit(store: Store, shared_data: Path, name: str) -> None:
    for attempt in import_path(store, shared_data / "traces" / f"{name}.parquet").attempts:
        read = load_attempt_input(store, attempt.attempt.id)
        for limit in (1_000, 5_000, 20_000):
            check_cut(read.task_text, read.messages, limit)


@pytest.mark.parametrize(
    ("name", "limit", "over", "fixes"),
    [
        ("attempts_tau_airline", 5_000, 32, 12),
        ("cumulative_sweagent", 10_000, 11, 9),
        ("cumulative_terminus2", 5_000, 7, 2),
    ],
)
def test_real_attempts_keep_every_error_that_was_mended(
    store: Store, shared_data: Path, name: str, limit: int, over: int, fixes: int
) -> None:
    found = import_path(store, shared_data / "traces" / f"{name}.parquet").attempts
    read = [load_attempt_input(store, attempt.attempt.id) for attempt in found]
    cuts = [(item, cut_attempt(item.task_text, item.messages, limit_tokens=limit)) for item in read]
    kept = [(item.messages, {index for index, _ in cut.kept}) for item, cut in cuts if cut.left_out is not None]
    mended = [(fix, indexes) for messages, indexes in kept for fix in find_fixes(list_actions(messages))]
    assert (len(kept), len(mended)) == (over, fixes)
    for fix, indexes in mended:
        assert {fix.failed.message, fix.worked.message} <= indexes
