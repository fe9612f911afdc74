import time

import pytest

from core.extraction.answer import parse_answer

GOOD = (
    '{"happened": "a {brace} within", "failure_cause": "", "outcome_opinion": "success", "tools": [], "strategy": [], '
    '"pitfalls": [], "criteria": []}'
)


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"<think>the agent ran awk '{{print $1}}'</think>\n{GOOD}",
        f'<think>\nmaybe {{"happened": "x"}} or so\n</think>\n\n```\n{GOOD}\n```',
        f"it ran awk '{{print $1}}', so\n</think>\n{GOOD}",
        f"<thinking>{{</thinking>{GOOD}",
        f"The agent ran {{this}} and then: {GOOD}",
        f"{GOOD}\nI left out {{that}}.",
        f'First draft: {{"happened": "draft"}}\nFinal: {GOOD}',
        f'{GOOD}\nFor comparison, what I was not sure of: {{"tools": 1}}',
        f"Answer: {GOOD} and once more {GOOD}",
    ],
    ids=["bare", "fence", "braces in thoughts", "object in thoughts", "no opening tag", "open brace in thoughts"]
    + ["braces before", "braces behind", "draft", "other object behind", "twice"],
)
def test_an_answer_is_found_among_thoughts_fences_and_prose(text: str) -> None:
    assert parse_answer(text).happened == "a {brace} within"


def test_an_answer_that_quotes_the_end_of_thoughts_is_read_whole() -> None:
    quoting = GOOD.replace("a {brace} within", "it wrote </think> and went on with {1}")
    assert parse_answer(quoting).happened == "it wrote </think> and went on with {1}"


def test_the_last_of_several_whole_answers_counts() -> None:
    first = GOOD.replace("a {brace} within", "first thought")
    assert parse_answer(f"{first}\nNo, better:\n{GOOD}").happened == "a {brace} within"


def test_what_is_wrong_with_the_answer_is_told_not_with_the_prose_around_it() -> None:
    broken = GOOD.replace('"outcome_opinion": "success"', '"outcome_opinion": "maybe"')
    with pytest.raises(ValueError, match="outcome_opinion"):
        parse_answer(f"I saw {{this}}: {broken}")
    with pytest.raises(ValueError, match="no JSON object"):
        parse_answer("<think>nothing</think> no")


@pytest.mark.parametrize("text", ["{" * 200_000, '{"a":' * 100_000 + "}", "{}" * 100_000, "<think>" * 50_000 + "}{"])
def test_hostile_text_is_given_up_quickly(text: str) -> None:
    begin = time.process_time()
    with pytest.raises(ValueError):  # noqa: PT011 - the words are the library's
        parse_answer(text)
    assert time.process_time() - begin < 2.0
