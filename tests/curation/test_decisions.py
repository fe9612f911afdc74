"""What reviewers do: every action a row, every state a view of the rows, and no work of anybody lost."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.curation import decisions
from core.curation.curate import curate_dataset
from core.curation.unattended import approve_unattended
from core.errors import ConflictError, UsageError
from core.models import CriterionText, Dataset, Hint, HintState, PitfallText, StrategyText, Trial, TrialStatus
from core.store import Store, open_store
from core.store.queue_models import QueueFilter
from tests.builders import import_list, make_row, run_sql, talk
from tests.curation.proposals import propose, save_proposals

ANN, BEN = "Ann", "Ben"
KEY = "AKIA" + "ABCDEFGH23456789"


class Desk:
    """One trial with a good step, a pitfall that blocks, and a criterion with a key in it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.dataset: Dataset = import_list(store, [make_row(talk("Task: sort the list", "sort list.txt"))]).dataset
        (attempt,) = store.traces.list_attempts(self.trial.id)
        self.attempt_id = attempt.id
        self.propose(
            propose(StrategyText(do="Sort the list."), "sort list.txt", message=1),
            propose(PitfallText(avoid="guess -x", instead="look"), "never said"),
            propose(CriterionText(text=f"Use {KEY}"), "sort the list"),
        )

    def propose(self, *hints: object) -> None:
        save_proposals(self.store, self.dataset, {self.attempt_id: hints})  # type: ignore[dict-item]
        curate_dataset(self.store, self.dataset)

    @property
    def trial(self) -> Trial:
        return self.store.traces.list_trials(self.dataset.id)[0]

    @property
    def hints(self) -> list[Hint]:
        return self.store.curation.list_hints(self.trial.id)

    @property
    def good(self) -> Hint:
        return self.hints[0]

    @property
    def blocked(self) -> Hint:
        return self.hints[1]

    @property
    def secret(self) -> Hint:
        return self.hints[2]

    @property
    def states(self) -> list[str]:
        return [hint.state.value for hint in self.hints]

    @property
    def history(self) -> list[tuple[str, str]]:
        return [(decision.reviewer, decision.action) for decision in self.store.decisions.list_decisions(self.trial.id)]

    def codes(self, hint: Hint | None = None) -> list[str]:
        hint_id = None if hint is None else hint.id
        return [it.code for it in self.store.curation.list_findings(self.trial.id) if it.hint_id == hint_id]


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def new_id() -> str:
    return decisions.new_action_id()


# --- hints


def test_accepting_rejecting_and_taking_back_are_rows(desk: Desk) -> None:
    decisions.accept_hint(desk.store, desk.good, reviewer=ANN, action_id=new_id())
    assert desk.states == ["accepted", "proposed", "proposed"]
    decisions.take_back_hint(desk.store, desk.good, reviewer=BEN, action_id=new_id())
    decisions.reject_hint(desk.store, desk.good, reason="Too vague", reviewer=BEN, action_id=new_id())
    assert desk.states == ["rejected", "proposed", "proposed"]
    rows = desk.store.decisions.list_decisions(desk.trial.id)
    assert [(row.reviewer, row.action, row.before, row.after, row.reason) for row in rows] == [
        (ANN, "accept", "proposed", "accepted", None),
        (BEN, "take back", "accepted", "proposed", None),
        (BEN, "reject", "proposed", "rejected", "Too vague"),
    ]
    assert {row.hint_id for row in rows} == {desk.good.id}
    assert [row.at_utc for row in rows] == sorted(row.at_utc for row in rows)


def test_each_decision_raises_the_version_of_hint_and_trial(desk: Desk) -> None:
    decisions.accept_hint(desk.store, desk.good, reviewer=ANN, action_id=new_id())
    decisions.take_back_hint(desk.store, desk.good, reviewer=ANN, action_id=new_id())
    assert (desk.good.version, desk.blocked.version, desk.trial.version) == (2, 0, 2)


def test_a_blocked_hint_cannot_be_accepted(desk: Desk) -> None:
    for hint in (desk.blocked, desk.secret):
        with pytest.raises(UsageError, match="A check blocks this hint"):
            decisions.accept_hint(desk.store, hint, reviewer=ANN, action_id=new_id())
    assert desk.history == []


