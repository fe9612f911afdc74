"""Many trials at once: shown before it is done, never what is blocked, undone as a whole, and audited."""

import re

from playwright.sync_api import expect

from core.curation import decisions
from core.models import Dataset, TrialStatus
from core.store import open_store
from tests.browser.review.bench import Bench
from tests.browser.review.conftest import MakeDataset
from tests.browser.review.trials import INVENTED, list_trials


def unblock(bench: Bench, dataset: Dataset, *, but: int = 0) -> None:
    """Reject the hint without proof, so that nothing blocks; the first trials keep theirs."""
    with open_store(bench.home) as store:
        for trial in store.traces.list_trials(dataset.id)[but:]:
            hint = store.curation.list_hints(trial.id)[INVENTED]
            decisions.reject_hint(store, hint, reason="no", reviewer="x", action_id=decisions.new_action_id())


def get_statuses(bench: Bench, dataset: Dataset) -> list[TrialStatus]:
    return [trial.status for trial in list_trials(bench.home, dataset)]


def test_a_filter_is_approved_after_a_preview_and_undone_as_a_whole(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset(trials=4)
    unblock(bench, dataset, but=1)
    bench.open(dataset).button("Select").click()
    bench.page.locator(".bulk-bar").get_by_role("button", name="Approve", exact=True).click()
    dialog = bench.page.get_by_role("dialog", name="Several trials at once")
    expect(dialog).to_contain_text("Approve 3 trials?")
    expect(dialog).to_contain_text("1 trial with a block stays here.")
    dialog.get_by_role("button", name="Cancel").click()
    assert get_statuses(bench, dataset) == [TrialStatus.OPEN] * 4
    bench.page.locator(".bulk-bar").get_by_role("button", name="Approve", exact=True).click()
    dialog.get_by_role("button", name="Approve 3").click()
    done = bench.page.locator(".bulk-bar.is-done")
    expect(done).to_contain_text("3 approved")
    expect(bench.rows).to_have_count(1)
    assert get_statuses(bench, dataset) == [TrialStatus.OPEN, *[TrialStatus.APPROVED] * 3]
    done.get_by_role("button", name="Undo").click()
    expect(bench.rows).to_have_count(4)
    bench.expect_saved()
    assert get_statuses(bench, dataset) == [TrialStatus.OPEN] * 4


def test_trials_chosen_by_hand_are_rejected_with_a_reason(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset(trials=3)
    unblock(bench, dataset)
    trials = list_trials(bench.home, dataset)
    bench.open(dataset).button("Select").click()
    bench.rows.nth(0).click()
    bench.rows.nth(2).click()
    bar = bench.page.locator(".bulk-bar")
    expect(bar).to_contain_text("2 trials chosen")
    bar.get_by_role("button", name="Reject", exact=True).click()
    bench.press("4")
    bench.page.get_by_role("button", name="Reject 2").click()
    expect(bench.page.locator(".bulk-bar.is-done")).to_contain_text("2 rejected")
    assert get_statuses(bench, dataset) == [TrialStatus.REJECTED, TrialStatus.OPEN, TrialStatus.REJECTED]
    assert bench.list_decisions(trials[0])[-1].reason == "Too vague"


def test_an_audit_reports_its_rate_and_offers_to_undo_the_approval(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset(trials=4)
    with open_store(bench.home) as store:
        for trial in store.traces.list_trials(dataset.id):
            for hint in store.curation.list_hints(trial.id):
                found = {item.hint_id for item in store.curation.list_findings(trial.id)}
                if hint.id in found:
                    decisions.reject_hint(store, hint, reason="no", reviewer="x", action_id=decisions.new_action_id())
    bench.open(dataset).button("Select").click()
    bench.page.get_by_label("Percent put aside for audit").fill("50")
    bench.page.get_by_label("Percent put aside for audit").press("Tab")
    bench.button("Approve what has no findings").click()
    bench.page.get_by_role("button", name="Approve 2").click()
    expect(bench.page.locator(".bulk-bar.is-done")).to_contain_text("2 approved")
    expect(bench.page.locator(".bulk-bar").filter(has_text="Audit")).to_contain_text("none decided yet")
    expect(bench.rows).to_have_count(2)
    bench.rows.first.click()
    bench.press("x", "2")
    offer = bench.page.get_by_role("alert").filter(has_text="Audit")
    expect(offer).to_contain_text(re.compile("1 of 1 decided were rejected: 100 %, with 95 % confidence"))
    offer.get_by_role("button", name="Undo all 2").click()
    bench.expect_saved()
    expect(bench.rows).to_have_count(3)
    assert sorted(get_statuses(bench, dataset)) == [TrialStatus.OPEN] * 3 + [TrialStatus.REJECTED]
