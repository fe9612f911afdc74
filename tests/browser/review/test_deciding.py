"""Every key and button that decides on a trial or a hint; what counts is what the database then holds."""

import re

import pytest
from playwright.sync_api import expect

from core.models import Finding, HintState, Severity, TrialStatus
from core.store import open_store
from tests.browser.review.bench import Bench
from tests.browser.review.conftest import MakeDataset
from tests.browser.review.trials import ASK, INVENTED, SEARCH, list_trials


def get_states(bench: Bench, trial_id: int) -> list[HintState]:
    with open_store(bench.home) as store:
        return [hint.state for hint in store.curation.list_hints(trial_id)]


def test_a_approves_what_is_not_blocked_and_opens_the_next_trial_at_once(
    bench: Bench, new_dataset: MakeDataset
) -> None:
    dataset = new_dataset()
    first, second, _ = list_trials(bench.home, dataset)
    bench.open(dataset)
    bench.expect_open(first)
    expect(bench.button("Approve 4, leave out 1")).to_be_visible()
    bench.press("a")
    bench.expect_open(second)
    bench.expect_said(re.compile(rf"Approved {first.name}, 4 hints. Next: {second.name}"))
    bench.expect_saved()
    with open_store(bench.home) as store:
        assert store.traces.get_trial(first.id).status is TrialStatus.APPROVED
    assert get_states(bench, first.id) == [HintState.ACCEPTED] * 3 + [HintState.PROPOSED] + [HintState.ACCEPTED]
    assert bench.list_actions(first)[-1] == "approve"


@pytest.mark.parametrize(("key", "reason"), [("1", "Nothing useful here"), ("3", "Gives the answer away")])
def test_x_and_one_more_key_reject_with_a_reason(bench: Bench, new_dataset: MakeDataset, key: str, reason: str) -> None:
    dataset = new_dataset()
    first, second, _ = list_trials(bench.home, dataset)
    bench.open(dataset).press("x")
    expect(bench.page.get_by_role("dialog", name="Why reject this trial?")).to_be_visible()
    bench.press("a", "j")
    bench.expect_open(first)
    bench.press(key)
    bench.expect_open(second)
    bench.expect_saved()
    (decision,) = bench.list_decisions(first)
    assert (decision.action, decision.reason) == ("reject", reason)