def test_an_edit_keeps_the_proposed_words_and_runs_the_checks_again(desk: Desk) -> None:
    assert desk.codes(desk.secret) == ["secret"]
    decisions.edit_hint(desk.store, desk.secret, CriterionText(text="It has 3 rows."), reviewer=ANN, action_id=new_id())
    assert (desk.secret.text, desk.secret.is_edited) == (CriterionText(text="It has 3 rows."), True)
    assert desk.secret.proposed_text == CriterionText(text=f"Use {KEY}")
    assert desk.codes(desk.secret) == []
    decisions.accept_hint(desk.store, desk.secret, reviewer=ANN, action_id=new_id())
    decisions.edit_hint(desk.store, desk.good, StrategyText(do=f"Use {KEY}"), reviewer=ANN, action_id=new_id())
    assert desk.codes(desk.good) == ["no-success-behind-step", "secret"] or "secret" in desk.codes(desk.good)
    with pytest.raises(UsageError):
        decisions.accept_hint(desk.store, desk.good, reviewer=ANN, action_id=new_id())
    before, after = [(row.before, row.after) for row in desk.store.decisions.list_decisions(desk.trial.id)][0]
    assert before == CriterionText(text=f"Use {KEY}").model_dump_json()
    assert after == CriterionText(text="It has 3 rows.").model_dump_json()


def test_an_edit_of_one_hint_leaves_the_findings_of_others(desk: Desk) -> None:
    decisions.edit_hint(desk.store, desk.good, StrategyText(do="Sort it with -k1."), reviewer=ANN, action_id=new_id())
    assert desk.codes(desk.blocked) == ["no-verified-quote"]
    assert desk.codes(desk.secret) == ["secret"]


# --- overriding


def test_a_block_is_overridden_only_with_a_reason(desk: Desk) -> None:
    for reason in ("", "  \n"):
        with pytest.raises(UsageError, match="Say why"):
            decisions.override_finding(
                desk.store, desk.blocked, "no-verified-quote", reason=reason, reviewer=ANN, action_id=new_id()
            )
    decisions.override_finding(
        desk.store, desk.blocked, "no-verified-quote", reason="I saw it", reviewer=ANN, action_id=new_id()
    )
    assert desk.codes(desk.blocked) == ["no-verified-quote"]
    decisions.accept_hint(desk.store, desk.blocked, reviewer=ANN, action_id=new_id())
    assert desk.states[1] == "accepted"
    first = desk.store.decisions.list_decisions(desk.trial.id)[0]
    assert (first.action, first.reason) == ("override no-verified-quote", "I saw it")


def test_a_secret_is_never_overridden(desk: Desk) -> None:
    with pytest.raises(UsageError, match="never published"):
        decisions.override_finding(desk.store, desk.secret, "secret", reason="r", reviewer=ANN, action_id=new_id())
    assert decisions.is_blocked(desk.secret, desk.store.curation.list_findings(desk.trial.id))
    assert desk.history == []


def test_only_a_block_that_the_hint_has_can_be_overridden(desk: Desk) -> None:
    with pytest.raises(UsageError, match="no such block"):
        decisions.override_finding(
            desk.store, desk.good, "no-verified-quote", reason="r", reviewer=ANN, action_id=new_id()
        )
    assert desk.history == []


def test_an_override_holds_for_the_words_it_was_made_for(desk: Desk) -> None:
    decisions.override_finding(
        desk.store, desk.blocked, "no-verified-quote", reason="I saw it", reviewer=ANN, action_id=new_id()
    )
    curate_dataset(desk.store, desk.dataset)
    assert not decisions.is_blocked(desk.blocked, desk.store.curation.list_findings(desk.trial.id))
    decisions.edit_hint(
        desk.store, desk.blocked, PitfallText(avoid="run", instead="walk"), reviewer=ANN, action_id=new_id()
    )
    assert decisions.is_blocked(desk.blocked, desk.store.curation.list_findings(desk.trial.id))


# --- the same action twice


