"""How a hint is worded."""

import pytest

from core.models import (
    PitfallText,
    StrategyText,
)
from tests.curation.checks.build import TASK, act, check, make_context, make_hint


@pytest.mark.parametrize("instead", ["", "  "])
def test_a_pitfall_should_say_what_to_do_instead(instead: str) -> None:
    assert check(make_hint(PitfallText(avoid="guess the `date`", instead=instead))) == [("no-instead", "warn")]


HARNESS = {
    "Make the verifier happy with `sort`.": True,
    "The reward is 1.0 then.": True,
    "Look at `/tests/test_outputs.py`.": True,
    "All of `tests/hidden` must pass.": True,
    "The hidden tests want `out.csv`.": True,
    "Answer task_complete at the end.": True,
    "Run `pytest tests/unit` before `sort`.": False,
    "Write a test for `sort`.": False,
}


@pytest.mark.parametrize(("words", "is_told"), HARNESS.items())
def test_words_of_the_harness_are_a_warning(words: str, is_told: bool) -> None:
    context = make_context(act("pytest tests/unit", "sort a"))
    found = check(make_hint(StrategyText(do=words)), context)
    assert found == ([("harness-word", "warn")] if is_told else [])
    named = make_context(act("sort a"), task=f"{TASK} {words}")
    assert check(make_hint(StrategyText(do=words)), named) == []


GENERIC = {
    "Be careful.": True,
    "Read the task carefully before you start.": True,
    "Double-check your work, and make sure everything works.": True,
    "Think step by step and plan ahead.": True,
    "Check that the outcome looks plausible to you.": True,
    "Sort with `sort -k2`.": False,
    "Use --parallel for it.": False,
    "Write to /app/out.csv at the end.": False,
    "Expect 17 lines.": False,
    "Answer EACCES with another folder.": False,
    "Set max_rows first.": False,
    "Sales are sorted by date at the end.": False,
    "Pipe it through awk at last.": False,
}


@pytest.mark.parametrize(("words", "is_generic"), GENERIC.items())
def test_what_names_nothing_is_generic(words: str, is_generic: bool) -> None:
    context = make_context(act("awk 1 a", "sort b"))
    found = check(make_hint(StrategyText(do=words)), context)
    assert found == ([("generic", "warn")] if is_generic else [])


def test_too_many_words_are_a_warning() -> None:
    assert check(make_hint(StrategyText(do="`sort` " + "word " * 79))) == []
    assert check(make_hint(StrategyText(do="`sort` " + "word " * 80))) == [("too-long", "warn")]


@pytest.mark.parametrize(
    ("words", "is_open"),
    [
        ("Run\n```\nsort a\n```", False),
        ("Run\n```\nsort a", True),
        ("Run ```sort a``` now", False),
        ("Run ```sort a now", True),
        ("Run\n~~~~\n```\nsort a\n~~~~", True),
        ("Run\n````\n```\nsort a\n```\n````", False),
    ],
)
def test_an_open_code_fence_is_a_warning(words: str, is_open: bool) -> None:
    assert (("open-fence", "warn") in check(make_hint(StrategyText(do=words)))) == is_open
