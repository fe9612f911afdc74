"""Bulk decisions: previewed, never on what blocks, undone as a whole, audited at random."""

from typing import Any

import pytest

from core.curation.audit import build_interval, list_audit_reports
from core.curation.bulk import BulkWish, describe_plan, plan_bulk, run_bulk
from core.curation.curate import curate_dataset
from core.curation.review_actions import ActionResult, ReviewAction, perform
from core.models import Dataset, PitfallText, StrategyText, TrialStatus
from core.store import Store
from core.store.queue_models import QueueFilter
from core.store.steps import Step
from tests.builders import import_list, make_row, talk
from tests.curation.proposals import propose, save_proposals

ANN, BEN = "Ann", "Ben"
CLEAN = 20


class Pile:
    """Twenty clean trials with two hints each, one that only warns, one that blocks, one without hints."""

    def __init__(self, store: Store) -> None:
        self.store = store
        names = [*(f"clean-{n}" for n in range(CLEAN)), "warns", "blocks", "bare"]
        rows = [make_row(talk(f"Task: {name}", f"run {name}"), trial_name=name, result=1.0) for name in names]
        self.dataset: Dataset = import_list(store, rows).dataset
        self.ids = {trial.name: trial.id for trial in store.traces.list_trials(self.dataset.id)}
        save_proposals(store, self.dataset, {self.attempt(name): self.propose(name) for name in names[:-1]})
        curate_dataset(store, self.dataset)

    def attempt(self, name: str) -> int:
        return self.store.traces.list_attempts(self.ids[name])[0].id

    def propose(self, name: str) -> list[Any]:
        if name == "warns":
            return [propose(PitfallText(avoid=f"wait for {name}"), f"run {name}", message=1)]
        quote = "never said" if name == "blocks" else f"run {name}"
        words = (f"Run {name} first.", f"Look at what {name} printed.")
        return [propose(StrategyText(do=word), quote, message=1) for word in words]

    def wish(self, **more: Any) -> BulkWish:
        more.setdefault("operation", "approve")
        if "trial_ids" not in more:
            more.setdefault("filter", QueueFilter(dataset_id=self.dataset.id))
        return BulkWish(**more)

    def act(self, action: str, *, by: str = ANN, id: str = "bulk", **payload: Any) -> ActionResult:  # noqa: A002
        return perform(self.store, ReviewAction(id=id, action=action, payload=payload), reviewer=by)

    def status(self, name: str) -> str:
        return self.store.traces.get_trial(self.ids[name]).status.value

    def count(self, status: TrialStatus) -> int:
        return sum(trial.status is status for trial in self.store.traces.list_trials(self.dataset.id))

    def picture(self) -> list[Any]:
        trials = self.store.traces.list_trials(self.dataset.id)
        return [(t.status, [(h.id, h.state) for h in self.store.curation.list_hints(t.id)]) for t in trials]


@pytest.fixture
def pile(store: Store) -> Pile:
    return Pile(store)


def test_the_preview_says_what_will_happen_and_saves_nothing(pile: Pile) -> None:
    before = pile.picture()
    plan = plan_bulk(pile.store, pile.wish(), action_id="b")
    assert (len(plan.trial_ids), plan.hints_in, plan.blocked, plan.decided) == (21, 41, 1, 0)
    assert describe_plan(pile.wish(), plan) == (
        "Approve 21 trials? 41 hints go in, 0 are left out. 1 trial with a block stays here."
    )
    assert pile.picture() == before
    run_bulk(pile.store, pile.wish(), reviewer=ANN, action_id="b")
    assert pile.count(TrialStatus.APPROVED) == 21


def test_what_blocks_is_never_touched_whoever_names_it(pile: Pile) -> None:
    named = [pile.ids["blocks"], pile.ids["clean-0"], pile.ids["bare"]]
    for wish in (pile.wish(trial_ids=named), pile.wish(trial_ids=named, operation="reject", reason="Too vague")):
        plan = plan_bulk(pile.store, wish, action_id="b")
        assert (plan.trial_ids, plan.blocked, plan.decided) == ([pile.ids["clean-0"]], 1, 1)
    pile.act("bulk", operation="approve", trial_ids=named)
    assert [pile.status(name) for name in ("blocks", "clean-0", "bare")] == ["open", "approved", "open"]


def test_a_bulk_action_is_one_undo_and_one_redo(pile: Pile) -> None:
    before = pile.picture()
    result = pile.act("bulk", operation="approve", filter={"dataset_id": pile.dataset.id})
    assert (result.ok, result.message, result.bulk_id) == (True, "21 approved", "bulk")
    after = pile.picture()
    assert pile.act("bulk", operation="approve", filter={"dataset_id": pile.dataset.id}) == result, (
        "its answer was lost"
    )
    undone = pile.act("undo", id="u")
    assert (undone.ok, undone.message, undone.bulk_id) == (True, "Undone: bulk approve", "bulk")
    assert pile.act("undo", id="u") == undone
    assert pile.picture() == before
    assert pile.act("redo", id="r").ok
    assert pile.picture() == after
    assert pile.act("undo_bulk", id="ub", bulk_id="bulk").ok
    assert pile.picture() == before
    assert pile.act("undo_bulk", id="ub2", bulk_id="bulk").problem == "refused"