def act(desk: Desk, hint: Hint, trial: Trial) -> dict[str, Callable[[str], None]]:
    """Every action, as it would be sent again with the versions of then."""
    store = desk.store
    return {
        "accept": lambda i: decisions.accept_hint(store, hint, reviewer=ANN, action_id=i),
        "reject": lambda i: decisions.reject_hint(store, hint, reason="r", reviewer=ANN, action_id=i),
        "take back": lambda i: decisions.take_back_hint(store, hint, reviewer=ANN, action_id=i),
        "edit": lambda i: decisions.edit_hint(store, hint, StrategyText(do="Other."), reviewer=ANN, action_id=i),
        "approve": lambda i: decisions.approve_trial(store, trial, reviewer=ANN, action_id=i),
        "reject trial": lambda i: decisions.reject_trial(store, trial, reason="r", reviewer=ANN, action_id=i),
        "reopen": lambda i: decisions.reopen_trial(store, trial, reviewer=ANN, action_id=i),
        "edit task": lambda i: decisions.edit_task_text(store, trial, "Task: count", reviewer=ANN, action_id=i),
    }


ACTIONS = ["accept", "reject", "take back", "edit", "approve", "reject trial", "reopen", "edit task"]


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_that_is_sent_twice_happens_once(desk: Desk, name: str) -> None:
    action = act(desk, desk.good, desk.trial)[name]
    action("the-id")
    before = (desk.hints, desk.trial, desk.history)
    action("the-id")
    assert (desk.hints, desk.trial, desk.history) == before


@pytest.mark.parametrize("name", ACTIONS)
def test_an_old_action_that_is_sent_again_undoes_nothing_that_came_after(desk: Desk, name: str) -> None:
    action = act(desk, desk.good, desk.trial)[name]
    action("the-id")
    # others go on; the acknowledgement of the first action was lost
    decisions.edit_hint(desk.store, desk.good, StrategyText(do=f"Use {KEY}"), reviewer=BEN, action_id=new_id())
    decisions.reject_hint(desk.store, desk.good, reason="r", reviewer=BEN, action_id=new_id())
    decisions.override_finding(
        desk.store, desk.blocked, "no-verified-quote", reason="r", reviewer=BEN, action_id=new_id()
    )
    decisions.reject_trial(desk.store, desk.trial, reason="r", reviewer=BEN, action_id=new_id())
    before = (desk.hints, desk.trial, desk.history, desk.store.curation.list_findings(desk.trial.id))
    action("the-id")
    assert (desk.hints, desk.trial, desk.history, desk.store.curation.list_findings(desk.trial.id)) == before


def test_an_edit_that_is_sent_again_keeps_a_later_override(desk: Desk) -> None:
    hint = desk.blocked
    text = PitfallText(avoid="guess it", instead="look")
    decisions.edit_hint(desk.store, hint, text, reviewer=ANN, action_id="edit")
    decisions.override_finding(
        desk.store, desk.blocked, "no-verified-quote", reason="r", reviewer=ANN, action_id="override"
    )
    decisions.edit_hint(desk.store, hint, text, reviewer=ANN, action_id="edit")
    assert not decisions.is_blocked(desk.blocked, desk.store.curation.list_findings(desk.trial.id))


def test_an_override_that_is_sent_again_does_not_hold_for_later_words(desk: Desk) -> None:
    hint = desk.blocked
    decisions.override_finding(desk.store, hint, "no-verified-quote", reason="r", reviewer=ANN, action_id="override")
    decisions.edit_hint(
        desk.store, desk.blocked, PitfallText(avoid="run", instead="walk"), reviewer=BEN, action_id="edit"
    )
    decisions.override_finding(desk.store, hint, "no-verified-quote", reason="r", reviewer=ANN, action_id="override")
    assert decisions.is_blocked(desk.blocked, desk.store.curation.list_findings(desk.trial.id))


def test_an_action_on_a_hint_that_went_is_still_recognised(desk: Desk) -> None:
    hint = desk.good
    decisions.accept_hint(desk.store, hint, reviewer=ANN, action_id="accept")
    decisions.take_back_hint(desk.store, desk.good, reviewer=ANN, action_id="back")
    desk.propose()
    assert hint.id not in [it.id for it in desk.hints]
    decisions.accept_hint(desk.store, hint, reviewer=ANN, action_id="accept")
    with pytest.raises(UsageError, match="no longer there"):
        decisions.accept_hint(desk.store, hint, reviewer=ANN, action_id=new_id())


# --- conflicts


@pytest.mark.parametrize("name", ["accept", "reject", "take back", "edit"])
def test_a_save_against_an_older_version_of_a_hint_is_a_conflict(desk: Desk, name: str) -> None:
    action = act(desk, desk.good, desk.trial)[name]
    decisions.edit_hint(desk.store, desk.good, StrategyText(do="Ben's words."), reviewer=BEN, action_id=new_id())
    before = (desk.hints, desk.history)
    with pytest.raises(ConflictError, match="Ben's words"):
        action(new_id())
    assert (desk.hints, desk.history) == before


