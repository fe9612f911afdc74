"""What came of a batch: estimate beside actual, all batches, and two of them compared."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.curation import decisions
from core.curation.curate import curate_dataset
from core.models import Extractor, JobState, Severity
from core.store import Store, open_store
from core.store.batch_models import Acceptance, BatchConfig
from pages.batches.comparison import describe_acceptance
from tests.pages.batch_states import MODEL, BatchMaker
from tests.pages.conftest import OpenPage, get_widget
from tests.workspaces import import_sample

LISTED = 50


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    with open_store(home) as opened:
        import_sample(opened)
        yield opened


@pytest.fixture
def maker(store: Store) -> BatchMaker:
    return BatchMaker(store, store.traces.get_dataset(1))


def find_table(app: AppTest, column: str) -> list[dict[str, Any]]:
    """The rows of the table that has this column."""
    frames = [*app.dataframe, *app.table]
    rows: list[dict[str, Any]] = next(
        frame.value.to_dict("records") for frame in frames if column in frame.value.columns
    )
    return rows


def list_captions(app: AppTest) -> list[str]:
    return [str(caption.value) for caption in app.caption]


def test_estimate_and_actual_stand_side_by_side(maker: BatchMaker, open_page: OpenPage) -> None:
    batch = maker.launch()
    maker.run(batch)
    maker.answer(batch, 20, tokens_in=2_000)
    maker.answer(batch, 4, valid=False)
    maker.answer(batch, 2, reused=True)
    maker.end(batch)
    assert batch.estimate is not None
    app = open_page("batches")
    estimated, actual, share = find_table(app, "Tokens out")
    assert estimated["Requests"] == "26"
    assert estimated["Tokens in"] == f"{batch.estimate.tokens_in:,}"
    assert estimated["Time"] == f"{batch.estimate.seconds:.0f} s"
    assert actual["Requests"] == "28"
    assert actual["Tokens in"] == "48,000"
    assert actual["Tokens out"] == "5,600"
    assert actual["Cost"] == "$ 0.03"
    assert share["Requests"] == "108 %"
    assert share["Tokens in"] == f"{100 * 48_000 / batch.estimate.tokens_in:,.0f} %"
    assert "2 answers were known and not sent. 4 retries and repairs on top." in list_captions(app)


def test_an_unknown_cost_stays_unknown_afterwards(maker: BatchMaker, open_page: OpenPage) -> None:
    batch = maker.launch(BatchConfig(extractor=Extractor.LLM, model="my-model"))
    maker.run(batch)
    maker.answer(batch, 26, cost_usd=None)
    maker.end(batch)
    rows = find_table(open_page("batches"), "Tokens out")
    assert [row["Cost"] for row in rows] == ["unknown", "unknown", ""]


def test_the_time_says_in_how_much_of_it_calls_went(maker: BatchMaker, store: Store, open_page: OpenPage) -> None:
    batch = maker.launch()
    maker.run(batch)
    maker.answer(batch, 10)
    maker.send(batch, [5, 5])
    maker.end(batch, JobState.PAUSED)
    app = open_page("batches")
    assert any(text.startswith("16 requests are not answered yet.") for text in list_captions(app))
    assert any("pauses included; calls went in" in text for text in list_captions(app))
    assert find_table(app, "Tokens out")[1]["Time"]


def test_nothing_is_compared_with_an_estimate_while_it_may_still_change(maker: BatchMaker, open_page: OpenPage) -> None:
    batch = maker.launch()
    maker.end(batch, JobState.CANCELLED)
    assert find_table(open_page("batches"), "Tokens out")
    rules = maker.launch(BatchConfig(extractor=Extractor.RULES))
    maker.end(rules)
    assert not open_page("batches").table


def test_all_batches_show_how_they_were_launched_and_what_came_of_them(maker: BatchMaker, open_page: OpenPage) -> None:
    first = maker.launch(
        BatchConfig(extractor=Extractor.LLM, model=MODEL, max_rpm=60, budget_usd=2, min_success=0.2, max_success=0.6)
    )
    maker.run(first)
    maker.answer(first, 5, cost_usd=0.5)
    maker.fail(first, 1)
    maker.end(first)
    second = maker.launch(BatchConfig(extractor=Extractor.RULES, only="new", first_trials=1))
    maker.end(second, JobState.CANCELLED)
    newest, oldest = find_table(open_page("batches"), "Finished")
    assert oldest["Model"] == MODEL
    assert oldest["State"] == "Finished"
    assert (oldest["Done"], oldest["Failed"], oldest["Cost"]) == (5, 1, 2.5)
    assert oldest["Chosen"] == "all attempts, 20 to 60 % successes"
    assert oldest["Limits"] == "60 a minute, 100 at once, budget $ 2.00"
    assert oldest["Finished"].startswith("today ")
    assert (newest["Model"], newest["State"]) == ("rules", "Cancelled")
    assert newest["Chosen"] == "attempts without hints, first trial"


def test_a_cancelled_batch_shows_what_failed_and_offers_no_retry(maker: BatchMaker, open_page: OpenPage) -> None:
    batch = maker.launch()
    maker.run(batch)
    maker.answer(batch, 2)
    maker.fail(batch, 5)
    maker.end(batch, JobState.CANCELLED)
    app = open_page("batches")
    assert find_table(app, "Reason")[0]["Requests"] == 5
    assert f"retry_{batch.id}" not in {button.key for button in app.button}
    assert any("A cancelled batch is not retried" in caption for caption in list_captions(app))


def test_more_batches_than_are_listed_are_counted_and_can_be_reached(maker: BatchMaker, open_page: OpenPage) -> None:
    for _ in range(LISTED + 2):
        maker.end(maker.launch(BatchConfig(extractor=Extractor.RULES, first_trials=1)))
    app = open_page("batches")
    assert len(find_table(app, "Batch")) == LISTED
    (whole,) = [toggle for toggle in app.toggle if "List all" in toggle.label]
    assert whole.label == "List all 52 batches, not only the newest 50"
    whole.set_value(True).run()
    assert [row["Batch"] for row in find_table(app, "Batch")] == list(range(LISTED + 2, 0, -1))


def test_two_batches_are_compared(maker: BatchMaker, store: Store, open_page: OpenPage) -> None:
    first = maker.launch()
    maker.run(first)
    maker.answer(first, 24, cost_usd=0.01)
    maker.fail(first, 2)
    maker.end(first)
    curate_dataset(store, maker.dataset)
    trial = store.traces.list_trials(1)[0]
    hints = store.curation.list_hints(trial.id)
    # the made-up hints quote nothing, and that keeps them from being accepted as they are
    for finding in store.curation.list_findings(trial.id):
        if finding.hint_id == hints[0].id and finding.severity is Severity.BLOCK:
            decisions.override_finding(
                store, hints[0], finding.code, reason="Seen", reviewer="Mira", action_id=decisions.new_action_id()
            )
    hints = store.curation.list_hints(trial.id)
    decisions.accept_hint(store, hints[0], reviewer="Mira", action_id=decisions.new_action_id())
    decisions.reject_hint(store, hints[1], reason="Wrong", reviewer="Mira", action_id=decisions.new_action_id())
    second = maker.launch(BatchConfig(extractor=Extractor.LLM, model="gpt-4o", first_trials=2))
    maker.run(second)
    maker.answer(second, 6, cost_usd=0.1)
    maker.answer(second, 1, valid=False, cost_usd=0.1)
    maker.end(second)
    app = open_page("batches")
    get_widget(app, f"compare_{second.id}").set_value(first.id).run()
    rows = {row[""]: (row["Batch 2"], row["Batch 1"]) for row in find_table(app, "Batch 1")}
    assert rows["Model"] == ("gpt-4o", MODEL)
    assert rows["Attempts"] == ("all attempts, first 2 trials", "all attempts")
    assert "Limits" not in rows, "the same in both"
    assert rows["Done"] == ("7 of 7", "24 of 26")
    assert rows["Failed"] == ("0", "2")
    assert rows["Cost"] == ("$ 0.80", "$ 0.24")
    assert rows["Valid at first try"] == ("86 %", "100 %")
    assert rows["Hints per attempt"] == ("4.0", "4.0")
    assert rows["Tokens per request"][0] == "1,371"
    assert rows["Accepted by reviewers"][1] == "1 of 2 decided"


def test_a_batch_alone_has_nothing_to_be_compared_with(maker: BatchMaker, open_page: OpenPage) -> None:
    batch = maker.launch(BatchConfig(extractor=Extractor.RULES))
    maker.end(batch)
    app = open_page("batches")
    assert f"compare_{batch.id}" not in {box.key for box in app.selectbox}


@pytest.mark.parametrize(
    ("acceptance", "words"),
    [
        (Acceptance(hints=20, accepted=12, edited=0, rejected=3), "12 of 15 decided"),
        (Acceptance(hints=20, accepted=12, edited=2, rejected=3), "12 of 15 decided, 2 of them edited"),
        (Acceptance(hints=20, accepted=0, edited=0, rejected=0), "none of 20 decided yet"),
        (Acceptance(hints=0, accepted=0, edited=0, rejected=0), "–"),
    ],
)
def test_acceptance_counts_what_was_decided(acceptance: Acceptance, words: str) -> None:
    assert describe_acceptance(acceptance) == words
