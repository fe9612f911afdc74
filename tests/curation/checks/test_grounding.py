"""Whether a hint rests on quotes, on a success and on hosts that the task names."""

import pytest

from core.models import (
    Outcome,
    Severity,
    StrategyText,
)
from tests.curation.checks.build import (
    EXACT,
    GOOD,
    MISSING,
    PERSON,
    TASK,
    TERMINUS,
    act,
    check,
    find,
    make_context,
    make_hint,
)


def test_a_hint_without_a_verified_quote_is_blocked_whatever_its_words() -> None:
    for text in (*GOOD, StrategyText(do="Other words with `sort -t,`.")):
        assert check(make_hint(text, MISSING, MISSING)) == [("no-verified-quote", "block")]
    nothing = make_hint(GOOD[4]).model_copy(update={"evidence": []})
    assert check(nothing) == [("no-verified-quote", "block")]


def test_a_quote_that_only_the_template_holds_is_told_apart_in_words() -> None:
    context = make_context(act("sort a", opening=TERMINUS))
    (found,) = find(make_hint(GOOD[4], MISSING, quote="You will be given a task description"), context)
    assert (found.code, found.severity, found.place) == ("template-quote", Severity.BLOCK, "evidence 0")
    assert "prompt template" in found.message
    assert check(make_hint(GOOD[4], MISSING, quote="never said at all"), context) == [("no-verified-quote", "block")]
    (found,) = find(make_hint(GOOD[4], EXACT, MISSING, quote="You will be given a task description"), context)
    assert (found.code, found.severity, found.place) == ("quote-not-found", Severity.WARN, "evidence 1")
    assert "prompt template" in found.message


def test_one_of_several_quotes_missing_is_a_warning_at_its_place() -> None:
    (found,) = find(make_hint(GOOD[4], EXACT, MISSING, EXACT))
    assert (found.code, found.severity.value, found.place) == ("quote-not-found", "warn", "evidence 1")
    assert "2 of 3" in found.message


def test_a_hint_that_a_person_wrote_needs_no_quote_but_is_told() -> None:
    assert check(make_hint(GOOD[4], MISSING, origin=PERSON)) == [("no-quote", "warn")]


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_step_that_no_success_took_is_a_warning(outcome: Outcome) -> None:
    found = check(make_hint(GOOD[2]), make_context(outcomes=[outcome]))
    is_told = outcome not in (Outcome.SUCCESS, Outcome.PARTIAL)
    assert found == ([("no-success-behind-step", "warn")] if is_told else [])


def test_one_success_among_several_attempts_is_enough_for_a_step() -> None:
    context = make_context(act("sort a"), act("sort b"), outcomes=[Outcome.FAILURE, Outcome.SUCCESS])
    assert check(make_hint(GOOD[2], attempt_ids=(1, 2)), context) == []


HOSTS = {
    "https://api.flights.test/v1/search": True,
    "git clone ssh://git@code.corp.net/x.git": True,
    "ping 203.0.113.7": True,
    "see docs.python.org for it": True,
    "http://localhost:8080/a": False,
    "http://127.0.0.1:5000/": False,
    "https://api.example.com/search": False,
    "https://named.host.io/x": False,
    "python -m http.server 8000": False,
    "version 1.2.3.4.5 of `a.py`": False,
}


@pytest.mark.parametrize(("words", "is_told"), HOSTS.items())
def test_a_host_that_the_task_does_not_name_is_a_warning(words: str, is_told: bool) -> None:
    hint = make_hint(StrategyText(do=f"Try `{words}`."))
    found = check(hint, make_context(task=TASK + " Ask named.host.io for it."))
    assert found == ([("strange-host", "warn")] if is_told else [])