def test_rejecting_in_bulk_needs_a_reason_that_every_row_keeps(pile: Pile) -> None:
    assert "Say why" in pile.act("bulk", operation="reject", trial_ids=[pile.ids["warns"]]).message
    assert pile.act("bulk", operation="reject", trial_ids=[pile.ids["warns"]], reason="Too vague").ok
    assert [row.reason for row in pile.store.decisions.list_decisions(pile.ids["warns"])] == ["Too vague"]


def test_nothing_to_do_is_refused_and_says_why(pile: Pile) -> None:
    result = pile.act("bulk", operation="approve", trial_ids=[pile.ids["blocks"]])
    assert "1 trial with a block stays here" in result.message
    assert pile.store.steps.find_step("bulk") is None


def test_undoing_leaves_what_was_decided_since(pile: Pile) -> None:
    pile.act("bulk", operation="approve", filter={"dataset_id": pile.dataset.id})
    perform(
        pile.store,
        ReviewAction(id="x", action="reject_trial", trial_id=pile.ids["clean-3"], payload={"reason": "Wrong advice"}),
        reviewer=BEN,
    )
    result = pile.act("undo", id="u")
    assert "1 of its trials stay" in result.message
    assert pile.status("clean-3") == "rejected"
    assert pile.count(TrialStatus.OPEN) == CLEAN + 2


def test_a_bulk_action_that_was_interrupted_goes_on_when_it_is_sent_again(pile: Pile) -> None:
    first = [pile.ids[f"clean-{n}"] for n in range(CLEAN)]
    # the process ended after the step was begun and before any trial was done
    pile.store.steps.add_step(
        Step(
            id="bulk",
            reviewer=ANN,
            at_utc="2026-01-31T00:00:00+00:00",
            kind="do",
            action="bulk approve",
            finished=False,
        )  # fmt: skip
    )
    for _ in range(2):
        assert pile.act("bulk", operation="approve", trial_ids=first).ok
    assert pile.count(TrialStatus.APPROVED) == CLEAN
    rows = [row for trial_id in first for row in pile.store.decisions.list_decisions(trial_id)]
    assert len(rows) == CLEAN * 3
    assert pile.act("undo", id="u").ok
    assert pile.count(TrialStatus.OPEN) == CLEAN + 3


def test_an_audit_sets_a_random_part_of_the_clean_ones_aside(pile: Pile) -> None:
    wish = pile.wish(audit_percent=25, bound=0.2, seed=7)
    plan = plan_bulk(pile.store, wish, action_id="b")
    assert (len(plan.trial_ids), len(plan.audited_ids), plan.with_findings, plan.blocked) == (15, 5, 1, 1)
    assert describe_plan(wish, plan).endswith(
        "5 trials at random stay for audit. 1 trial with a block stays here. "
        "1 trial with something to check stays here."
    )
    assert plan_bulk(pile.store, wish, action_id="other").audited_ids == plan.audited_ids
    assert plan_bulk(pile.store, wish.model_copy(update={"seed": 8}), action_id="b").audited_ids != plan.audited_ids
    pile.act("bulk", operation="approve", filter={"dataset_id": pile.dataset.id}, audit_percent=25, bound=0.2, seed=7)
    listed = pile.store.queue.list_trial_ids(QueueFilter(dataset_id=pile.dataset.id, audit="bulk"))
    assert sorted(listed) == plan.audited_ids
    assert pile.count(TrialStatus.APPROVED) == 15


def test_an_audit_above_its_bound_offers_the_whole_approval_for_undo(pile: Pile) -> None:
    pile.act("bulk", operation="approve", filter={"dataset_id": pile.dataset.id}, audit_percent=25, bound=0.3, seed=7)
    (report,) = list_audit_reports(pile.store, pile.dataset.id)
    assert (report.rate, report.low, report.high, report.offers_undo) == (None, 0.0, 1.0, False)
    assert (report.counts.approved, report.counts.audited, report.counts.seed) == (15, 5, 7)
    aside = sorted(pile.store.audits.list_audited("bulk"))
    for number, trial_id in enumerate(aside):
        action = "approve_trial" if number < 3 else "reject_trial"
        payload = {} if number < 3 else {"reason": "Wrong advice"}
        perform(
            pile.store, ReviewAction(id=f"a{number}", action=action, trial_id=trial_id, payload=payload), reviewer=BEN
        )
        (report,) = list_audit_reports(pile.store, pile.dataset.id)
        assert report.offers_undo is (number == 4)
    assert report.rate == 0.4
    assert (round(report.low, 3), round(report.high, 3)) == (0.118, 0.769)
    assert pile.act("undo_bulk", id="ub", bulk_id="bulk").ok
    (report,) = list_audit_reports(pile.store, pile.dataset.id)
    assert (report.counts.is_undone, report.offers_undo) == (True, False)
    assert pile.count(TrialStatus.APPROVED) == 3


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (1, 20, 0.0089, 0.2361), (50, 100, 0.4038, 0.5962)],
)
def test_the_interval_is_wilsons(hits: int, total: int, low: float, high: float) -> None:
    assert [round(value, 4) for value in build_interval(hits, total)] == [low, high]