def test_an_override_against_an_older_version_is_a_conflict(desk: Desk) -> None:
    hint = desk.blocked
    decisions.edit_hint(desk.store, hint, PitfallText(avoid="x", instead="y"), reviewer=BEN, action_id=new_id())
    with pytest.raises(ConflictError):
        decisions.override_finding(desk.store, hint, "no-verified-quote", reason="r", reviewer=ANN, action_id=new_id())


@pytest.mark.parametrize("name", ["approve", "reject trial", "reopen", "edit task"])
@pytest.mark.parametrize("other", ["approve", "reject trial", "edit task"])
def test_a_decision_on_a_trial_that_somebody_else_changed_is_a_conflict(desk: Desk, name: str, other: str) -> None:
    stale = act(desk, desk.good, desk.trial)[name]
    act(desk, desk.good, desk.trial)[other](new_id())
    before = (desk.hints, desk.trial, desk.history)
    with pytest.raises(ConflictError, match="Ann changed t first"):
        stale(new_id())
    assert (desk.hints, desk.trial, desk.history) == before


def test_of_many_that_decide_at_once_one_wins_and_the_others_learn_it(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        desk = Desk(store)
        hint = desk.good

    def accept(number: int) -> bool:
        with open_store(tmp_path) as store:
            try:
                decisions.reject_hint(store, hint, reason="r", reviewer=str(number), action_id=new_id())
            except ConflictError:
                return False
            return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(accept, range(8))) == 1
    assert run_sql(tmp_path, "SELECT COUNT(*) FROM decisions") == [(1,)]


# --- trials


def test_approving_accepts_the_undecided_hints_that_nothing_blocks(desk: Desk) -> None:
    decisions.approve_trial(desk.store, desk.trial, reviewer=ANN, action_id=new_id())
    assert desk.trial.status is TrialStatus.APPROVED
    assert desk.states == ["accepted", "proposed", "proposed"]
    assert desk.history == [(ANN, "accept"), (ANN, "approve")]


def test_approving_leaves_rejected_and_accepted_hints_as_they_are(desk: Desk) -> None:
    decisions.reject_hint(desk.store, desk.good, reason="Wrong advice", reviewer=ANN, action_id=new_id())
    decisions.approve_trial(desk.store, desk.trial, reviewer=ANN, action_id=new_id())
    assert desk.states == ["rejected", "proposed", "proposed"]
    assert desk.good.version == 1


def test_rejecting_and_reopening_a_trial_leave_its_hints_alone(desk: Desk) -> None:
    decisions.approve_trial(desk.store, desk.trial, reviewer=ANN, action_id=new_id())
    decisions.reopen_trial(desk.store, desk.trial, reviewer=ANN, action_id=new_id())
    assert (desk.trial.status, desk.states[0]) == (TrialStatus.OPEN, "accepted")
    decisions.reject_trial(desk.store, desk.trial, reason="Transcript is broken", reviewer=ANN, action_id=new_id())
    assert (desk.trial.status, desk.states[0]) == (TrialStatus.REJECTED, "accepted")
    last = desk.store.decisions.list_decisions(desk.trial.id)[-1]
    assert (last.before, last.after, last.reason) == ("open", "rejected", "Transcript is broken")


def test_an_edited_task_text_wins_and_is_a_row(desk: Desk) -> None:
    decisions.edit_task_text(desk.store, desk.trial, "Task: count", reviewer=ANN, action_id=new_id())
    assert (desk.trial.task_text, desk.trial.source_task_text) == ("Task: count", "Task: sort the list")
    decisions.edit_task_text(desk.store, desk.trial, "Task: sort the list", reviewer=ANN, action_id=new_id())
    assert desk.trial.edited_task_text is None
    rows = desk.store.decisions.list_decisions(desk.trial.id)
    assert [(row.before, row.after) for row in rows] == [
        ("Task: sort the list", "Task: count"),
        ("Task: count", "Task: sort the list"),
    ]


