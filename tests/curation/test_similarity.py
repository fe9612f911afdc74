"""When two hints are one: nearly the same words, but never another value and never the opposite."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.curation.similarity import say_the_same
from core.models import CriterionText, HintText, PitfallText, StrategyText, ToolText


def step(words: str, check: str = "") -> StrategyText:
    return StrategyText(do=words, check=check)


def pitfall(avoid: str, *, when: str = "", instead: str = "") -> PitfallText:
    return PitfallText(avoid=avoid, when=when, instead=instead)


SAME: dict[str, tuple[HintText, HintText]] = {
    "the same words": (step("Read the task."), step("Read the task.")),
    "case and white space": (step("Read  the\nTask"), step("read the task")),
    "articles and fillers": (
        step("Read the log file of the server before restarting it"),
        step("Read log file of a server before restarting"),
    ),
    "one word of many": (
        step("List every column of the table before writing the converter script"),
        step("List every column of the table before writing the whole converter script"),
    ),
    "the same values": (
        step("Open port 8080 on the host and wait for the server to answer"),
        step("Open the port 8080 on this host and wait for the server to answer"),
    ),
    "the same negation": (
        pitfall("delete the lock file while the server is not stopped yet"),
        pitfall("delete lock file while the server is not stopped yet"),
    ),
    "a pitfall with and without what to do": (pitfall("guess the date"), pitfall("guess the date", instead="ask")),
    "pitfalls with other words for what to do": (
        pitfall("guess the date", instead="ask the person"),
        pitfall("guess the date", instead="ask for it once"),
    ),
    "tools by name": (ToolText(name="curl", purpose="a"), ToolText(name="curl", purpose="b", example="curl x")),
    "criteria": (CriterionText(text="All tests pass."), CriterionText(text="all tests pass")),
}
DIFFERENT: dict[str, tuple[HintText, HintText]] = {
    "kinds": (step("All tests pass."), CriterionText(text="All tests pass.")),
    "tools": (ToolText(name="python"), ToolText(name="python3")),
    "tools with nearly the same name": (ToolText(name="get_user_details"), ToolText(name="get_order_details")),
    "words": (step("Read the task."), step("Run the tests.")),
    "numbers": (
        step("Set the timeout of the client to 30 seconds before the download begins"),
        step("Set the timeout of the client to 60 seconds before the download begins"),
    ),
    "versions": (
        step("Install version 3.11 of the interpreter with the package manager of the system first"),
        step("Install version 3.12 of the interpreter with the package manager of the system first"),
    ),
    "paths": (
        step("Write the sorted rows of the table with a header line to /app/out.csv at the end"),
        step("Write the sorted rows of the table with a header line to /app/result.csv at the end"),
    ),
    "file endings": (
        step("Change the setting in config.yaml and then restart the whole server with the script"),
        step("Change the setting in config.toml and then restart the whole server with the script"),
    ),
    "options": (
        step("Call the archive program with -x on the downloaded file before reading what it holds"),
        step("Call the archive program with -t on the downloaded file before reading what it holds"),
    ),
    "long options": (
        step("Run git reset with --hard on the branch before the next test run of the project"),
        step("Run git reset with --soft on the branch before the next test run of the project"),
    ),
    "identifiers": (
        step("Call the function get_user with the id from the request before changing any reservation"),
        step("Call the function get_order with the id from the request before changing any reservation"),
    ),
    "code in backticks": (
        step("Run `ls` in the folder of the project before you change anything in there"),
        step("Run `cat` in the folder of the project before you change anything in there"),
    ),
    "a negation": (
        step("Restart the server after the change of the settings file is saved on disk"),
        step("Do not restart the server after the change of the settings file is saved on disk"),
    ),
    "a contracted negation": (
        step("Continue when the build of the whole project in the folder is finished already"),
        step("Continue when the build of the whole project in the folder isn't finished already"),
    ),
    "a contracted negation with a curly apostrophe": (
        step("Continue when the server does answer the first request of the client in time"),
        step("Continue when the server doesn\u2019t answer the first request of the client in time"),
    ),
    "before and after": (
        step("Run the whole test suite of the project before changing the failing function"),
        step("Run the whole test suite of the project after changing the failing function"),
    ),
    "on and off": (
        step("Turn the cache of the package manager on for the whole build of the image"),
        step("Turn the cache of the package manager off for the whole build of the image"),
    ),
    "more and less": (
        step("Give the process more memory than the default value of the container allows"),
        step("Give the process less memory than the default value of the container allows"),
    ),
    "when": (
        pitfall("trust the cache", when="the date is missing"),
        pitfall("trust the cache", when="the file is new"),
    ),
    "other values for what to do instead": (
        pitfall("use port 80", instead="use 8080"),
        pitfall("use port 80", instead="use 9090"),
    ),
    "opposite advice on what to do instead": (
        pitfall("guess the date", instead="ask the person for it"),
        pitfall("guess the date", instead="never ask the person for it"),
    ),
    "other values in the check": (
        step("Count the rows", check="There are 10."),
        step("Count the rows", check="There are 12."),
    ),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_hints_that_say_the_same_are_one(one: HintText, other: HintText) -> None:
    assert say_the_same(one, other)
    assert say_the_same(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT)
def test_hints_that_differ_in_kind_value_or_direction_are_two(one: HintText, other: HintText) -> None:
    assert not say_the_same(one, other)
    assert not say_the_same(other, one)


VOCABULARY = ["read", "the", "file", "3", "3.5", "not", "a", "-x", "/tmp", "before", "after", "don't", "log"]
words = st.lists(st.sampled_from(VOCABULARY), max_size=8).map(" ".join)
texts = st.one_of(
    st.builds(StrategyText, do=words, check=words),
    st.builds(PitfallText, when=words, avoid=words, instead=words),
    st.builds(ToolText, name=words),
    st.builds(CriterionText, text=words),
)


@given(texts, texts)
def test_saying_the_same_is_mutual(one: HintText, other: HintText) -> None:
    assert say_the_same(one, other) == say_the_same(other, one)


@given(texts)
def test_a_hint_says_the_same_as_itself(text: HintText) -> None:
    assert say_the_same(text, text)


@given(st.integers(0, 999), st.integers(0, 999))
def test_a_number_never_merges_with_another_one(one: int, other: int) -> None:
    sentence = "Set the limit of the queue to {} items before the first worker begins with its work"
    assert say_the_same(step(sentence.format(one)), step(sentence.format(other))) == (one == other)