def test_a_reason_of_ones_own_is_written_and_cannot_be_empty(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first, second, _ = list_trials(bench.home, dataset)
    bench.open(dataset).press("x", "6", "Enter")
    bench.expect_said("Write the reason first.")
    bench.page.keyboard.type("a1 The task makes no sense")
    bench.press("Enter")
    bench.expect_open(second)
    bench.expect_saved()
    assert bench.list_decisions(first)[-1].reason == "a1 The task makes no sense"


def test_escape_closes_the_reasons_and_nothing_is_rejected(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first = list_trials(bench.home, dataset)[0]
    bench.open(dataset).press("x", "Escape")
    expect(bench.page.get_by_role("dialog")).to_have_count(0)
    bench.press("d", "Escape", "2")
    bench.expect_saved()
    assert bench.list_actions(first) == ["accept"]


def test_numbers_accept_and_take_back(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first = list_trials(bench.home, dataset)[0]
    bench.open(dataset).press("1")
    expect(bench.card(1)).to_have_class(re.compile("is-accepted"))
    bench.press("2", "1")
    expect(bench.card(1)).not_to_have_class(re.compile("is-accepted"))
    bench.expect_saved()
    assert bench.list_actions(first) == ["accept", "accept", "take back"]
    assert get_states(bench, first.id)[SEARCH] is HintState.PROPOSED
    assert get_states(bench, first.id)[ASK] is HintState.ACCEPTED


def test_arrows_move_and_enter_accepts(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first = list_trials(bench.home, dataset)[0]
    bench.open(dataset)
    expect(bench.opened).to_have_attribute("aria-label", re.compile("^Hint 4"))
    bench.press("ArrowUp", "ArrowUp")
    expect(bench.opened).to_have_attribute("aria-label", re.compile("^Hint 2"))
    bench.press("ArrowDown", "Enter")
    bench.expect_saved()
    assert [hint is HintState.ACCEPTED for hint in get_states(bench, first.id)] == [False, False, True, False, False]
    # who reads by ear is still on the card that was drawn anew
    expect(bench.opened).to_be_focused()


def test_d_rejects_a_hint_with_a_reason_and_takes_it_back(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first = list_trials(bench.home, dataset)[0]
    bench.open(dataset).press("ArrowUp", "d", "2")
    expect(bench.card(3)).to_contain_text("Rejected, wrong advice")
    bench.press("d")
    expect(bench.card(3)).not_to_contain_text("Rejected")
    bench.expect_saved()
    assert [(item.action, item.reason) for item in bench.list_decisions(first)] == [
        ("reject", "Wrong advice"),
        ("take back", None),
    ]


def test_a_blocked_hint_is_accepted_only_with_a_reason(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first = list_trials(bench.home, dataset)[0]
    bench.open(dataset)
    expect(bench.card(4)).to_contain_text("Blocks")
    bench.press("4")
    expect(bench.page.get_by_role("dialog", name="Why publish it anyway?")).to_be_visible()
    bench.page.keyboard.type("seen by hand")
    bench.press("Enter")
    expect(bench.card(4)).to_contain_text("Accepted")
    expect(bench.button("Approve 4")).to_be_visible()
    bench.expect_saved()
    override, accepted = bench.list_decisions(first)
    assert (override.action, override.reason, accepted.action) == (
        "override no-verified-quote",
        "seen by hand",
        "accept",
    )


def test_a_secret_cannot_be_published_and_the_page_says_why(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first = list_trials(bench.home, dataset)[0]
    with open_store(bench.home) as store:
        hint = store.curation.list_hints(first.id)[INVENTED]
        found = Finding(code="secret", severity=Severity.BLOCK, message="It holds a secret.", hint_id=hint.id)
        store.curation.replace_findings(first.id, [found])
    bench.open(dataset, trial=first.id).press("4")
    expect(bench.page.get_by_role("alertdialog")).to_contain_text("never published")
    bench.press("Escape")
    assert bench.list_actions(first) == []


def test_o_reopens_and_the_buttons_of_a_decided_trial_say_so(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first = list_trials(bench.home, dataset)[0]
    bench.open(dataset).press("a")
    bench.expect_saved()
    bench.press("k")
    bench.expect_open(first)
    expect(bench.button("Approve")).to_have_count(0)
    bench.press("a", "1")
    bench.expect_said("This trial is approved. Reopen it first (O).")
    bench.press("o")
    expect(bench.button(re.compile("^Approve"))).to_be_visible()
    bench.expect_saved()
    assert bench.list_actions(first)[-1] == "reopen"


def test_j_and_k_walk_the_list_and_say_where_it_ends(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first, second, third = list_trials(bench.home, dataset)
    bench.open(dataset).press("j", "j")
    bench.expect_open(third)
    bench.press("j")
    bench.expect_said("This is the last trial of the list.")
    bench.press("k", "k")
    bench.expect_open(first)
    assert bench.list_actions(first) == []
    assert second.name not in bench.name.inner_text()


def test_n_goes_to_the_next_hint_with_a_finding(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    bench.open(dataset).press("ArrowUp", "ArrowUp", "n")
    expect(bench.opened).to_have_attribute("aria-label", re.compile("^Hint 3.*names no command"))
    bench.press("n")
    expect(bench.opened).to_have_attribute("aria-label", re.compile("^Hint 4.*Blocks"))
    bench.button(re.compile("Hint 4 blocks")).click()
    expect(bench.opened).to_have_attribute("aria-label", re.compile("^Hint 4"))


def test_h_shows_every_key_and_other_keys_are_silent_then(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first = list_trials(bench.home, dataset)[0]
    bench.open(dataset).press("h")
    sheet = bench.page.get_by_role("dialog", name="Keys")
    expect(sheet).to_contain_text("Approve, leave out what blocks")
    bench.press("a", "1", "x")
    expect(sheet).to_be_visible()
    bench.press("h")
    expect(sheet).to_have_count(0)
    assert bench.list_actions(first) == []


def test_keys_with_control_are_not_ours(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first = list_trials(bench.home, dataset)[0]
    bench.open(dataset).press("Control+a", "Alt+x", "Control+1")
    bench.expect_open(first)
    bench.expect_saved()
    assert bench.list_actions(first) == []


def test_the_buttons_do_what_their_keys_do(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first, second, third = list_trials(bench.home, dataset)
    bench.open(dataset)
    bench.button("Next").last.click()
    bench.expect_open(second)
    bench.button("Reject").last.click()
    bench.page.get_by_role("button", name="Too vague").click()
    bench.expect_open(third)
    bench.button(re.compile("^Approve")).click()
    bench.expect_open(first)
    bench.button("Accept hint 1").click()
    bench.expect_saved()
    assert bench.list_decisions(second)[-1].reason == "Too vague"
    assert bench.list_actions(third)[-1] == "approve"
    assert bench.list_actions(first) == ["accept"]


def test_when_all_is_decided_the_page_says_so_and_leads_on(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset(trials=2)
    bench.open(dataset).press("a")
    bench.expect_saved()
    bench.press("x", "1")
    expect(bench.page.get_by_role("heading", name="All 2 trials are decided")).to_be_visible()
    expect(bench.page.locator(".nothing")).to_contain_text("1 approved, 1 rejected.")
    bench.button("Publish 1 trial").click()
    expect(bench.page).to_have_url(re.compile("/publish"))


def test_decisions_carry_the_reviewers_name(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first = list_trials(bench.home, dataset)[0]
    with open_store(bench.home) as store:
        store.workspace.save_reviewer("Mira Köhler")
    bench.open(dataset)
    expect(bench.page.locator(".who")).to_contain_text("Mira Köhler")
    bench.press("1")
    bench.expect_saved()
    assert {item.reviewer for item in bench.list_decisions(first)} == {"Mira Köhler"}
