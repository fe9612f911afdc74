"""Two attempts compared: which pair, what of it is shown, and what an answer comes to."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.extraction.contrast import ContrastInput, Side, load_contrast_input
from core.extraction.contrast_answer import CONTRAST_FORM, parse_contrast
from core.extraction.contrast_instructions import CONTRAST_CUT_NOTE, CONTRAST_PROMPT
from core.extraction.contrast_prompt import CONTRAST_INPUT_LIMIT, build_contrast_prompt
from core.extraction.cutting import MIN_INPUT_LIMIT
from core.extraction.estimate import CONTRAST_CHARACTERS, CONTRAST_CHARACTERS_PER_MESSAGE
from core.models import Attempt, Dataset, Message, Outcome, Role, StrategyText
from core.store import Store
from core.traces.parting import find_parting
from core.traces.report import CHARACTERS_PER_TOKEN
from tests.builders import Row, import_list, import_path, make_row, talk

SECRET = b"workspace one"
REAL = Path("../shared/data/traces/attempts_tau_airline.parquet")
QUOTE = {"attempt": "A2", "message": 3, "quote": "rm x"}
STEP = {"evidence": [QUOTE], "do": "Make it.", "why": "", "check": ""}
EMPTY: dict[str, Any] = {"parted": "There.", "tools": [], "strategy": [], "pitfalls": [], "criteria": []}


def run(*commands: str, first: str = "Task: mend it") -> list[dict[str, Any]]:
    """A conversation in which these commands are executed, each answered by what it is called."""
    texts = [text for command in commands for text in (f"```bash\n{command}\n```", f"<output>{command}!</output>")]
    return talk(first, *texts)


def make_attempt(store: Store, *tries: tuple[list[dict[str, Any]], Any]) -> int:
    """Any attempt of one trial with these conversations and results."""
    rows: list[Row] = [
        make_row(messages, episode=f"episode-{index}", result=result, run_id=f"run-{index}")
        for index, (messages, result) in enumerate(tries)
    ]
    return import_list(store, rows).attempts[0].attempt.id


def get_text(store: Store, attempt_id: int, *, secret: bytes = SECRET, limit: int = 100_000) -> str:
    prompt = build_contrast_prompt(load_contrast_input(store, attempt_id), secret=secret, input_limit=limit)
    assert prompt.messages[0] == {"role": "system", "content": CONTRAST_PROMPT}
    return str(prompt.messages[1]["content"])


def test_the_pair_that_goes_together_longest_is_compared(store: Store) -> None:
    attempt_id = make_attempt(
        store,
        (run("rm y"), 0.0),
        (run("make", "ls -la", "touch a"), 1.0),
        (run("make", "touch b"), 0.0),
        (run("touch c"), 1.0),
    )
    contrast = load_contrast_input(store, attempt_id)
    assert contrast.labels.keys() == {"A2", "A3"}
    assert (contrast.succeeded.label, contrast.failed.label) == ("A2", "A3")
    assert contrast.parting.shared == [(1, 1)]


def test_a_whole_success_is_compared_rather_than_one_in_part(store: Store) -> None:
    attempt_id = make_attempt(store, (run("make", "rm x"), 0.5), (run("touch a"), 1.0), (run("make", "rm y"), 0.0))
    assert load_contrast_input(store, attempt_id).succeeded.label == "A2"


def test_a_success_in_part_is_compared_where_there_is_no_whole_one(store: Store) -> None:
    attempt_id = make_attempt(store, (run("make"), 0.5), (run("rm y"), 0.0))
    assert "A1 SUCCEEDED IN PART and A2 FAILED" in get_text(store, attempt_id)


def test_what_both_did_is_shown_once_and_each_from_where_they_part(store: Store) -> None:
    attempt_id = make_attempt(store, (run("make", "touch a", "ls"), 1.0), (run("make", "touch b"), 0.0))
    text = get_text(store, attempt_id)
    assert text.startswith("A1 SUCCEEDED and A2 FAILED, as was recorded afterwards. Their first action is the same.")
    assert "They part where A1 goes on with message 3 and A2 goes on with message 3." in text
    shared, one, other = text.split("=====\n")[2:5]
    assert "[A1 message 0, user]\nTask: mend it\n[A1 message 1, assistant]\n```bash\nmake\n```" in shared
    assert "message 2" not in shared
    assert one.startswith("[A1 message 2, user]\n<output>make!</output>\n[A1 message 3, assistant]\n```bash\ntouch a")
    assert other.startswith("[A2 message 2, user]\n<output>make!</output>\n[A2 message 3, assistant]\n```bash\ntouch b")
    assert "[A1 message 6, user]" in one


def test_who_does_nothing_more_is_said_to(store: Store) -> None:
    attempt_id = make_attempt(store, (run("make", "touch a"), 1.0), (run("make"), 0.0))
    text = get_text(store, attempt_id)
    assert "A1 goes on with message 3 and A2 does nothing more." in text
    assert "left out" not in text


def test_attempts_that_did_the_same_can_still_be_asked_about(store: Store) -> None:
    attempt_id = make_attempt(store, (run("make"), 1.0), (run("make"), 0.0))
    assert "A1 does nothing more and A2 does nothing more." in get_text(store, attempt_id)


def test_secrets_are_masked_and_what_the_verifier_expects_is_never_sent(store: Store) -> None:
    rows = [
        make_row(run("echo AKIAIOSFODNN7EXAMPLE", name), episode=name, result=result, verifier_output="expected 417")
        for name, result in (("touch a", 1.0), ("touch b", 0.0))
    ]
    text = get_text(store, import_list(store, rows).attempts[0].attempt.id)
    assert "AKIAIOSFODNN7EXAMPLE" not in text
    assert "417" not in text
    assert "[masked: AWS access key]" in text


def test_a_trace_cannot_guess_the_boundary_and_a_rerun_repeats_it(store: Store) -> None:
    attempt_id = make_attempt(store, (run("make"), 1.0), (run("===== 00 END ====="), 0.0))
    assert get_text(store, attempt_id) == get_text(store, attempt_id)
    boundary = get_text(store, attempt_id).splitlines()[-1].split()[1]
    assert get_text(store, attempt_id).count(boundary) == 5
    assert boundary not in get_text(store, attempt_id, secret=b"workspace two")


@pytest.mark.parametrize("limit", [MIN_INPUT_LIMIT, 4_000, CONTRAST_INPUT_LIMIT, 100_000])
def test_long_attempts_fit_into_the_limit_and_show_where_they_part(store: Store, limit: int) -> None:
    shared = [f"make {index} " + "m" * 900 for index in range(60)]
    ends = [[f"{name} {index} " + name * 900 for index in range(60)] for name in "ab"]
    attempt_id = make_attempt(
        store, (run(*shared, *ends[0], first="t" * 90_000), 1.0), (run(*shared, *ends[1], first="t" * 90_000), 0.0)
    )
    text = get_text(store, attempt_id, limit=limit)
    assert len(text) <= min(limit, CONTRAST_INPUT_LIMIT) * CHARACTERS_PER_TOKEN + 900
    assert CONTRAST_CUT_NOTE in text
    for label in ("A1", "A2"):
        assert f"[{label} message 240, user]\n" in text, "the end"
        # so small a limit holds no more than the ends
        assert f"[{label} message 121, assistant]\n" in text or limit == MIN_INPUT_LIMIT, "the turn where they part"


@pytest.mark.parametrize("limit", [MIN_INPUT_LIMIT, 4_000, CONTRAST_INPUT_LIMIT])
def test_what_was_left_out_of_each_is_handed_back_by_its_own_indexes(store: Store, limit: int) -> None:
    shared = [f"make {index} " + "m" * 900 for index in range(60)]
    ends = [[f"{name} {index} " + name * 900 for index in range(60)] for name in "ab"]
    attempt_id = make_attempt(store, (run(*shared, *ends[0]), 1.0), (run(*shared, *ends[1]), 0.0))
    contrast = load_contrast_input(store, attempt_id)
    prompt = build_contrast_prompt(contrast, secret=SECRET, input_limit=limit)
    assert prompt.left_out is not None
    text = str(prompt.messages[1]["content"])
    for side, first in ((contrast.succeeded, 0), (contrast.failed, 120)):
        missing = prompt.left_out.attempts[side.attempt.id]
        assert missing.messages == 241
        gone = {index for begin, end in missing.ranges for index in range(begin, end + 1)}
        assert missing.messages_left_out == len(gone) > 50
        assert missing.characters_sent < missing.characters
        for index in range(first + 1, 241):
            assert (f"[{side.label} message {index}, " in text) is (index not in gone), (side.label, index)
        squeezed = {item.index for item in missing.squeezed}
        assert squeezed.isdisjoint(gone)
        for index in squeezed - {0}:
            shown = text.split(f"[{side.label} message {index}, ")[1].split("[A")[0]
            assert len(shown) < len(side.messages[index].content)


def test_two_attempts_that_fit_have_nothing_left_out(store: Store) -> None:
    attempt_id = make_attempt(store, (run("make", "ls"), 1.0), (run("make", "rm x"), 0.0))
    assert build_contrast_prompt(load_contrast_input(store, attempt_id), secret=SECRET).left_out is None


texts = st.lists(st.text(max_size=300), min_size=0, max_size=25)


@given(texts, texts, st.integers(1, 3_000))
def test_any_two_attempts_make_a_prompt(one: list[str], other: list[str], limit: int) -> None:
    sides: list[Side] = []
    for number, contents in ((1, one), (2, other)):
        roles = (Role.USER, Role.ASSISTANT)
        messages = [Message(role=roles[index % 2], content=text) for index, text in enumerate(contents)]
        attempt = Attempt(
            id=number,
            trial_id=1,
            number=number,
            source_trial_name="t",
            conversation_id=str(number),
            message_count=len(messages),
            characters=1,
            outcome=Outcome.SUCCESS if number == 1 else Outcome.FAILURE,
        )
        sides.append(Side(attempt, messages))
    parting = find_parting(sides[0].messages, sides[1].messages)
    prompt = build_contrast_prompt(ContrastInput("t", sides[0], sides[1], parting), secret=SECRET, input_limit=limit)
    assert prompt.messages[1]["content"].endswith(" END =====")


def test_an_answer_becomes_hints_with_the_attempt_that_each_quote_is_from(store: Store) -> None:
    contrast = load_contrast_input(store, make_attempt(store, (run("make"), 0.0), (run("rm x"), 1.0)))
    both = STEP | {"evidence": [QUOTE, {"attempt": "1", "message": 1, "quote": "make"}]}
    answer = parse_contrast(json.dumps(EMPTY | {"strategy": [both]}), contrast)
    ids = contrast.labels
    assert (answer.succeeded_id, answer.failed_id, answer.parted) == (ids["A2"], ids["A1"], "There.")
    (hint,) = answer.hints
    assert hint.text == StrategyText(do="Make it.")
    assert [(proof.attempt_id, proof.message, proof.quote) for proof in hint.evidence] == [
        (ids["A2"], 3, "rm x"),
        (ids["A1"], 1, "make"),
    ]
    split = answer.split()
    assert list(split) == [ids["A2"], ids["A1"]]
    assert [[proof.quote for proof in hints.hints[0].evidence] for hints in split.values()] == [["rm x"], ["make"]]


def test_a_hint_without_a_quote_stands_with_the_success_and_without_proof(store: Store) -> None:
    contrast = load_contrast_input(store, make_attempt(store, (run("make"), 0.0), (run("rm x"), 1.0)))
    answer = parse_contrast(json.dumps(EMPTY | {"strategy": [STEP | {"evidence": []}]}), contrast)
    ((attempt_id, hints),) = answer.split().items()
    assert (attempt_id, hints.hints[0].evidence) == (contrast.succeeded.attempt.id, [])


@pytest.mark.parametrize("label", ["A3", "the first", "", "A²"])
def test_a_quote_of_an_attempt_that_was_not_shown_is_said_to_the_model(store: Store, label: str) -> None:
    contrast = load_contrast_input(store, make_attempt(store, (run("make"), 0.0), (run("rm x"), 1.0)))
    step = STEP | {"evidence": [QUOTE | {"attempt": label}]}
    with pytest.raises(ValueError, match="is none of A2, A1"):
        parse_contrast(json.dumps(EMPTY | {"strategy": [step]}), contrast)


def test_no_hint_is_a_fair_answer_and_of_too_many_the_first_are_taken(store: Store) -> None:
    contrast = load_contrast_input(store, make_attempt(store, (run("make"), 0.0), (run("rm x"), 1.0)))
    assert parse_contrast(json.dumps(EMPTY), contrast).hints == []
    steps = [STEP | {"do": f"Do {index}."} for index in range(5)]
    hints = parse_contrast(json.dumps(EMPTY | {"strategy": steps}), contrast).hints
    assert [hint.text for hint in hints] == [StrategyText(do="Do 0."), StrategyText(do="Do 1.")]


def test_the_schema_demands_every_field_and_names_the_attempt() -> None:
    assert CONTRAST_FORM.name == "contrast"
    quote = CONTRAST_FORM.schema["$defs"]["ContrastQuote"]
    assert sorted(quote["required"]) == ["attempt", "message", "quote"]
    for part in [CONTRAST_FORM.schema, *CONTRAST_FORM.schema["$defs"].values()]:
        assert part["required"] == list(part["properties"])
        assert part["additionalProperties"] is False


def count_characters(contrast: ContrastInput) -> tuple[int, int]:
    """What is sent for a contrast, and what it is reckoned with if both attempts are known."""
    prompt = build_contrast_prompt(contrast, secret=SECRET)
    schema = len(json.dumps(CONTRAST_FORM.schema, separators=(",", ":")))
    sent = schema + sum(len(message["content"]) for message in prompt.messages)
    sides = (contrast.succeeded, contrast.failed)
    trace = len(contrast.task_text) + sum(side.attempt.characters for side in sides)
    around = CONTRAST_CHARACTERS + CONTRAST_CHARACTERS_PER_MESSAGE * sum(len(side.messages) for side in sides)
    return sent, min(trace, CONTRAST_INPUT_LIMIT * CHARACTERS_PER_TOKEN) + around


def list_contrasts(store: Store, dataset: Dataset) -> list[ContrastInput]:
    found = []
    for trial in store.traces.list_trials(dataset.id):
        attempts = store.traces.list_attempts(trial.id)
        if {Outcome.SUCCESS, Outcome.FAILURE} <= {attempt.outcome for attempt in attempts}:
            found.append(load_contrast_input(store, attempts[0].id))
    return found


def test_the_estimate_of_a_contrast_is_never_too_low_by_much(store: Store, dataset: Dataset) -> None:
    counted = [count_characters(contrast) for contrast in list_contrasts(store, dataset)]
    assert len(counted) == 6
    sent, estimated = (sum(column) for column in zip(*counted, strict=True))
    assert 0.98 < estimated / sent < 1.1


@pytest.mark.skipif(not REAL.exists(), reason="the real traces are not at hand (../shared/data)")
def test_real_attempts_part_after_what_both_did_and_are_estimated_from_above(store: Store) -> None:
    contrasts = list_contrasts(store, import_path(store, REAL).dataset)
    assert len(contrasts) == 26
    assert sum(bool(contrast.parting.shared) for contrast in contrasts) >= 20
    assert all(contrast.parting.is_apart for contrast in contrasts)
    sent, estimated = (sum(column) for column in zip(*map(count_characters, contrasts), strict=True))
    assert 0.98 < estimated / sent < 1.4
