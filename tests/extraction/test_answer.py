import json
import re
from typing import Any

import pytest

from core.extraction.answer import ATTEMPT_FORM, parse_answer
from core.models import HintKind, Outcome

EMPTY: dict[str, Any] = {
    "happened": "It tried.",
    "failure_cause": "",
    "outcome_opinion": "unknown",
    "tools": [],
    "strategy": [],
    "pitfalls": [],
    "criteria": [],
}
TOOL: dict[str, Any] = {
    "name": "curl",
    "purpose": "Asks",
    "example": "curl x",
    "evidence": [{"message": 2, "quote": "curl x"}],
}


def test_no_hint_is_a_fair_answer() -> None:
    answer = parse_answer(json.dumps(EMPTY))
    assert answer.hints == []
    assert answer.opinion is Outcome.UNKNOWN


def test_fences_and_prose_around_the_object_are_ignored() -> None:
    text = f"Here it is:\n```json\n{json.dumps(EMPTY | {'tools': [TOOL]})}\n```\nDone."
    (hint,) = parse_answer(text).hints
    assert hint.text.kind is HintKind.TOOL
    assert hint.evidence[0].message == 2


def test_hints_without_their_main_words_are_no_hints() -> None:
    assert parse_answer(json.dumps(EMPTY | {"tools": [TOOL | {"name": " "}]})).hints == []


@pytest.mark.parametrize("text", ["", "no object", "{", '{"happened": 1}', json.dumps(EMPTY | {"tools": [{}]}), "[]"])
def test_everything_else_says_what_is_wrong(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_answer(text)


def test_of_more_hints_or_quotes_than_asked_for_the_first_ones_are_taken() -> None:
    tools = [TOOL | {"name": f"tool{index}", "evidence": TOOL["evidence"] * 5} for index in range(6)]
    hints = parse_answer(json.dumps(EMPTY | {"tools": tools})).hints
    assert [hint.text.name for hint in hints if hint.text.kind is HintKind.TOOL] == ["tool0", "tool1", "tool2", "tool3"]
    assert {len(hint.evidence) for hint in hints} == {3}


def test_a_hint_without_a_quote_is_taken_for_the_reviewer_to_see() -> None:
    (hint,) = parse_answer(json.dumps(EMPTY | {"tools": [TOOL | {"evidence": []}]})).hints
    assert hint.evidence == []


def test_schema_bounds_the_lists_and_no_lengths_because_not_every_server_takes_those() -> None:
    properties = ATTEMPT_FORM.schema["properties"]
    bounds = {name: properties[name]["maxItems"] for name in ("tools", "strategy", "pitfalls", "criteria")}
    assert bounds == {"tools": 4, "strategy": 5, "pitfalls": 3, "criteria": 3}
    for name in ("Tool", "Step", "Pitfall", "Criterion"):
        evidence = ATTEMPT_FORM.schema["$defs"][name]["properties"]["evidence"]
        assert (evidence["minItems"], evidence["maxItems"]) == (1, 3)
    said = set(re.findall(r'"(\w+)":', json.dumps(ATTEMPT_FORM.schema)))
    assert not {"minLength", "maxLength", "pattern", "default", "title"} & said


def test_schema_is_what_strict_mode_demands() -> None:
    objects = [ATTEMPT_FORM.schema, *(part for part in ATTEMPT_FORM.schema["$defs"].values() if "properties" in part)]
    assert len(objects) == 6
    for part in objects:
        assert part["required"] == list(part["properties"])
        assert part["additionalProperties"] is False
