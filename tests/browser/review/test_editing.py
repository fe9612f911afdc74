"""Editing in place: every field, drafts, live checks, order, merging, new hints, and two people at one hint."""

import json
import re

from playwright.sync_api import expect

from core.curation import decisions
from core.models import EvidenceStatus, HintKind, HintState, Origin, PitfallText, StrategyText, Suggestion
from core.store import open_store
from tests.browser.review.bench import Bench
from tests.browser.review.conftest import MakeDataset, OpenWindow
from tests.browser.review.trials import ASK, INVENTED, LOOK, list_trials


def get_texts(bench: Bench, trial_id: int) -> list[dict[str, str]]:
    with open_store(bench.home) as store:
        return [hint.text.model_dump(mode="json") for hint in store.curation.list_hints(trial_id)]


def edit_elsewhere(bench: Bench, trial_id: int, number: int, words: str) -> None:
    """Jonas changes a step while we look."""
    with open_store(bench.home) as store:
        hint = store.curation.list_hints(trial_id)[number]
        text = StrategyText(do=words)
        decisions.edit_hint(store, hint, text, reviewer="Jonas", action_id=decisions.new_action_id())


def test_every_field_of_a_pitfall_is_edited_in_place(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first = list_trials(bench.home, dataset)[0]
    bench.open(dataset).press("4", "Escape", "e")
    for label, words in [("When", "no flight is found"), ("Don't", "stop"), ("Instead", "ask again"), ("Symptom", "s")]:
        bench.page.get_by_label(label, exact=True).fill(words)
    bench.press("Control+Enter")
    expect(bench.card(4)).to_contain_text("When no flight is found, don't stop; ask again.")
    bench.expect_saved()
    assert get_texts(bench, first.id)[INVENTED] == PitfallText(
        when="no flight is found", avoid="stop", instead="ask again", symptom="s"
    ).model_dump(mode="json")
    # words alone do not prove it
    expect(bench.card(4)).to_contain_text("Blocks")


def test_keys_are_silent_while_typing_and_a_is_off(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first = list_trials(bench.home, dataset)[0]
    bench.open(dataset).press("ArrowUp", "e")
    bench.page.keyboard.type(" ajkx1")
    bench.expect_open(first)
    expect(bench.button("Save or cancel first")).to_have_attribute("aria-disabled", "true")
    expect(bench.page.locator(".words-row")).to_contain_text("of 400 in this trial")
    bench.press("Escape")
    bench.expect_said("Draft kept.")
    bench.expect_saved()
    assert bench.list_actions(first) == []


def test_a_draft_outlives_a_reload_and_is_dropped_on_request(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first = list_trials(bench.home, dataset)[0]
    bench.open(dataset).press("ArrowUp", "e")
    bench.page.get_by_label("Do", exact=True).fill("Half a thought")
    bench.page.reload()
    bench.wait()
    expect(bench.card(3)).to_contain_text("Draft kept.")
    bench.card(3).get_by_role("button", name="Go on editing").click()
    expect(bench.page.get_by_label("Do", exact=True)).to_have_value("Half a thought")
    bench.press("Escape")
    bench.card(3).get_by_role("button", name="Drop it").click()
    expect(bench.card(3)).not_to_contain_text("Draft kept.")
    assert bench.list_actions(first) == []


def test_checks_run_while_somebody_types(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    bench.open(dataset).press("ArrowUp", "e")
    bench.page.keyboard.type(" with sk-ant-api03-" + "a1B2" * 12)
    expect(bench.page.locator(".editor-findings")).to_contain_text("Blocks")
    expect(bench.page.locator(".editor-findings")).to_contain_text("secret")
    bench.press("Control+a")
    bench.page.keyboard.type("Look up the flights")
    expect(bench.page.locator(".editor-findings")).not_to_contain_text("secret")


def test_the_task_text_is_edited(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first = list_trials(bench.home, dataset)[0]
    bench.open(dataset).button(re.compile("^Task text")).click()
    bench.button("Edit the task text").click()
    bench.page.get_by_label("Task", exact=True).fill("Task: do it better")
    bench.press("Control+Enter")
    expect(bench.page.locator(".task")).to_contain_text("Task: do it better")
    bench.expect_saved()
    with open_store(bench.home) as store:
        assert store.traces.get_trial(first.id).edited_task_text == "Task: do it better"


def test_a_hint_moves_up_and_down_in_its_kind(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first = list_trials(bench.home, dataset)[0]
    before = get_texts(bench, first.id)
    bench.open(dataset).press("ArrowUp", "Alt+ArrowUp")
    expect(bench.card(2)).to_contain_text("Look up the flights")
    bench.press("Alt+ArrowUp")
    bench.expect_said("It is already there.")
    bench.expect_saved()
    after = get_texts(bench, first.id)
    assert [after[ASK], after[LOOK]] == [before[LOOK], before[ASK]]


def test_two_hints_are_merged_and_the_evidence_of_both_stays(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first = list_trials(bench.home, dataset)[0]
    bench.open(dataset).press("ArrowUp", "m", "2")
    expect(bench.page.get_by_role("dialog", name="Which words stay?")).to_be_visible()
    bench.press("2")
    expect(bench.page.locator(".hints .card")).to_have_count(4)
    bench.expect_saved()
    with open_store(bench.home) as store:
        hints = [hint for hint in store.curation.list_hints(first.id) if hint.kind is HintKind.STRATEGY]
    kept = [hint for hint in hints if hint.state is not HintState.REJECTED]
    assert [hint.text.model_dump()["do"] for hint in kept] == ["Ask for the user id first"]
    assert {item.message for item in kept[0].evidence} == {2, 4}


def test_a_hint_changes_its_kind(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first = list_trials(bench.home, dataset)[0]
    bench.open(dataset).press("ArrowUp", "e")
    bench.page.get_by_label("Kind").select_option("criterion")
    expect(bench.page.get_by_label("Criterion", exact=True)).to_have_value("Look up the flights of that user")
    bench.press("Control+Enter")
    expect(bench.page.locator(".kind.is-strategy")).to_contain_text("1")
    bench.expect_saved()
    with open_store(bench.home) as store:
        kinds = [hint.kind for hint in store.curation.list_hints(first.id)]
    assert kinds.count(HintKind.CRITERION) == 2


def select_in_transcript(bench: Bench, index: int, words: str) -> None:
    """With the mouse, as a person does."""
    bench.message(index).evaluate(
        """(message, words) => {
            const unit = [...message.querySelectorAll('.t')].find((each) => each.textContent.includes(words));
            const walker = document.createTreeWalker(unit, NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
                const at = walker.currentNode.data.indexOf(words);
                if (at < 0) continue;
                getSelection().setBaseAndExtent(walker.currentNode, at, walker.currentNode, at + words.length);
            }
            message.dispatchEvent(new MouseEvent('mouseup', {bubbles: true, composed: true}));
        }""",
        words,
    )


def test_selected_text_makes_a_new_hint_with_evidence(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first = list_trials(bench.home, dataset)[0]
    bench.open(dataset).press("ArrowUp")
    select_in_transcript(bench, 6, "nothing has to be paid")
    bench.button(re.compile("New hint with this quote")).click()
    bench.page.get_by_label("Do", exact=True).fill("Say what it costs")
    bench.press("Control+Enter")
    expect(bench.page.locator(".hints .card")).to_have_count(6)
    bench.expect_saved()
    with open_store(bench.home) as store:
        (added,) = [hint for hint in store.curation.list_hints(first.id) if hint.origins[0].extractor == "person"]
    assert added.text == StrategyText(do="Say what it costs")
    (item,) = added.evidence
    assert (item.message, item.quote, item.status) == (6, "nothing has to be paid", EvidenceStatus.EXACT)


def test_a_suggestion_is_accepted_or_dismissed(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first, second, _ = list_trials(bench.home, dataset)
    with open_store(bench.home) as store:
        for trial in (first, second):
            hint = store.curation.list_hints(trial.id)[ASK]
            suggestion = Suggestion(
                id=f"s{trial.id}",
                trial_id=trial.id,
                kind="reword",
                hint_ids=[hint.id],
                text=StrategyText(do="First ask who it is"),
                origin=Origin(extractor="llm", model="m"),
                state="open",
            )
            store.suggestions.save_suggestions(trial.id, [suggestion])
    bench.open(dataset)
    bench.page.locator(".suggestion").get_by_role("button", name="Accept").click()
    expect(bench.card(2)).to_contain_text("First ask who it is")
    bench.press("j")
    bench.expect_open(second)
    bench.page.locator(".suggestion").get_by_role("button", name="Dismiss").click()
    bench.expect_saved()
    expect(bench.page.locator(".suggestion")).to_have_count(0)
    assert get_texts(bench, first.id)[ASK]["do"] == "First ask who it is"
    assert get_texts(bench, second.id)[ASK]["do"] == "Ask for the user id first"


def test_a_conflict_shows_both_texts_and_either_can_be_kept(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    trials = list_trials(bench.home, dataset)
    for trial, key, kept in [(trials[0], "1", "My words"), (trials[1], "2", "The words of Jonas")]:
        bench.open(dataset, trial=trial.id).press("ArrowUp", "e")
        bench.page.get_by_label("Do", exact=True).fill("My words")
        edit_elsewhere(bench, trial.id, LOOK, "The words of Jonas")
        bench.press("Control+Enter")
        conflict = bench.page.locator(".card.conflict")
        expect(conflict).to_contain_text("Jonas changed this step while you were editing. Both texts are kept.")
        expect(bench.page.locator(".toast")).to_have_text("Your text is not saved yet: somebody else changed it first.")
        expect(bench.page.locator(".save")).to_have_text("1 not saved: yours to settle")
        expect(conflict).to_contain_text("My words.")
        expect(conflict).to_contain_text("The words of Jonas.")
        expect(bench.button("Settle hint 3 first")).to_be_visible()
        bench.press(key)
        expect(conflict).to_have_count(0)
        expect(bench.card(3)).to_contain_text(kept)
        bench.expect_saved()
        assert get_texts(bench, trial.id)[LOOK]["do"] == kept
    history = [
        json.loads(item.after or "{}")["do"] for item in bench.list_decisions(trials[0]) if item.action == "edit"
    ]
    assert history == ["The words of Jonas", "My words"]


def test_two_windows_that_edit_one_hint_lose_neither_text(open_window: OpenWindow, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    mine = open_window()
    trial = list_trials(mine.home, dataset)[0]
    theirs = open_window()
    for bench, words in [(mine, "Words of the one"), (theirs, "Words of the other")]:
        bench.open(dataset).press("ArrowUp", "e")
        bench.page.get_by_label("Do", exact=True).fill(words)
    mine.press("Control+Enter")
    mine.expect_saved()
    theirs.press("Control+Enter")
    expect(theirs.page.locator(".card.conflict")).to_contain_text("Words of the one")
    theirs.press("e")
    expect(theirs.page.get_by_label("Do", exact=True)).to_have_value("Words of the other")
    theirs.page.keyboard.type(" and of both")
    theirs.press("Control+Enter")
    theirs.expect_saved()
    assert get_texts(theirs, trial.id)[LOOK]["do"] == "Words of the other and of both"