def test_decisions_on_the_status_keep_an_edited_task_text(desk: Desk) -> None:
    decisions.edit_task_text(desk.store, desk.trial, "Task: count", reviewer=ANN, action_id=new_id())
    decisions.approve_trial(desk.store, desk.trial, reviewer=ANN, action_id=new_id())
    decisions.reopen_trial(desk.store, desk.trial, reviewer=ANN, action_id=new_id())
    assert desk.trial.task_text == "Task: count"


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_a_task_text_cannot_be_emptied(desk: Desk, text: str) -> None:
    with pytest.raises(UsageError, match="cannot be empty"):
        decisions.edit_task_text(desk.store, desk.trial, text, reviewer=ANN, action_id=new_id())


def test_a_trial_without_task_text_is_approved_only_once_somebody_wrote_one(store: Store) -> None:
    dataset = import_list(store, [make_row([{"role": "assistant", "content": "hello"}])]).dataset

    def find() -> Trial:
        return store.traces.list_trials(dataset.id)[0]

    with pytest.raises(UsageError, match="no task text"):
        decisions.approve_trial(store, find(), reviewer=ANN, action_id=new_id())
    decisions.edit_task_text(store, find(), "Task: greet", reviewer=ANN, action_id=new_id())
    assert store.decisions.list_decisions(find().id)[0].before == ""
    assert store.curation.list_findings(find().id) == []
    decisions.approve_trial(store, find(), reviewer=ANN, action_id=new_id())
    assert find().status is TrialStatus.APPROVED


# --- after a new extraction


def test_new_proposals_on_an_approved_trial_are_flagged_and_stay_undecided(desk: Desk) -> None:
    decisions.approve_trial(desk.store, desk.trial, reviewer=ANN, action_id=new_id())
    assert "new-proposals" not in desk.codes()
    desk.propose(
        propose(StrategyText(do="Sort the list."), "sort list.txt", message=1),
        propose(CriterionText(text="The list is in order."), "sort the list"),
    )
    assert desk.codes() == ["new-proposals"]
    assert desk.trial.status is TrialStatus.APPROVED
    assert sorted(desk.states) == ["accepted", "proposed"]
    # looking at them settles it
    decisions.reopen_trial(desk.store, desk.trial, reviewer=ANN, action_id=new_id())
    decisions.approve_trial(desk.store, desk.trial, reviewer=ANN, action_id=new_id())
    assert desk.codes() == []
    assert set(desk.states) == {"accepted"}


def test_the_same_proposals_again_flag_nothing(desk: Desk) -> None:
    decisions.approve_trial(desk.store, desk.trial, reviewer=ANN, action_id=new_id())
    curate_dataset(desk.store, desk.dataset)
    curate_dataset(desk.store, desk.dataset)
    assert "new-proposals" not in desk.codes()


def test_a_new_extraction_keeps_every_decision(desk: Desk) -> None:
    decisions.accept_hint(desk.store, desk.good, reviewer=ANN, action_id=new_id())
    decisions.reject_hint(desk.store, desk.blocked, reason="r", reviewer=ANN, action_id=new_id())
    decisions.edit_hint(desk.store, desk.secret, CriterionText(text="It has 3 rows."), reviewer=ANN, action_id=new_id())
    before = {hint.id: (hint.text, hint.state, hint.version) for hint in desk.hints}
    desk.propose(propose(StrategyText(do="Something else."), "sort list.txt", message=1))
    after = {hint.id: (hint.text, hint.state, hint.version) for hint in desk.hints}
    assert {hint_id: after[hint_id] for hint_id in before} == before
    assert len(after) == 4


# --- unattended


def test_unattended_accepts_what_nothing_blocks_and_approves(desk: Desk) -> None:
    approve_unattended(desk.store, desk.trial, dataset_key=desk.dataset.key)
    assert (desk.trial.status, desk.states) == (TrialStatus.APPROVED, ["accepted", "proposed", "proposed"])
    assert {reviewer for reviewer, _ in desk.history} == {decisions.UNATTENDED}


@pytest.mark.parametrize("name", ["approve", "reject trial"])
def test_unattended_never_overrides_a_persons_decision_on_the_trial(desk: Desk, name: str) -> None:
    act(desk, desk.good, desk.trial)[name](new_id())
    before = (desk.hints, desk.trial, desk.history)
    approve_unattended(desk.store, desk.trial, dataset_key=desk.dataset.key)
    assert (desk.hints, desk.trial, desk.history) == before


