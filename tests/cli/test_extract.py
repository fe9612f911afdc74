"""`extract`: the estimate before, the choice of attempts, what is asked again, and prices that are given."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import KEY
from tests.commands import Done, build_environment, run_core
from tests.standins.llm import LlmServer
from tests.workspaces import SAMPLE

ATTEMPTS = 26
COMPARED = 6
"""Trials with a success and a failure."""


@pytest.fixture
def environment(home: Path, llm: LlmServer) -> dict[str, str]:
    values = build_environment(home, OPENAI_API_KEY=KEY, OPENAI_BASE_URL=llm.base_url)
    assert run_core("import", str(SAMPLE), environment=values).code == 0
    return values


def extract(environment: dict[str, str], *arguments: str) -> Done:
    return run_core("extract", "--json", "--dataset", "sample", *arguments, environment=environment)


def get(done: Done) -> Any:
    assert done.code == 0, done.err
    return done.json["extraction"]


def test_an_estimate_sends_nothing_and_says_what_it_rests_on(environment: dict[str, str], llm: LlmServer) -> None:
    done = extract(environment, "--estimate")
    assert done.code == 0, done.err
    estimate = done.json["estimate"]
    assert (estimate["requests"], estimate["row_requests"], estimate["is_measured"]) == (ATTEMPTS + COMPARED, 45, False)
    assert estimate["row_cost_usd"] > estimate["cost_usd"] > 0
    assert f"{ATTEMPTS + COMPARED} requests ({ATTEMPTS} attempts, {COMPARED} comparisons), about" in done.err
    without = extract(environment, "--estimate", "--no-contrast").json["estimate"]
    assert (without["requests"], without["contrasts"]) == (ATTEMPTS, 0)
    assert without["cost_usd"] < estimate["cost_usd"]
    assert "an answer, assumed" in done.err
    assert "One call per row would be 45 requests" in done.err
    assert llm.requests == []


def test_an_estimate_needs_no_server_and_no_known_price(home: Path, environment: dict[str, str]) -> None:
    without = build_environment(home)
    done = run_core("extract", "--json", "--dataset", "sample", "--estimate", "--model", "nobody", environment=without)
    assert done.code == 0, done.err
    assert done.json["estimate"]["cost_usd"] is None
    assert "the price of nobody is not known" in done.err


def test_the_estimate_is_said_before_a_launch(environment: dict[str, str]) -> None:
    done = extract(environment, "--max-trials", "1")
    assert "One call per row would be" in done.err


def test_attempts_are_chosen_by_trial_state_and_outcome(environment: dict[str, str], llm: LlmServer) -> None:
    one = get(extract(environment, "--trial", "book-flight-sfo-wifi"))
    assert 0 < one["done"] == one["requests"] - 1 < ATTEMPTS
    rest = get(extract(environment, "--only", "new"))
    assert rest["done"] == ATTEMPTS - one["done"]
    assert rest["requests"] == rest["done"] + COMPARED - 1
    always = get(extract(environment, "--min-success", "1"))
    never = get(extract(environment, "--max-success", "0"))
    assert always["requests"] == never["requests"] == 0, "all of it was answered before"
    assert 0 < always["done"] + never["done"] < ATTEMPTS
    assert len(llm.requests) == ATTEMPTS + COMPARED


def test_a_trial_that_is_not_there_is_said_with_those_that_nearly_are(
    environment: dict[str, str], llm: LlmServer
) -> None:
    for more in ((), ("--estimate",)):
        done = extract(environment, "--trial", "book-flight-sfo-wify", *more)
        assert done.code == 2
        assert "No trial of sample is named book-flight-sfo-wify. Near it are: book-flight-sfo-wifi" in done.err
    done = extract(environment, "--trial", "?", "--extractor", "rules")
    assert done.code == 2
    assert "There are 13, e.g. " in done.err
    assert llm.requests == []


def test_nothing_is_compared_if_nobody_wants_it(environment: dict[str, str], llm: LlmServer) -> None:
    done = extract(environment, "--no-contrast", "--max-trials", "1")
    assert get(done)["requests"] == get(done)["done"] == len(llm.requests) == 4
    assert "compared" not in done.err


def test_what_was_answered_is_sent_again_only_on_request(environment: dict[str, str], llm: LlmServer) -> None:
    get(extract(environment, "--max-trials", "1"))
    sent = len(llm.requests)
    assert get(extract(environment, "--max-trials", "1"))["requests"] == 0
    again = get(extract(environment, "--max-trials", "1", "--ask-again"))
    assert again["requests"] == sent == again["done"] + 1
    assert again["cost_usd"] > 0


def test_failed_attempts_alone_are_sent_again(environment: dict[str, str], llm: LlmServer) -> None:
    llm.set_faults({"fault": "refusal", "first": 3})
    assert extract(environment).code == 3
    llm.set_faults()
    llm.reset()
    assert get(extract(environment, "--only", "failed"))["done"] == 3
    assert len(llm.requests) == 3


def test_given_prices_make_a_budget_possible(environment: dict[str, str], llm: LlmServer) -> None:
    llm.models = None
    prices = ("--price-in", "1000000", "--price-out", "1000000")
    done = extract(environment, "--model", "own", "--budget", "0.5", *prices)
    assert done.code == 1
    assert "budget of $0.5 is spent" in done.err
    assert llm.requests == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--price-in", "1"), "both prices"),
        (("--min-success", "0.9", "--max-success", "0.1"), "no trial would be chosen"),
        (("--min-success", "2"), "between 0 and 1"),
        (("--input-limit", "10"), "at least 1,000"),
        (("--output-limit", "99"), "at least 100"),
        (("--estimate", "--extractor", "rules"), "nothing to estimate"),
    ],
)
def test_options_that_make_no_sense_end_with_2(
    environment: dict[str, str], arguments: tuple[str, ...], words: str
) -> None:
    done = extract(environment, *arguments)
    assert done.code == 2
    assert words in done.err


def test_an_attempt_over_the_input_limit_is_cut(environment: dict[str, str], llm: LlmServer) -> None:
    get(extract(environment, "--input-limit", "1000"))
    assert any(b"left out" in request.body.split(b"ATTEMPT", 1)[1] for request in llm.requests)


def test_an_answer_may_hold_the_output_limit_and_once_four_times_as_much(
    environment: dict[str, str], llm: LlmServer
) -> None:
    llm.set_faults({"fault": "truncated", "share": 1.0})
    done = extract(environment, "--max-trials", "1", "--no-contrast", "--output-limit", "200")
    assert done.code == 3
    limits = Counter(json.loads(request.body)["max_tokens"] for request in llm.requests)
    assert set(limits) == {200, 800}
    assert limits[200] == limits[800]
    assert "no end within 800 tokens; a new batch can allow more for one answer (--output-limit)" in done.err


def test_another_server_is_noticed_and_said(home: Path, environment: dict[str, str], llm: LlmServer) -> None:
    llm.set_faults({"fault": "401", "share": 1.0})
    assert extract(environment, "--max-trials", "1").code == 1
    other = build_environment(home, OPENAI_API_KEY=KEY, OPENAI_BASE_URL=llm.base_url.replace("127.0.0.1", "localhost"))
    llm.set_faults()
    done = extract(other, "--max-trials", "1")
    assert done.code == 0, done.err
    assert f"So far {llm.base_url}/ answered this batch; it goes on with {other['OPENAI_BASE_URL']}/." in done.err
