"""The arithmetic of an estimate, and where its averages come from."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from core.extraction.answer import ATTEMPT_FORM
from core.extraction.attempt import load_attempt_input
from core.extraction.batch import run_batch
from core.extraction.estimate import Typical, build_estimate, describe_estimate, describe_seconds, estimate_batch
from core.extraction.prices import Price, choose_price, find_price
from core.extraction.prompt import build_prompt
from core.models import Dataset, Extractor
from core.progress import no_progress
from core.store import Store
from core.store.batch_models import BatchConfig, ChosenTotals
from tests.builders import make_row, talk, write_rows
from tests.extraction.conftest import KEY, MODEL
from tests.standins.llm import LlmServer
from tests.workspaces import create_batch, import_sample, make_settings

PRICE = Price(input=1.0, cached_input=0.5, output=10.0)
TOTALS = ChosenTotals(
    attempts=10,
    characters=40_000,
    task_characters=1_000,
    rows=30,
    row_messages=200,
    row_characters=90_000,
)
TYPICAL = Typical(500.0, 10.0, is_measured=False)


def make_config(**changes: Any) -> BatchConfig:
    return BatchConfig.model_validate({"extractor": Extractor.LLM, "model": MODEL} | changes)


def test_tokens_and_cost_are_those_of_trace_task_and_prompt() -> None:
    estimate = build_estimate(TOTALS, make_config(), price=PRICE, typical=TYPICAL)
    assert estimate.requests == 10
    assert estimate.tokens_out == 5_000
    assert estimate.tokens_in > (40_000 + 1_000) / 4
    assert estimate.cost_usd == pytest.approx((estimate.tokens_in * 1.0 + 5_000 * 10.0) / 1e6)


def test_one_call_per_row_stands_beside_it() -> None:
    estimate = build_estimate(TOTALS, make_config(), price=PRICE, typical=TYPICAL)
    assert estimate.row_requests == 30
    assert estimate.row_tokens_in > estimate.tokens_in
    assert estimate.row_cost_usd == pytest.approx((estimate.row_tokens_in * 1.0 + 15_000 * 10.0) / 1e6)


def test_without_a_price_there_is_no_cost() -> None:
    estimate = build_estimate(TOTALS, make_config(), price=None, typical=TYPICAL)
    assert (estimate.cost_usd, estimate.row_cost_usd) == (None, None)
    assert "not known" in describe_estimate(estimate, make_config(model="nobody"))[0]


@pytest.mark.parametrize(
    ("changes", "seconds", "words"),
    [
        ({"max_rpm": 2}, 300.0, "2 requests a minute"),
        ({"batch_size": 1}, 100.0, "1 requests at once"),
        ({"max_tpm": 1_000}, None, "1,000 tokens a minute"),
    ],
)
def test_the_time_is_that_of_the_narrowest_limit(changes: dict[str, Any], seconds: float | None, words: str) -> None:
    estimate = build_estimate(TOTALS, make_config(**changes), price=PRICE, typical=TYPICAL)
    assert estimate.limited_by == words
    expected = (estimate.tokens_in + estimate.tokens_out) / 1_000 * 60 if seconds is None else seconds
    assert estimate.seconds == pytest.approx(expected + 10.0)


def test_the_batch_api_takes_half_the_price_and_up_to_a_day() -> None:
    live = build_estimate(TOTALS, make_config(), price=PRICE, typical=TYPICAL)
    remote = build_estimate(TOTALS, make_config(way="batch_api"), price=PRICE, typical=TYPICAL)
    assert live.cost_usd is not None
    assert remote.cost_usd == pytest.approx(live.cost_usd / 2)
    assert remote.seconds == 86_400


@pytest.mark.parametrize(
    ("model", "price"),
    [
        ("gpt-4o-mini-2024-07-18", Price(input=0.15, cached_input=0.075, output=0.6)),
        ("gpt-4o-2024-08-06", Price(input=2.5, cached_input=1.25, output=10.0)),
        ("gpt-4o-2024-05-13", Price(input=5.0, cached_input=5.0, output=15.0)),
        ("gpt-4o-2031-01-01", None),
        ("gpt-4o-2024", None),
    ],
)
def test_a_dated_model_has_a_price_only_if_it_is_listed(model: str, price: Price | None) -> None:
    assert find_price(model) == price


def test_given_prices_win_and_a_budget_can_be_held_by_them() -> None:
    assert choose_price(make_config()) == find_price(MODEL)
    assert choose_price(make_config(model="nobody")) is None
    given = choose_price(make_config(model="nobody", price_in=2.0, price_out=3.0))
    assert given == Price(input=2.0, cached_input=2.0, output=3.0)


def test_nothing_chosen_is_nothing_to_pay(store: Store, dataset: Dataset) -> None:
    estimate = estimate_batch(store, dataset.id, make_config(trial="nobody"), price=PRICE)
    assert (estimate.requests, estimate.tokens_in, estimate.tokens_out, estimate.cost_usd) == (0, 0, 0, 0.0)
    assert estimate.seconds == 0


def test_the_input_limit_bounds_what_an_attempt_is_counted_with(store: Store, dataset: Dataset) -> None:
    whole = estimate_batch(store, dataset.id, make_config(), price=PRICE)
    cut = estimate_batch(store, dataset.id, make_config(input_limit=100), price=PRICE)
    assert cut.tokens_in < whole.tokens_in
    assert cut.row_tokens_in == whole.row_tokens_in


def test_no_answer_is_counted_with_more_than_the_output_limit(store: Store, dataset: Dataset) -> None:
    short = estimate_batch(store, dataset.id, make_config(output_limit=150), price=PRICE)
    assert short.answer_tokens == 150
    assert short.tokens_out == 150 * short.requests


def test_averages_are_measured_once_the_model_answered_often_enough(
    store: Store, dataset: Dataset, llm: LlmServer
) -> None:
    before = estimate_batch(store, dataset.id, make_config(), price=PRICE)
    batch = create_batch(store, dataset, make_config(batch_size=20, max_rpm=100_000))
    settings = make_settings(Path("unused"), base_url=llm.base_url, key=KEY)
    run_batch(store, batch, settings=settings, progress=no_progress, check_lease=lambda: None)
    after = estimate_batch(store, dataset.id, make_config(), price=PRICE)
    usage = store.batches.get_usage(batch.id)
    assert (before.is_measured, after.is_measured) == (False, True)
    assert after.tokens_out == pytest.approx(usage.tokens_out, rel=0.01)
    # a real server bills the schema, too; the stand-in counts the messages only
    schema_tokens = len(json.dumps(ATTEMPT_FORM.schema, separators=(",", ":"))) / 4 * after.requests
    assert after.tokens_in == pytest.approx(usage.tokens_in + schema_tokens, rel=0.05)
    other = estimate_batch(store, dataset.id, make_config(model="another"), price=PRICE)
    assert not other.is_measured


@pytest.mark.parametrize(
    ("seconds", "words"), [(4.2, "4 s"), (99, "99 s"), (1200, "about 20 min"), (12_600, "about 3.5 h")]
)
def test_lengths_of_time_are_said_in_the_unit_that_fits(seconds: float, words: str) -> None:
    assert describe_seconds(seconds) == words


@pytest.mark.parametrize("input_limit", [1_000, 2_000, 4_000])
def test_what_is_cut_is_estimated_within_five_percent(store: Store, tmp_path: Path, input_limit: int) -> None:
    rng = random.Random(input_limit)
    rows = [
        make_row(
            talk(f"Task: {n}\n" + "x" * 300, *("y" * rng.choice([60, 400, 2_500]) for _ in range(rng.randint(20, 60)))),
            trial_name=f"t{n}",
        )
        for n in range(40)
    ]
    dataset = import_sample(store, write_rows(tmp_path / "rows.jsonl", rows))
    config = make_config(input_limit=input_limit)
    sent = cut = 0
    for trial in store.traces.list_trials(dataset.id):
        for attempt in store.traces.list_attempts(trial.id):
            read = load_attempt_input(store, attempt.id)
            prompt = build_prompt(read, secret=b"workspace one", input_limit=input_limit)
            cut += prompt.left_out is not None
            sent += sum(len(message["content"]) for message in prompt.messages) // 4
    schema_tokens = len(json.dumps(ATTEMPT_FORM.schema, separators=(",", ":"))) // 4 * 40
    estimate = estimate_batch(store, dataset.id, config, price=PRICE)
    assert cut >= 30
    assert estimate.tokens_in == pytest.approx(sent + schema_tokens, rel=0.05)
