"""The transcript: evidence in sight, every key that reads, before and after, side by side."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.curation.curate import curate_dataset
from core.models import AttemptHints, Dataset, EvidenceStatus, Outcome, StrategyText, ToolText
from core.store import open_store
from tests.browser.review.bench import Bench
from tests.browser.review.conftest import MakeDataset
from tests.browser.review.trials import QUOTE, SAID, list_trials, save_readings
from tests.builders import make_row, say, talk, write_rows
from tests.curation.proposals import propose, save_proposals
from tests.workspaces import import_sample


def make_terminal(home: Path, name: str) -> Dataset:
    """One long terminal attempt: folds, an error, a loop, and a quote in the JSON of the agent."""
    turns = [say("user", "Task: run the controller")]
    for number in range(4):
        command = {"analysis": "hm", "plan": "again", "commands": [{"keystrokes": "make run\n", "duration": 15}]}
        turns.append(say("assistant", f"Try {number}.\n{json.dumps(command)}"))
        lines = [f"line {i} of try {number}" for i in range(30)]
        turns.append(say("user", "\n".join([*lines, "make: *** [run] Error 2"])))
    turns.append(say("assistant", json.dumps({"analysis": "a", "plan": "p", "commands": [], "task_complete": True})))
    path = write_rows(home.parent / f"{name}.jsonl", [make_row(turns, trial_name=name, result="0.5")])
    with open_store(home) as store:
        dataset = import_sample(store, path)
        (attempt,) = store.traces.list_attempts(store.traces.list_trials(dataset.id)[0].id)
        hints = [
            propose(ToolText(name="make", purpose="Run it"), "make run", message=1),
            propose(StrategyText(do="Read the middle of the output"), "line 17 of try 1", message=4),
            propose(StrategyText(do="Say that it is done"), '"task_complete": true', message=9),
        ]
        save_proposals(store, dataset, {attempt.id: hints})
        curate_dataset(store, dataset)
    return dataset


def test_a_hint_shows_its_quote_in_sight_and_f_goes_on(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset(more=60)
    bench.open(dataset).press("ArrowUp", "ArrowUp")
    expect(bench.quote).to_have_text(f"evidence for hint 2: {QUOTE}")
    expect(bench.quote).to_be_in_viewport()
    expect(bench.message(2)).to_have_class(re.compile("has-quote"))
    expect(bench.page.locator(".evidence")).to_contain_text("attempt 1, message 2")
    expect(bench.page.locator(".evidence")).to_contain_text("exact quote")
    bench.press("ArrowDown", "ArrowDown", "ArrowDown")
    expect(bench.page.locator(".evidence")).to_contain_text("Evidence 1 of 2")
    bench.press("f")
    expect(bench.page.locator(".evidence")).to_contain_text("Evidence 2 of 2")
    expect(bench.quote).to_contain_text("Thank you.")
    bench.press("Shift+f")
    expect(bench.quote).to_contain_text("leaves at 9:40")


def test_a_chip_jumps_and_a_message_says_who_cites_it(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    bench.open(dataset).press("ArrowDown")
    bench.card(5).get_by_role("button", name="Evidence in attempt 1, message 7, exact quote").click()
    expect(bench.quote).to_contain_text("Thank you.")
    expect(bench.message(7).locator(".cites")).to_have_text("cited by 5")
    expect(bench.message(7)).to_have_attribute("aria-label", "Message 7, User, cited by hint 5")


def test_brackets_change_the_attempt(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    bench.open(dataset).press("ArrowUp", "]")
    expect(bench.page.get_by_role("tab", name=re.compile("^Attempt 2, Failure"))).to_have_attribute(
        "aria-selected", "true"
    )
    expect(bench.messages.filter(has_text="I am sorry")).to_be_visible()
    bench.press("[")
    expect(bench.page.get_by_role("tab", name=re.compile("^Attempt 1, Success"))).to_have_attribute(
        "aria-selected", "true"
    )


def test_terminal_traces_are_readable_and_nothing_cited_is_folded(bench: Bench) -> None:
    dataset = make_terminal(bench.home, "terminal")
    bench.open(dataset).press("ArrowUp", "ArrowUp")
    expect(bench.message(1).locator(".command")).to_contain_text("make run")
    expect(bench.message(1).locator(".seconds")).to_have_text("15s")
    expect(bench.message(1)).not_to_contain_text("Analysis: hm")
    bench.message(1).get_by_role("button", name=re.compile("Analysis and plan")).click()
    expect(bench.message(1)).to_contain_text("Analysis: hm")
    expect(bench.message(2)).to_contain_text(re.compile("Show 23 more lines"))
    expect(bench.message(2).locator(".bad")).to_have_text("make: *** [run] Error 2")
    bench.press("ArrowDown")
    expect(bench.quote).to_contain_text("line 17 of try 1")
    expect(bench.quote).to_be_in_viewport()
    expect(bench.page.locator(".loop-head")).to_contain_text("Messages 1 to 8: the same call fails 4 times")


def test_a_quote_from_the_raw_text_shows_the_raw_text(bench: Bench) -> None:
    dataset = make_terminal(bench.home, "raw")
    bench.open(dataset).press("ArrowDown", "ArrowDown")
    expect(bench.quote).to_be_visible()
    expect(bench.message(9)).to_have_class(re.compile("has-quote"))


def test_z_t_p_and_l_read_the_transcript(bench: Bench) -> None:
    dataset = make_terminal(bench.home, "keys")
    bench.open(dataset).press("z")
    expect(bench.message(2)).to_contain_text("line 15 of try 0")
    bench.press("z")
    expect(bench.message(2)).not_to_contain_text("line 15 of try 0")
    bench.press("t")
    expect(bench.message(1)).to_contain_text('"commands": [{"keystrokes":')
    bench.press("t", "p")
    bench.expect_said("Error in message 2.")
    bench.press("p")
    bench.expect_said("Error in message 4.")
    expect(bench.message(4)).to_be_in_viewport()
    bench.press("l")
    bench.page.keyboard.type("line 21 of try 3")
    expect(bench.page.locator(".evidence")).to_contain_text("1 of 1 message")
    expect(bench.message(8)).to_contain_text("line 21 of try 3")
    expect(bench.message(8)).to_be_in_viewport()
    bench.press("Escape", "Escape")
    expect(bench.page.locator(".evidence")).to_contain_text("Evidence 1 of")


def test_find_counts_what_comes_later_of_a_long_attempt(bench: Bench) -> None:
    turns = [say("user", "Task: find it"), *talk(*(f"needle {i}\n{'hay stack ' * 20_000}" for i in range(10)))]
    path = write_rows(bench.home.parent / "hay.jsonl", [make_row(turns, trial_name="hay", result="1.0")])
    with open_store(bench.home) as store:
        dataset = import_sample(store, path)
        (attempt,) = store.traces.list_attempts(store.traces.list_trials(dataset.id)[0].id)
        save_proposals(store, dataset, {attempt.id: []})
        curate_dataset(store, dataset)
    bench.open(dataset).press("l")
    bench.page.keyboard.insert_text("needle")
    expect(bench.page.locator(".evidence")).to_contain_text(re.compile("1 of 10 messages(?! so far)"))


def make_misquoted(home: Path, name: str) -> Dataset:
    """A step whose quote is nearly what the agent said in its last message, and no more than that."""
    turns = [say("user", "Task: book the flight"), *talk("Which day?", "Friday."), say("assistant", SAID)]
    path = write_rows(home.parent / f"{name}.jsonl", [make_row(turns, trial_name=name, result="1.0")])
    with open_store(home) as store:
        dataset = import_sample(store, path)
        (attempt,) = store.traces.list_attempts(store.traces.list_trials(dataset.id)[0].id)
        wrong = "The new flight leaves at 9:45 and nothing is to be paid for it."
        hints = [propose(StrategyText(do="Say when it leaves"), wrong, message=1)]
        save_proposals(store, dataset, {attempt.id: hints})
        curate_dataset(store, dataset)
    return dataset


@pytest.mark.parametrize("way", ["the button", "the key"])
def test_the_real_text_takes_the_place_of_a_quote_that_was_not_found(bench: Bench, way: str) -> None:
    dataset = make_misquoted(bench.home, f"misquoted by {way}")
    (trial,) = list_trials(bench.home, dataset)
    bench.open(dataset)
    expect(bench.card(1)).to_contain_text("Blocks")
    expect(bench.card(1).locator(".closest mark")).to_have_text(SAID)
    expect(bench.quote).to_have_count(0)
    expect(bench.button("Approve without hints, leave out 1")).to_be_visible()
    if way == "the key":
        bench.press("g")
    else:
        bench.button("Use this quote").click()
    bench.expect_said("The quote of message 3 is used.")
    expect(bench.quote).to_have_text(f"evidence for hint 1: {SAID}")
    expect(bench.quote).to_be_in_viewport()
    expect(bench.page.locator(".evidence")).to_contain_text("exact quote")
    bench.expect_saved()
    expect(bench.card(1)).not_to_contain_text("Blocks")
    expect(bench.card(1).locator(".closest")).to_have_count(0)
    expect(bench.button("Approve 1")).to_be_visible()
    with open_store(bench.home) as store:
        (evidence,) = store.curation.list_hints(trial.id)[0].evidence
    assert (evidence.status, evidence.message, evidence.quote) == (EvidenceStatus.EXACT, 3, SAID)
    bench.press("u")
    expect(bench.card(1)).to_contain_text("Blocks")
    expect(bench.button("Use this quote")).to_be_visible()


def test_b_shows_the_instruction_as_it_will_be_published_live_while_editing(
    bench: Bench, new_dataset: MakeDataset
) -> None:
    dataset = new_dataset()
    bench.open(dataset).press("b")
    added = bench.page.locator(".diff-line.is-added")
    expect(added.filter(has_text="1. Ask for the user id first.")).to_be_visible()
    expect(bench.page.locator(".rendered").get_by_role("heading", name="Suggested Strategy")).to_be_visible()
    expect(added.filter(has_text="give up at once")).to_have_count(0)
    bench.press("ArrowUp", "e")
    bench.page.keyboard.type(" **quickly**")
    expect(added.filter(has_text="2. Look up the flights of that user **quickly**.")).to_be_visible()
    expect(bench.page.locator(".rendered strong", has_text="quickly")).to_be_visible()
    bench.press("Escape", "b")
    expect(bench.messages.first).to_be_visible()


def test_v_aligns_two_attempts_at_the_message_where_they_part(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset(attempts=3)
    bench.open(dataset).press("ArrowUp", "v")
    expect(bench.page.locator(".parting")).to_contain_text("They part here, at message 6")
    expect(bench.page.locator(".parting")).to_be_in_viewport()
    expect(bench.page.locator(".same-run").first).to_contain_text("are the same")
    expect(bench.page.locator(".pair-row").filter(has_text="9:40")).to_contain_text("I am sorry")
    bench.press("]")
    expect(bench.page.get_by_role("tab", name="Attempts 1 and 3")).to_have_attribute("aria-selected", "true")
    bench.press("v")
    expect(bench.messages.first).to_be_visible()


def test_what_the_model_made_of_an_attempt_is_told_and_its_opinion_is_called_one(bench: Bench) -> None:
    turns = [say("user", "Task: book the flight"), *talk("Which day?", "Friday."), say("assistant", SAID)]
    results = {"episode-0": "1.0", "episode-1": "0.0", "episode-2": None}
    rows = [make_row([*turns, say("user", name)], episode=name, result=result) for name, result in results.items()]
    path = write_rows(bench.home.parent / "read.jsonl", rows)
    with open_store(bench.home) as store:
        dataset = import_sample(store, path)
        attempts = store.traces.list_attempts(store.traces.list_trials(dataset.id)[0].id)
        hint = propose(StrategyText(do="Ask for the day"), "Friday.", message=2)
        save_proposals(store, dataset, {attempts[0].id: [hint]})
        curate_dataset(store, dataset)
    readings = [
        AttemptHints(happened="It asked, and <b>booked</b>.", opinion=Outcome.FAILURE),
        AttemptHints(happened="It gave up.", failure_cause="It never asked for the day (message 2)."),
        AttemptHints(happened="It stopped half way.", opinion=Outcome.SUCCESS),
    ]
    (trial,) = list_trials(bench.home, dataset)
    save_readings(bench.home, trial, readings, parted="One <i>asked</i>, the other guessed.")
    told = bench.page.locator(".feed .reading")
    bench.open(dataset)
    expect(told).to_have_text("What the model says happened It asked, and <b>booked</b>.")
    told.get_by_role("button").click()
    # the dataset's word beats the model's
    expect(told).not_to_contain_text("opinion")
    bench.press("]")
    told.get_by_role("button").click()
    expect(told).to_contain_text("Cause of failure: It never asked for the day (message 2).")
    bench.press("]")
    told.get_by_role("button").click()
    expect(told).to_contain_text(
        "Its opinion of the outcome: Success. The dataset does not say how this attempt ended."
    )
    bench.press("[", "v")
    expect(bench.page.get_by_role("tab", name="Attempts 2 and 1")).to_have_attribute("aria-selected", "true")
    contrast = bench.page.locator(".reading.is-contrast")
    expect(contrast).to_have_text("What the model says of it One <i>asked</i>, the other guessed.")
    bench.press("]")
    expect(bench.page.get_by_role("tab", name="Attempts 2 and 3")).to_have_attribute("aria-selected", "true")
    expect(contrast).to_have_count(0)
    assert bench.page.locator(".wb .reading i, .wb .reading p b:has-text('booked')").count() == 0


def test_a_link_opens_its_trial_and_its_hint(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    third = list_trials(bench.home, dataset)[2]
    with open_store(bench.home) as store:
        hint = store.curation.list_hints(third.id)[1]
    bench.open(dataset, trial=third.id, hint=hint.id)
    bench.expect_open(third)
    expect(bench.opened).to_have_attribute("aria-label", re.compile("^Hint 2"))
    expect(bench.quote).to_contain_text(QUOTE)
    bench.press("k")
    expect(bench.page).to_have_url(re.compile(rf"trial={list_trials(bench.home, dataset)[1].id}&hint="))
    # a way back through the browser may have lost which dataset it was; a newer one is there meanwhile
    new_dataset()
    bench.page.goto(f"{bench.address}/review?trial={third.id}")
    bench.wait().expect_open(third)
    expect(bench.rows).to_have_count(3)
    expect(bench.rows.nth(2)).to_contain_text(third.name.partition("__")[0])
    expect(bench.page).to_have_url(re.compile(rf"dataset={dataset.id}\b"))
