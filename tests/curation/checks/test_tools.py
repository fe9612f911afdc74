"""Whether a tool was executed, and whether its example was run."""

import pytest

from core.models import (
    Message,
    Outcome,
    Role,
    ToolText,
)
from tests.curation.checks.build import TASK, act, check, find, make_context, make_hint


@pytest.mark.parametrize(
    "name", ["sort", "`sort`", "Sort", "sort -t", "sort (GNU coreutils)", "bash", "terminal", "head / sort"]
)
def test_a_tool_that_was_executed_is_none_of_the_invented_ones(name: str) -> None:
    assert check(make_hint(ToolText(name=name))) == []


@pytest.mark.parametrize("name", ["csvsort", "flight_optimizer", "Sales API", "sortx"])
def test_an_invented_tool_is_blocked_by_its_name(name: str) -> None:
    (found,) = find(make_hint(ToolText(name=name)))
    assert (found.code, found.severity.value, found.place) == ("tool-never-executed", "block", "name")
    assert name in found.message


def test_a_tool_that_was_only_looked_for_or_installed_was_not_executed() -> None:
    context = make_context(act("which csvkit", "pip install csvkit", "echo csvkit", "sort a"))
    assert check(make_hint(ToolText(name="csvkit")), context) == [("tool-never-executed", "block")]


def test_a_module_that_a_script_used_was_executed() -> None:
    context = make_context(act("python3 -c 'import pandas; print(pandas.read_csv(\"sales.csv\"))'", "sort a"))
    assert check(make_hint(ToolText(name="pandas")), context) == []


def test_a_tool_that_only_ever_failed_is_blocked() -> None:
    missing = ("csvsort sales.csv", "bash: csvsort: command not found")
    context = make_context(act(missing, missing, "sort a"))
    (found,) = find(make_hint(ToolText(name="csvsort")), context)
    assert (found.code, found.severity.value) == ("tool-only-failed", "block")
    worked = make_context(act(missing, "csvsort -c date sales.csv"))
    assert check(make_hint(ToolText(name="csvsort")), worked) == []


def test_a_tool_that_only_failed_attempts_executed_is_blocked() -> None:
    attempts = act("awk 1 sales.csv", "awk 2 sales.csv"), act("sort sales.csv", "sort out.csv")
    failed = make_context(*attempts, outcomes=[Outcome.FAILURE, Outcome.SUCCESS])
    (found,) = find(make_hint(ToolText(name="awk")), failed)
    assert (found.code, found.severity.value) == ("tool-only-in-failures", "block")
    assert "A1" in found.message
    for outcome in (Outcome.PARTIAL, Outcome.ERROR, Outcome.UNKNOWN):
        assert check(make_hint(ToolText(name="awk")), make_context(*attempts, outcomes=[outcome])) == []


EXAMPLES = {
    "sort -t, -k1 sales.csv > out.csv": True,
    "sort  -t,  -k1   sales.csv": True,
    "sort -t, -k1 <file> > out.csv": True,
    "sort -t, ... > out.csv": True,
    "`head -3 out.csv`": True,
    "sort -t, -k2 sales.csv": False,
    "sort --parallel=8 sales.csv": False,
}


@pytest.mark.parametrize(("example", "was_run"), EXAMPLES.items())
def test_an_example_that_nobody_ran_is_a_warning(example: str, was_run: bool) -> None:
    found = check(make_hint(ToolText(name="sort", example=example)))
    assert found == ([] if was_run else [("example-never-run", "warn")])


def test_an_example_of_a_call_is_compared_without_its_quotes() -> None:
    call = '<tool_call>{"name": "book", "arguments": {"flight": "FX-204"}}</tool_call>'
    messages = [Message(role=Role.USER, content=TASK), Message(role=Role.ASSISTANT, content=call)]
    context = make_context(messages)
    for example in ('book {"flight": "FX-204"}', "book {'flight': 'FX-204'}", 'book {"flight": "<id>"}'):
        assert check(make_hint(ToolText(name="book", example=example)), context) == []
    other = ToolText(name="book", example='book {"flight": "FX-205"}')
    assert check(make_hint(other), context) == [("example-never-run", "warn")]
