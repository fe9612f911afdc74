"""What a new batch will take, said before it is launched."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.extraction.estimate import estimate_batch
from core.extraction.prices import choose_price, load_prices
from core.models import Extractor
from core.store import open_store
from core.store.batch_models import BatchConfig, Estimate
from pages.batches.estimate import describe_assumptions, list_estimates
from pages.batches.form import NO_PRICE, find_problem
from tests.builders import make_prefix_rows, write_rows
from tests.pages.batch_states import BatchMaker, worker_elsewhere
from tests.pages.conftest import OpenPage, get_widget, list_texts
from tests.workspaces import import_sample

KEY = "sk-test-0123456789"


@pytest.fixture
def imported(home: Path) -> Path:
    with open_store(home) as store:
        import_sample(store)
    return home


@pytest.fixture
def with_key(imported: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return imported


def get_estimate(app: AppTest) -> list[list[str]]:
    """The cells of the estimate, row by row."""
    rows: list[list[str]] = app.table[0].value.values.tolist()
    return rows


def estimate(home: Path, **values: object) -> Estimate:
    config = BatchConfig.model_validate({"extractor": Extractor.LLM, "model": "gpt-4o-mini", "contrast": True} | values)
    with open_store(home) as store:
        return estimate_batch(store, 1, config, price=choose_price(config))


def test_rules_are_preselected_without_a_server(imported: Path, open_page: OpenPage) -> None:
    app = open_page("batches")
    assert get_widget(app, "extractor").value is Extractor.RULES
    assert "26 attempts. The rules are free, need no network, and give the same hints every time." in list_texts(app)
    assert not app.table, "nothing to pay, so no estimate"


def test_the_model_is_preselected_with_a_key(with_key: Path, open_page: OpenPage) -> None:
    app = open_page("batches")
    assert get_widget(app, "extractor").value is Extractor.LLM
    assert app.text_input(key="model").value == "gpt-4o-mini"
    assert KEY not in str(app.main)


def test_the_estimate_stands_beside_one_call_per_row(
    home: Path, tmp_path: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    rows = make_prefix_rows(["Task: count the files in /app", *["ls -la /app\n" * 200, "17 files"] * 4, "17"])
    with open_store(home) as store:
        import_sample(store, write_rows(tmp_path / "rows.jsonl", rows))
    app = open_page("batches")
    expected = estimate(home)
    this, per_row = get_estimate(app)
    assert this[:3] == ["This batch", "1", f"{expected.tokens_in:,}"]
    assert per_row[:3] == ["One call per row", "5", f"{expected.row_tokens_in:,}"]
    assert int(per_row[2].replace(",", "")) > 2 * int(this[2].replace(",", ""))
    assert this[5] == f"about {expected.seconds:.0f} s"


def test_what_the_estimate_assumes_is_said(with_key: Path, open_page: OpenPage) -> None:
    said = "\n".join(str(caption.value) for caption in open_page("batches").caption)
    assert "700 tokens an answer assumed" in said
    assert f"Prices of {load_prices().as_of}." in said
    assert "The time comes from 500 requests a minute." in said
    assert "Retries come on top, known answers come off." in said


def test_measured_answers_are_said_to_be_measured() -> None:
    measured = Estimate(
        attempts=1,
        requests=1,
        tokens_in=1,
        tokens_out=1,
        cost_usd=1.0,
        seconds=1,
        limited_by="5 requests at once",
        answer_tokens=412,
        is_measured=True,
        row_requests=1,
        row_tokens_in=1,
        row_cost_usd=1.0,
    )
    config = BatchConfig(extractor=Extractor.LLM, model="gpt-4o-mini")
    assert "412 tokens an answer, measured on this model's earlier answers." in describe_assumptions(measured, config)
    assert "assumed" not in describe_assumptions(measured, config)
    given = config.model_copy(update={"model": "mine", "price_in": 1.0, "price_out": 2.0})
    assert "Prices as given." in describe_assumptions(measured, given)


def test_the_estimate_follows_selection_and_limits(with_key: Path, open_page: OpenPage) -> None:
    app = open_page("batches")
    app.number_input(key="first_trials").set_value(2).run()
    app.number_input(key="max_rpm").set_value(1).run()
    expected = estimate(with_key, first_trials=2, max_rpm=1)
    assert get_estimate(app)[0][1] == "9", "7 attempts, and 2 trials that are compared"
    assert get_estimate(app)[0][5] == "about 9 min 10 s"
    assert expected.seconds == 550
    assert "7 attempts: all attempts, first 2 trials." in list_texts(app)


def test_one_trial_is_chosen_by_its_name(with_key: Path, open_page: OpenPage) -> None:
    app = open_page("batches")
    app.text_input(key="trial_name").set_value("book-flight-sfo-wifi").run()
    assert get_estimate(app)[0][1] == f"{estimate(with_key, trial='book-flight-sfo-wifi').requests}"
    app.text_input(key="trial_name").set_value("no such trial").run()
    assert (
        "No attempt is chosen (all attempts, trial no such trial). Choose other attempts, or all of them."
        in list_texts(app)
    )
    assert app.button(key="start_batch").disabled


def test_trials_are_chosen_by_how_often_they_succeeded(with_key: Path, open_page: OpenPage) -> None:
    app = open_page("batches")
    everything = int(get_estimate(app)[0][1])
    get_widget(app, "success_share").set_value((5, 95)).run()
    mixed = estimate(with_key, min_success=0.05, max_success=0.95)
    assert 0 < mixed.attempts < mixed.requests < everything
    assert get_estimate(app)[0][1] == f"{mixed.requests}"
    assert f"{mixed.attempts} attempts: all attempts, 5 to 95 % successes." in list_texts(app)


def test_an_unknown_price_is_asked_for_and_never_made_up(with_key: Path, open_page: OpenPage) -> None:
    app = open_page("batches")
    assert "price_in" not in {field.key for field in app.number_input}
    app.text_input(key="model").set_value("my-model").run()
    assert [row[4] for row in get_estimate(app)] == ["unknown", "unknown"]
    app.number_input(key="price_in").set_value(1000.0).run()
    assert get_estimate(app)[0][4] == "unknown", "half a price is none"
    app.number_input(key="price_out").set_value(0.0).run()
    tokens_in = estimate(with_key, model="my-model").tokens_in
    assert get_estimate(app)[0][4] == f"$ {tokens_in / 1000:,.2f}"
    assert not app.button(key="start_batch").disabled


def test_a_budget_without_a_price_is_refused_before_launch(with_key: Path, open_page: OpenPage) -> None:
    app = open_page("batches")
    app.text_input(key="model").set_value("my-model").run()
    app.number_input(key="budget").set_value(5.0).run()
    assert NO_PRICE in list_texts(app)
    assert app.button(key="start_batch").disabled
    app.number_input(key="price_in").set_value(1.0).run()
    app.number_input(key="price_out").set_value(2.0).run()
    assert NO_PRICE not in list_texts(app)
    assert not app.button(key="start_batch").disabled


def test_the_batch_api_costs_half_and_takes_a_day(with_key: Path, open_page: OpenPage) -> None:
    app = open_page("batches")
    get_widget(app, "way").set_value("batch_api").run()
    assert get_estimate(app)[0][5] == "about 24 h"
    assert any("takes half the price and answers within 24 hours" in str(caption.value) for caption in app.caption)
    assert estimate(with_key, way="batch_api").cost_usd == pytest.approx((estimate(with_key).cost_usd or 0) / 2)
    assert all(app.number_input(key=key).disabled for key in ("max_rpm", "batch_size", "max_tpm"))


def test_attempts_are_compared_unless_somebody_says_no(with_key: Path, open_page: OpenPage) -> None:
    app = open_page("batches")
    assert get_widget(app, "contrast").value is True
    assert get_estimate(app)[0][1] == "32"
    said = "\n".join(str(caption.value) for caption in app.caption)
    assert "6 requests compare a success with a failure." in said
    get_widget(app, "contrast").set_value(False).run()
    assert get_estimate(app)[0][1] == "26"
    with worker_elsewhere(with_key):
        app.button(key="start_batch").click().run()
    with open_store(with_key) as store:
        assert store.batches.get_batch(1).config.contrast is False


def test_merged_wordings_are_only_suggested_on_request_and_live(with_key: Path, open_page: OpenPage) -> None:
    app = open_page("batches")
    assert get_widget(app, "suggest_merges").value is False
    get_widget(app, "suggest_merges").set_value(True).run()
    get_widget(app, "way").set_value("batch_api").run()
    assert get_widget(app, "suggest_merges").disabled
    get_widget(app, "way").set_value("live").run()
    with worker_elsewhere(with_key):
        app.button(key="start_batch").click().run()
    with open_store(with_key) as store:
        assert store.batches.get_batch(1).config.suggest_merges is True


def test_what_was_chosen_is_what_is_launched(with_key: Path, open_page: OpenPage) -> None:
    app = open_page("batches")
    app.text_input(key="model").set_value("my-model").run()
    app.number_input(key="price_in").set_value(1.0).run()
    app.number_input(key="price_out").set_value(2.0).run()
    app.number_input(key="max_rpm").set_value(60).run()
    app.number_input(key="batch_size").set_value(7).run()
    app.number_input(key="max_tpm").set_value(90_000).run()
    app.number_input(key="input_limit").set_value(8_000).run()
    app.number_input(key="output_limit").set_value(1_500).run()
    app.number_input(key="budget").set_value(5.0).run()
    app.checkbox(key="ask_again").set_value(True).run()
    get_widget(app, "way").set_value("batch_api").run()
    get_widget(app, "way").set_value("live").run()
    with worker_elsewhere(with_key):
        app.button(key="start_batch").click().run()
    assert not app.exception
    with open_store(with_key) as store:
        batch = store.batches.get_batch(1)
    assert batch.config == BatchConfig(
        extractor=Extractor.LLM,
        model="my-model",
        price_in=1.0,
        price_out=2.0,
        max_rpm=60,
        batch_size=7,
        max_tpm=90_000,
        input_limit=8_000,
        output_limit=1_500,
        budget_usd=5.0,
        contrast=True,
        ask_again=True,
    )
    assert batch.estimate is not None
    assert (batch.estimate.attempts, batch.estimate.requests) == (26, 32)


def test_the_model_without_a_server_says_what_to_do(imported: Path, open_page: OpenPage) -> None:
    app = open_page("batches")
    get_widget(app, "extractor").set_value(Extractor.LLM).run()
    assert any(text.startswith("No model server is set. Set OPENAI_API_KEY") for text in list_texts(app))
    assert app.button(key="start_batch").disabled


def test_a_batch_needs_a_model() -> None:
    assert find_problem(BatchConfig(extractor=Extractor.LLM, model=""), has_server=True) is not None
    assert find_problem(BatchConfig(extractor=Extractor.RULES), has_server=False) is None


def test_figures_of_an_estimate_keep_their_order(with_key: Path) -> None:
    first, second = list_estimates(estimate(with_key))
    assert list(first) == list(second) == ["Estimate", "Requests", "Tokens in", "Tokens out", "Cost", "Time"]


def test_comparisons_that_are_left_can_be_launched_alone(with_key: Path, open_page: OpenPage) -> None:
    with open_store(with_key) as store:
        maker = BatchMaker(store, store.traces.get_dataset(1))
        batch = maker.launch()
        maker.answer(batch, 26)
        maker.end(batch)
    app = open_page("batches")
    app.toggle(key="is_batch_form_open_1_1").set_value(True).run()
    get_widget(app, "selection").set_value("new").run()
    assert "No attempt is left to read, only 6 comparisons of a success with a failure." in list_texts(app)
    assert not app.button(key="start_batch").disabled
    app.button(key="start_batch").click().run()
    with open_store(with_key) as store:
        assert store.batches.count_contrasts(2).total == store.batches.count_requests(2).total == 6
