import json
from typing import Any

import pytest

from core.extraction.answer import ANSWER_SCHEMA, parse_answer
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
TOOL = {"name": "curl", "purpose": "Asks", "example": "curl x", "evidence": [{"message": 2, "quote": "curl x"}]}


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


def test_schema_is_what_strict_mode_demands() -> None:
    objects = [ANSWER_SCHEMA, *(part for part in ANSWER_SCHEMA["$defs"].values() if "properties" in part)]
    assert len(objects) == 6
    for part in objects:
        assert part["required"] == list(part["properties"])
        assert part["additionalProperties"] is False