def test_unattended_never_overrides_a_persons_decision_on_a_hint(desk: Desk) -> None:
    decisions.reject_hint(desk.store, desk.good, reason="Wrong advice", reviewer=ANN, action_id=new_id())
    approve_unattended(desk.store, desk.trial, dataset_key=desk.dataset.key)
    assert (desk.trial.status, desk.states[0]) == (TrialStatus.APPROVED, "rejected")


def test_unattended_twice_decides_once(desk: Desk) -> None:
    for _ in range(2):
        approve_unattended(desk.store, desk.trial, dataset_key=desk.dataset.key)
    assert len(desk.history) == 2


def test_unattended_decisions_have_the_same_ids_in_every_workspace(tmp_path: Path) -> None:
    ids = []
    for name in ("a", "b"):
        with open_store(tmp_path / name) as store:
            desk = Desk(store)
            approve_unattended(store, desk.trial, dataset_key=desk.dataset.key)
            ids.append([decision.id for decision in store.decisions.list_decisions(desk.trial.id)])
    assert ids[0] == ids[1]


# --- the rows themselves


def test_a_decision_is_never_updated_by_anybody(desk: Desk, tmp_path: Path) -> None:
    decisions.accept_hint(desk.store, desk.good, reviewer=ANN, action_id=new_id())
    for column in ("reviewer", "reason", "at_utc", "after"):
        with pytest.raises(sqlite3.IntegrityError, match="never updated"):
            run_sql(tmp_path / "home", f"UPDATE decisions SET {column} = 'x'")
    assert desk.history == [(ANN, "accept")]


def test_the_states_are_what_the_decisions_say(desk: Desk) -> None:
    decisions.accept_hint(desk.store, desk.good, reviewer=ANN, action_id=new_id())
    decisions.reject_trial(desk.store, desk.trial, reason="r", reviewer=ANN, action_id=new_id())
    decisions.reopen_trial(desk.store, desk.trial, reviewer=ANN, action_id=new_id())
    decisions.take_back_hint(desk.store, desk.good, reviewer=BEN, action_id=new_id())
    last = {row.hint_id: row.after for row in desk.store.decisions.list_decisions(desk.trial.id)}
    assert last == {desk.good.id: desk.good.state, None: desk.trial.status}
    assert desk.good.state is HintState.PROPOSED


def test_the_queue_shows_what_is_to_be_done(desk: Desk) -> None:
    (entry,) = desk.store.queue.list_entries(QueueFilter(dataset_id=desk.dataset.id))
    assert (entry.status, entry.hints, entry.blocks, entry.is_extracted) == (TrialStatus.OPEN, 3, 2, True)
    decisions.reject_hint(desk.store, desk.blocked, reason="r", reviewer=ANN, action_id=new_id())
    decisions.edit_hint(desk.store, desk.secret, CriterionText(text="It has 3 rows."), reviewer=ANN, action_id=new_id())
    (entry,) = desk.store.queue.list_entries(QueueFilter(dataset_id=desk.dataset.id))
    assert entry.blocks == 0


def test_unattended_leaves_what_a_person_reopened_or_took_back(desk: Desk) -> None:
    approve_unattended(desk.store, desk.trial, dataset_key=desk.dataset.key)
    decisions.take_back_hint(desk.store, desk.good, reviewer=ANN, action_id=decisions.new_action_id())
    approve_unattended(desk.store, desk.trial, dataset_key=desk.dataset.key)
    assert desk.good.state is HintState.PROPOSED
    decisions.reopen_trial(desk.store, desk.trial, reviewer=ANN, action_id=decisions.new_action_id())
    approve_unattended(desk.store, desk.trial, dataset_key=desk.dataset.key)
    assert desk.trial.status is TrialStatus.OPEN


def test_unattended_renews_its_own_approval_for_hints_that_came_later(desk: Desk) -> None:
    approve_unattended(desk.store, desk.trial, dataset_key=desk.dataset.key)
    desk.propose(
        propose(StrategyText(do="Sort the list."), "sort list.txt", message=1),
        propose(StrategyText(do="Print what was sorted."), "sort list.txt", message=1),
    )
    approve_unattended(desk.store, desk.trial, dataset_key=desk.dataset.key)
    accepted = [hint for hint in desk.hints if hint.state is HintState.ACCEPTED]
    assert len(accepted) == 2
    assert "new-proposals" not in {finding.code for finding in desk.store.curation.list_findings(desk.trial.id)}
