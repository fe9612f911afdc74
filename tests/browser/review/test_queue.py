"""The queue: search, filters and sorts in the address, counts, reservations, and thousands of rows."""

import re

import pytest
from playwright.sync_api import expect

from core.curation import decisions
from core.models import Dataset, StrategyText
from core.store import open_store
from tests.browser.review.bench import Bench
from tests.browser.review.conftest import MakeDataset, OpenWindow
from tests.browser.review.trials import LOOK, list_trials
from tests.builders import make_row, talk, write_rows
from tests.curation.proposals import propose, save_proposals
from tests.workspaces import import_sample

MANY = 12_000


def make_many(bench: Bench) -> Dataset:
    rows = [
        make_row(talk(f"Task: the wish number {i}", "Done."), trial_name=f"wish-{i:05}", result="1.0")
        for i in range(MANY)
    ]
    path = write_rows(bench.home.parent / "many.jsonl", rows)
    with open_store(bench.home) as store:
        dataset = import_sample(store, path)
        attempts = [store.traces.list_attempts(trial.id)[0].id for trial in store.traces.list_trials(dataset.id)]
        save_proposals(
            store, dataset, {item: [propose(StrategyText(do="Do it"), "Done.", message=1)] for item in attempts}
        )
    return dataset


def test_search_finds_names_task_texts_and_hints_and_stands_in_the_address(
    open_window: OpenWindow, new_dataset: MakeDataset
) -> None:
    dataset = new_dataset(trials=4)
    bench = open_window()
    trials = list_trials(bench.home, dataset)
    with open_store(bench.home) as store:
        hint = store.curation.list_hints(trials[2].id)[LOOK]
        text = StrategyText(do="Look for a zeppelin")
        decisions.edit_hint(store, hint, text, reviewer="x", action_id=decisions.new_action_id())
    bench.open(dataset).press("/")
    bench.page.keyboard.type("zeppelin")
    expect(bench.rows).to_have_count(1)
    bench.press("Enter")
    bench.expect_open(trials[2])
    expect(bench.page).to_have_url(re.compile("search=zeppelin"))
    shared = open_window()
    shared.page.goto(bench.page.url)
    shared.wait()
    expect(shared.rows).to_have_count(1)
    shared.expect_open(trials[2])
    shared.press("/", "Escape")
    expect(shared.rows).to_have_count(4)


def test_filters_and_sorts_change_the_list_and_the_address(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset(trials=3)
    trials = list_trials(bench.home, dataset)
    with open_store(bench.home) as store:
        trial = store.traces.get_trial(trials[1].id)
        decisions.approve_trial(store, trial, reviewer="x", action_id=decisions.new_action_id())
    bench.open(dataset)
    expect(bench.rows).to_have_count(2)
    expect(bench.button("To review 2")).to_have_attribute("aria-pressed", "true")
    bench.button("All 3").click()
    expect(bench.rows).to_have_count(3)
    expect(bench.page).to_have_url(re.compile("status=all"))
    bench.button("Filters").click()
    bench.page.get_by_role("combobox", name="Status").select_option("approved")
    expect(bench.rows).to_have_count(1)
    expect(bench.rows.first).to_contain_text("Approved")
    bench.page.get_by_role("combobox", name="Outcomes").select_option("successful")
    expect(bench.page.locator(".noRows")).to_contain_text("No trial matches.")
    bench.button("Clear filters").click()
    expect(bench.rows).to_have_count(2)
    bench.page.get_by_role("combobox", name="Sort").select_option("name")
    expect(bench.page).to_have_url(re.compile("sort=name"))


@pytest.mark.soak
def test_twelve_thousand_rows_are_listed_and_only_those_in_sight_are_drawn(bench: Bench) -> None:
    dataset = make_many(bench)
    bench.open(dataset)
    expect(bench.button(re.compile(f"To review {MANY:,}"))).to_be_visible()
    assert bench.rows.count() < 60
    bench.page.locator(".rows").evaluate("list => { list.scrollTop = list.scrollHeight; }")
    expect(bench.rows.last).to_contain_text(f"wish-{MANY - 1:05}")
    assert bench.rows.count() < 60
    expect(bench.rows.last).to_have_attribute("aria-posinset", str(MANY))
    bench.page.locator(".rows").focus()
    bench.press("Home")
    expect(bench.name).to_have_text("wish-00000")
    expect(bench.rows.first).to_be_in_viewport()
    bench.press("End")
    expect(bench.name).to_have_text(f"wish-{MANY - 1:05}")
    expect(bench.rows.last).to_be_in_viewport()
    bench.press("ArrowUp")
    expect(bench.name).to_have_text(f"wish-{MANY - 2:05}")
    assert bench.rows.count() < 60


def test_who_opens_a_trial_has_it_and_others_see_that_and_can_take_over(
    open_window: OpenWindow, new_dataset: MakeDataset
) -> None:
    dataset = new_dataset()
    jonas = open_window()
    first = list_trials(jonas.home, dataset)[0]
    with open_store(jonas.home) as store:
        store.workspace.save_reviewer("Jonas Thal")
    jonas.open(dataset)
    with open_store(jonas.home) as store:
        store.workspace.save_reviewer("Mira")
    expect(jonas.page.locator(".wb")).to_have_attribute("data-held", str(first.id))
    mira = open_window().open(dataset)
    expect(mira.page.locator(".who")).to_contain_text("Mira")
    expect(mira.page.locator(".reserved")).to_contain_text("Jonas Thal has been here since")
    expect(mira.rows.first.locator(".initials")).to_have_text("JT")
    mira.page.locator(".reserved").get_by_role("button", name="Take over").click()
    mira.expect_saved()
    expect(mira.page.locator(".reserved")).to_have_count(0)
    with open_store(mira.home) as store:
        (held,) = store.reservations.list_reservations(dataset.id, now_utc="2026-01-01T00:00:00+00:00")
    assert (held.trial_id, held.reviewer) == (first.id, "Mira")


def test_the_queue_folds_away_and_panes_keep_their_width(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    bench.open(dataset)
    divider = bench.page.get_by_role("separator", name="Width of the hints")
    before = bench.page.locator(".hints-pane").bounding_box()
    divider.focus()
    bench.press("ArrowLeft", "ArrowLeft")
    after = bench.page.locator(".hints-pane").bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] == before["width"] - 32
    bench.press("q")
    expect(bench.rows.first).not_to_be_visible()
    bench.page.reload()
    bench.wait()
    expect(bench.rows.first).not_to_be_visible()
    kept = bench.page.locator(".hints-pane").bounding_box()
    assert kept is not None
    assert kept["width"] == after["width"]


def test_narrow_windows_show_one_pane_at_a_time(open_window: OpenWindow, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    bench = open_window(width=700, height=800).open(dataset)
    expect(bench.card(1)).to_be_visible()
    expect(bench.messages.first).not_to_be_visible()
    bench.page.get_by_role("tab", name="Transcript").click()
    expect(bench.messages.first).to_be_visible()
    expect(bench.card(1)).not_to_be_visible()
    expect(bench.button(re.compile("^Approve"))).to_be_in_viewport()
