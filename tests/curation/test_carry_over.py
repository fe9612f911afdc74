"""Decisions on an earlier import hold for a later one of the same attempts; what cannot be carried is listed."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.curation.carry_job import find_offer
from core.curation.review_actions import ReviewAction, perform
from core.errors import UsageError
from core.models import CriterionText, Grouping, Hint, HintState, PitfallText, StrategyText, TrialStatus
from core.store import Store, open_store
from core.traces.importing import import_source
from core.traces.options import ImportOptions
from tests.builders import ListSource, make_row, run_sql, talk
from tests.curation.carrying import CARL, MORE, Later
from tests.curation.proposals import propose
from tests.curation.reviewing import ANN, BEN, TEXTS, Table

CHANGED = [make_row(talk(*TEXTS[:3], "Now I checked it."), trial_name="first", episode="a", result=1.0)]


@pytest.fixture
def table(store: Store) -> Table:
    return Table(store)


def decide_everything(table: Table) -> None:
    """An accepted, an edited, a rejected and an overridden hint, one by a person, an edited task text, an approval."""
    table.must("accept_hint", hint_id=table.find("Sort").id)
    table.must(
        "edit_hint", by=BEN, hint_id=table.find("Check").id, text=StrategyText(do="Check it twice.").model_dump()
    )
    table.must("reject_hint", hint_id=table.find("give up").id, reason="Too vague")
    guess = table.find("guess").id
    table.must("override", hint_id=guess, code="no-verified-quote", reason="I saw it.")
    table.must("accept_hint", hint_id=guess)
    quote = {"attempt_id": table.attempts[1].id, "message": 3, "quote": "I gave up"}
    table.must("add_hint", text=CriterionText(text="The list is in order.").model_dump(), evidence=[quote])
    table.must("edit_task_text", text="Sort the list, please.")
    table.must("approve_trial", by=BEN)
    table.must("reject_trial", trial_id=table.other_id, reason="Nothing useful here")


def test_everything_decided_on_the_same_attempts_holds_in_the_new_import(table: Table) -> None:
    decide_everything(table)
    later = Later(table)
    report = later.carry()
    assert (report.trials, report.carried_trials, report.left, report.known) == (2, 2, 0, 0)
    assert (report.hints, report.approvals, report.rejections, report.task_texts) == (6, 1, 1, 1)
    assert later.states() == earlier_states(table)
    trial = later.find_trial()
    assert (trial.status, trial.edited_task_text) == (TrialStatus.APPROVED, "Sort the list, please.")
    assert later.find_trial("second").status is TrialStatus.REJECTED
    assert later.find_trial("third").version == 0
    own = {attempt.id for attempt in later.store.traces.list_attempts(trial.id)}
    for old, new in zip(table.hints, later.list_hints(), strict=True):
        assert new.id != old.id
        assert (new.text, new.proposed_text) == (old.text, old.proposed_text)
        assert [(it.message, it.quote, it.status) for it in new.evidence] == [
            (it.message, it.quote, it.status) for it in old.evidence
        ]
        assert {item.attempt_id for item in new.evidence} | set(new.attempt_ids) <= own
    findings = later.store.curation.list_findings(trial.id)
    assert [item.overridden for item in findings if item.code == "no-verified-quote"] == [True]


def earlier_states(table: Table) -> dict[str, str]:
    return {
        next(iter(hint.text.model_dump(exclude={"kind", "when"}).values())): hint.state.value for hint in table.hints
    }


def test_each_decision_keeps_who_made_it_and_when_and_says_where_it_is_from(table: Table) -> None:
    decide_everything(table)
    later = Later(table)
    later.carry()
    old = {(row.reviewer, row.action, row.at_utc) for row in table.store.decisions.list_decisions(table.trial_id)}
    rows = later.store.decisions.list_decisions(later.find_trial().id)
    assert {(row.reviewer, row.action, row.at_utc) for row in rows} == old
    words = f"carried over from listed #{table.dataset.id}"
    assert all((row.reason or "").endswith(words) for row in rows)
    (reject,) = [row for row in rows if row.action == "reject"]
    assert (reject.reviewer, reject.reason) == (ANN, f"Too vague; {words}")
    assert [row.reviewer for row in rows if row.action == "approve"] == [BEN]


def test_the_earlier_import_is_left_as_it_is(table: Table) -> None:
    decide_everything(table)
    later = Later(table)
    tables = ("trials", "hints", "decisions", "findings", "evidence", "overrides")

    def dump() -> list[Any]:
        of_trial = f"trial_id IN ({table.trial_id}, {table.other_id})"
        chosen = {"trials": f"dataset_id = {table.dataset.id}"} | dict.fromkeys(("evidence", "overrides"), "")
        return [
            run_sql(
                table.store.home,
                f"SELECT * FROM {name} WHERE "
                + (chosen.get(name, of_trial) or f"hint_id IN (SELECT id FROM hints WHERE {of_trial})"),
            )
            for name in tables
        ]

    before = dump()
    later.carry()
    assert dump() == before
    assert all(before)


def test_carrying_over_twice_changes_nothing(table: Table) -> None:
    decide_everything(table)
    later = Later(table)
    later.carry()
    before = later.picture()
    again = later.carry()
    assert later.picture() == before
    assert (again.hints, again.approvals, again.known, again.left, again.carried_trials) == (0, 0, 9, 0, 2)


def test_the_same_run_sent_again_does_the_rest(table: Table) -> None:
    decide_everything(table)
    later = Later(table)
    first = later.carry(action_id="run")
    again = later.carry(action_id="run")
    assert (first.hints, again.hints) == (6, 0)
    assert later.store.steps.find_undoable(CARL) is not None


def test_a_dry_run_says_the_same_and_changes_nothing(table: Table) -> None:
    decide_everything(table)
    later = Later(table, [*CHANGED, *table.rows[1:]])
    before = later.picture()
    planned = later.carry(dry_run=True)
    assert later.picture() == before
    assert later.store.steps.find_step("run") is None
    assert later.carry() == planned.model_copy(update={"dry_run": False})


def test_what_was_decided_after_the_first_time_comes_with_the_second(table: Table) -> None:
    table.must("accept_hint", hint_id=table.find("Sort").id)
    later = Later(table)
    later.carry()
    table.must("reject_hint", hint_id=table.find("give up").id, reason="Too vague")
    report = later.carry()
    assert (report.hints, report.known) == (1, 1)
    assert later.states() == {"Sort the list.": "accepted", "give up": "rejected"}


def test_hints_of_an_attempt_that_changed_stay_behind_with_the_reason(table: Table) -> None:
    decide_everything(table)
    later = Later(table, [*CHANGED, *table.rows[1:]])
    report = later.carry()
    # the second attempt is as it was
    assert later.states() == {"give up": "rejected", "The list is in order.": "accepted"}
    assert later.find_trial().status is TrialStatus.OPEN
    left = {(item.trial, item.what, item.reason) for item in report.left_behind}
    reason = "an attempt that it rests on is not here with the same messages"
    assert ("first", "accepted strategy: Sort the list.", reason) in left
    assert ("first", "edited task text", reason) in left
    assert ("first", "approval", reason) in left
    assert (report.left, report.reasons) == (len(left), {reason: len(left)})
    assert report.left + report.hints + report.rejections == 9


def test_a_trial_that_is_gone_is_one_line_with_the_count_of_what_it_holds(table: Table) -> None:
    decide_everything(table)
    later = Later(table, [table.rows[2]])
    report = later.carry()
    (line,) = report.left_behind
    assert (line.trial, line.what, line.count) == ("first", "everything decided on it", 8)
    assert line.reason == "neither the trial's name nor its attempts are here"
    assert (report.left, report.carried_trials) == (8, 1)


def test_a_renamed_trial_is_found_by_its_attempts(table: Table) -> None:
    decide_everything(table)
    later = Later(table, [row | {"trial_name": row["trial_name"] + "-v2"} for row in table.rows])
    report = later.carry()
    assert (report.left, report.approvals, report.rejections) == (0, 1, 1)
    assert later.find_trial("first-v2").status is TrialStatus.APPROVED


def test_another_grouping_takes_the_hints_and_leaves_what_was_decided_on_whole_trials(store: Store) -> None:
    table = Table(store)
    decide_everything(table)
    later = Later(table, [row | {"task": "all"} for row in table.rows], group_by=Grouping.TASK)
    report = later.carry()
    assert later.states("all") == earlier_states(table)
    assert later.find_trial("all").status is TrialStatus.OPEN
    assert {(item.what, item.reason) for item in report.left_behind} == {
        (what, "its attempts are part of a larger trial here")
        for what in ("approval", "edited task text", "rejection of the trial")
    }


def test_hints_of_a_trial_that_is_split_go_to_the_part_that_holds_their_attempts(store: Store) -> None:
    table = Table(store)
    decide_everything(table)
    rows = [row | {"trial_name": f"{row['trial_name']}-{row['episode']}"} for row in table.rows]
    later = Later(table, rows)
    report = later.carry()
    assert later.states("first-b") == {"give up": "rejected", "The list is in order.": "accepted"}
    assert later.states("first-a")["Sort the list."] == "accepted"
    assert later.find_trial("first-a").status is TrialStatus.OPEN
    assert {item.reason for item in report.left_behind} == {"the attempts that it rests on are in several trials here"}


def test_other_markers_carry_the_hints_but_no_edited_text_and_no_approval_of_another_task(table: Table) -> None:
    decide_everything(table)
    later = Later(table, [row | {"instruction": "Put it in order."} for row in table.rows], markers=())
    assert later.find_trial().source_task_text != table.trial.source_task_text
    report = later.carry()
    assert later.states() == earlier_states(table)
    assert (later.find_trial().edited_task_text, later.find_trial().status) == (None, TrialStatus.OPEN)
    reason = "the traces give the trial another task text here"
    assert [(item.what, item.reason) for item in report.left_behind if item.trial == "first"] == [
        ("edited task text", reason),
        ("approval", reason),
    ]


def test_a_trial_that_a_person_decided_on_is_not_touched(table: Table) -> None:
    decide_everything(table)
    later = Later(table)
    act = ReviewAction(id="x", trial_id=later.find_trial().id, action="reject_trial", payload={"reason": "No."})
    assert perform(later.store, act, reviewer=BEN).ok
    before = later.picture()[0]
    report = later.carry()
    assert later.picture()[0] == before
    assert report.reasons == {"Ben decided on the trial here already": 8}
    assert later.find_trial("second").status is TrialStatus.REJECTED


def test_what_was_rejected_is_not_proposed_again_by_the_new_import(table: Table) -> None:
    table.must("reject_hint", hint_id=table.find("give up").id, reason="Too vague")
    table.must("edit_hint", hint_id=table.find("Check").id, text=StrategyText(do="Look at it twice.").model_dump())
    later = Later(table)
    later.carry()
    later.extract(
        [
            propose(PitfallText(avoid="Give up", instead="go on"), "done"),
            propose(StrategyText(do="check the result"), "done"),
            propose(StrategyText(do="Sort the list."), "done"),
        ]
    )
    assert later.states() == {"give up": "rejected", "Look at it twice.": "proposed", "Sort the list.": "proposed"}
    (edited,) = [hint for hint in later.list_hints() if hint.is_edited]
    assert len(edited.attempt_ids) == 2, "what says the same supports it"


def test_what_the_new_import_proposed_already_is_absorbed_and_comes_back_with_undo(table: Table) -> None:
    decide_everything(table)
    later = Later(table)
    later.extract([propose(PitfallText(avoid="Give up", instead="go on"), "done")])
    before = [hint.model_dump(exclude={"version"}) for hint in later.list_hints()]
    later.carry()
    assert later.states() == earlier_states(table)
    undo = ReviewAction(id="u", trial_id=later.find_trial().id, action="undo")
    assert perform(later.store, undo, reviewer=CARL).message == "Undone: carry over"
    assert [hint.model_dump(exclude={"version"}) for hint in later.list_hints()] == before


def test_an_approval_with_unseen_proposals_is_flagged(table: Table) -> None:
    decide_everything(table)
    new = [propose(StrategyText(do="Print the first three lines."), "done")]
    before, after = Later(table), Later(table, [MORE, *table.rows])
    before.extract(new)
    before.carry()
    after.carry()
    after.extract(new)
    for later in (before, after):
        trial = later.find_trial()
        assert trial.status is TrialStatus.APPROVED
        codes = [item.code for item in later.store.curation.list_findings(trial.id) if item.hint_id is None]
        assert "new-proposals" in codes
        assert later.states()["Print the first three lines."] == "proposed"


def test_an_accepted_hint_that_a_check_blocks_here_stays_behind_and_so_does_the_approval(table: Table) -> None:
    table.must("edit_hint", hint_id=table.find("Sort").id, text=StrategyText(do="The total is 48213.").model_dump())
    table.must("accept_hint", hint_id=table.find("The total").id)
    table.must("approve_trial")
    rows = [row | {"verifier_output": '{"expected": "48213"}'} for row in table.rows]
    later = Later(table, rows)
    report = later.carry()
    assert "The total is 48213." not in later.states()
    reasons = {item.what: item.reason for item in report.left_behind if item.trial == "first"}
    assert reasons["accepted strategy: The total is 48213."].startswith("a check blocks it here: ")
    assert reasons["approval"] == "an accepted hint of the trial could not be carried over"


def test_the_whole_is_one_step_that_is_undone_and_done_again(table: Table) -> None:
    decide_everything(table)
    later = Later(table)

    def look() -> Any:
        return [
            (trial.status, trial.edited_task_text, [hint.model_dump(exclude={"version"}) for hint in hints], findings)
            for trial, hints, findings, _ in later.picture()
        ]

    empty = look()
    later.carry()
    full = look()
    for number, (action, expected) in enumerate([("undo", empty), ("redo", full), ("undo", empty), ("redo", full)]):
        step = ReviewAction(id=f"step {number}", trial_id=later.find_trial().id, action=action)
        assert perform(later.store, step, reviewer=CARL).ok
        assert look() == expected
    assert len(later.history()) > len(set(later.history()))


def test_undoing_leaves_what_somebody_built_on(table: Table) -> None:
    decide_everything(table)
    later = Later(table)
    later.carry()
    act = ReviewAction(id="x", trial_id=later.find_trial().id, action="reopen_trial")
    assert perform(later.store, act, reviewer=BEN).ok
    undo = ReviewAction(id="u", trial_id=later.find_trial().id, action="undo")
    result = perform(later.store, undo, reviewer=CARL)
    assert "1 of its trials stay" in result.message
    assert later.find_trial("second").status is TrialStatus.OPEN
    assert len(later.list_hints()) == 6


def test_what_was_taken_back_is_carried_over_again_when_somebody_asks_again(table: Table) -> None:
    decide_everything(table)
    later = Later(table)
    first = later.carry()
    for number in range(2):
        undo = ReviewAction(id=f"u{number}", trial_id=later.find_trial().id, action="undo")
        assert perform(later.store, undo, reviewer=CARL).ok
        assert later.states() == {}
        assert later.carry() == first
        assert later.states() == earlier_states(table)
        assert later.find_trial().status is TrialStatus.APPROVED
        standing = later.store.decisions.list_standing(later.find_trial().id)
        assert [row.reviewer for row in standing if row.action == "approve"] == [BEN]
        assert later.carry().known == 9


def test_what_a_person_reopened_here_stays_open(table: Table) -> None:
    decide_everything(table)
    later = Later(table)
    later.carry()
    act = ReviewAction(id="x", trial_id=later.find_trial().id, action="reopen_trial")
    assert perform(later.store, act, reviewer=BEN).ok
    assert later.carry().reasons == {"it was carried over before, and taken back here": 1}
    assert later.find_trial().status is TrialStatus.OPEN


def test_nobody_elses_undo_reaches_what_was_carried_over(table: Table) -> None:
    decide_everything(table)
    later = Later(table)
    later.carry()
    undo = ReviewAction(id="u", trial_id=table.other_id, action="undo")
    # Ann's own last step is in the earlier import
    assert perform(later.store, undo, reviewer=ANN).message == "Undone: reject"
    assert table.store.traces.get_trial(table.other_id).status is TrialStatus.OPEN
    assert later.find_trial("second").status is TrialStatus.REJECTED


def test_a_merge_carries_both_hints_and_the_one_that_went_names_the_one_that_stayed(table: Table) -> None:
    stays, goes = table.find("Sort"), table.find("Check")
    words = StrategyText(do="Sort it, then check it.").model_dump()
    table.must("merge_hints", hint_id=stays.id, other=goes.id, text=words)
    later = Later(table)
    later.carry()
    merged, other = later.list_hints()
    assert (other.state, len(merged.evidence)) == (HintState.REJECTED, 2)
    reasons = [row.reason or "" for row in later.store.decisions.list_decisions(merged.trial_id)]
    assert any(reason.startswith(f"merged into {merged.id};") for reason in reasons)


def test_the_order_that_a_person_gave_survives_the_next_extraction(table: Table) -> None:
    sort, check = table.find("Sort the"), table.find("Check")
    table.must("move_hint", hint_id=check.id, before=sort.id)
    table.must("approve_trial")
    later = Later(table)
    later.carry()
    later.extract([propose(StrategyText(do="Sort the list."), "done"), propose(StrategyText(do="New one."), "done")])
    assert [words for words in later.states() if words[0].isupper()][:3] == [
        "Check the result.",
        "Sort the list.",
        "New one.",
    ]


def test_a_persons_rejection_wins_over_what_was_approved_unattended(table: Table) -> None:
    table.must("reject_trial", reason="Wrong advice")
    later = Later(table)
    act = ReviewAction(id="x", trial_id=later.find_trial().id, action="approve_trial")
    assert perform(later.store, act, reviewer="unattended").ok
    later.carry()
    assert later.find_trial().status is TrialStatus.REJECTED


def test_what_was_only_decided_unattended_is_left_to_be_decided_so_again(table: Table) -> None:
    table.must("approve_trial", by="unattended")
    table.must("approve_trial", by="unattended", trial_id=table.other_id)
    later = Later(table)
    assert find_offer(table.store, later.dataset) is None
    table.must("reject_hint", hint_id=table.find("Sort").id, reason="Too vague")
    report = later.carry()
    assert (report.trials, report.approvals, report.left) == (1, 1, 0)
    rows = later.store.decisions.list_standing(later.find_trial().id)
    assert {row.reviewer for row in rows if row.action == "approve"} == {"unattended"}, "nobody else approved it"
    assert later.states()["Sort the list."] == "rejected"


def test_an_import_is_not_carried_over_to_itself(table: Table) -> None:
    later = Later(table)
    later.dataset = table.dataset
    with pytest.raises(UsageError, match="the same import"):
        later.carry()


def test_only_the_newest_earlier_import_of_the_same_source_with_decisions_is_offered(table: Table) -> None:
    first, second = Later(table), Later(table, [MORE, *table.rows])
    assert find_offer(table.store, second.dataset) is None
    decide_everything(table)
    offer = find_offer(table.store, second.dataset)
    assert offer is not None
    assert (offer.old.id, offer.counts) == (table.dataset.id, (2, 2))
    first.carry()
    offer = find_offer(table.store, second.dataset)
    assert offer is not None
    assert offer.old.id == first.dataset.id
    assert find_offer(table.store, table.dataset) is None, "decisions go to later imports"
    source = ListSource(table.rows, name="other")
    other = import_source(table.store, source, ImportOptions()).dataset
    assert find_offer(table.store, other) is None


def test_what_was_carried_over_is_not_counted_as_decided_today(table: Table) -> None:
    decide_everything(table)
    later = Later(table)
    later.carry()
    assert len(table.store.overview.list_trial_decisions(None, since_utc="")) == 2
    pace = table.store.overview.get_review_pace(later.dataset.id, today_utc="", yesterday_utc="")
    assert (pace.decided_today, pace.approved, pace.decided) == (0, 1, 2)


ACTIONS = st.sampled_from(
    ["accept_hint", "reject_hint", "take_back_hint", "edit_hint", "override", "move_hint", "undo"]
)


@given(st.lists(st.tuples(ACTIONS, st.integers(0, 4), st.sampled_from([ANN, BEN])), max_size=8), st.booleans())
@settings(max_examples=15)
def test_whatever_was_decided_is_the_same_in_the_later_import(
    tmp_path_factory: pytest.TempPathFactory, actions: list[tuple[str, int, str]], approves: bool
) -> None:
    with open_store(tmp_path_factory.mktemp("decided")) as store:
        table = Table(store)
        for number, (action, place, reviewer) in enumerate(actions):
            hints = table.hints
            hint = hints[place % len(hints)]
            field = {"tool": "name", "strategy": "do", "pitfall": "avoid", "criterion": "text"}[hint.kind]
            table.act(
                action,
                by=reviewer,
                hint_id=None if action == "undo" else hint.id,
                reason="So.",
                code="no-verified-quote",
                text={**hint.text.model_dump(), field: f"Other words, number {number}"},
            )
        if approves:
            table.must("approve_trial")
        later = Later(table)
        report = later.carry()
        decided = [hint for hint in table.hints if hint.state is not HintState.PROPOSED or hint.is_edited]
        assert (report.left, report.hints) == (0, len(decided))
        assert [describe(hint) for hint in later.list_hints()] == [describe(hint) for hint in decided]
        assert later.find_trial().status is table.trial.status
        blocks = [{(it.code, it.overridden) for it in store.curation.list_findings(trial.id) if it.severity == "block"}
                  for trial in (table.trial, later.find_trial())]  # fmt: skip
        assert blocks[1] <= blocks[0]
        before = later.picture()
        assert later.carry().known == report.hints + report.approvals
        assert later.picture() == before


def describe(hint: Hint) -> Any:
    quotes = [(item.message, item.quote, item.status) for item in hint.evidence]
    return (hint.text, hint.proposed_text, hint.state, len(hint.attempt_ids), quotes)
