"""Undo and redo of one's own decisions, to any depth, never at the cost of somebody else's."""

from typing import Any

import pytest

from core.models import CriterionText, HintState, Severity, StrategyText, TrialStatus
from core.store import Store, open_store
from tests.curation.reviewing import ANN, BEN, Table


@pytest.fixture
def table(store: Store) -> Table:
    return Table(store)


def test_an_approval_with_its_hints_is_one_step(table: Table) -> None:
    before = table.picture()
    table.must("approve_trial")
    after = table.picture()
    assert sum(hint.state is HintState.ACCEPTED for hint in table.hints) == 4
    result = table.must("undo")
    assert (result.opened_trial_id, result.message) == (table.trial_id, "Undone: approve")
    assert table.picture() == before
    assert table.must("redo").opened_trial_id == table.trial_id
    assert table.picture() == after


def test_undo_goes_back_over_trials_and_redo_forward_again(table: Table) -> None:
    pictures = [table.picture()]
    hint = table.find("Sort")
    steps: list[tuple[str, dict[str, Any]]] = [
        ("accept_hint", {"hint_id": hint.id}),
        ("edit_hint", {"hint_id": hint.id, "text": StrategyText(do="Other.").model_dump()}),
        ("approve_trial", {"trial_id": table.other_id}),
        ("add_hint", {"text": CriterionText(text="Done.").model_dump()}),
        ("override", {"hint_id": table.find("guess").id, "code": "no-verified-quote", "reason": "Known."}),
        ("reject_trial", {"reason": "Too vague"}),
        ("edit_task_text", {"text": "Sort it."}),
    ]
    for action, payload in steps:
        table.must(action, **payload)
        pictures.append(table.picture())
    for picture in pictures[-2::-1]:
        table.must("undo")
        assert table.picture() == picture
    assert table.act("undo").message == "There is nothing of yours to undo."
    for picture in pictures[1:]:
        table.must("redo")
        assert table.picture() == picture
    assert table.act("redo").problem == "refused"


def test_undo_holds_across_a_restart(table: Table) -> None:
    before = table.picture()
    table.must("reject_hint", hint_id=table.find("Sort").id, reason="Too vague")
    with open_store(table.store.home) as again:
        table.store = again
        table.must("undo")
        assert table.picture() == before
    with open_store(table.store.home) as again:
        table.store = again
        table.must("redo")
        assert table.find("Sort").state is HintState.REJECTED


def test_an_undo_sent_twice_undoes_once(table: Table) -> None:
    table.must("accept_hint", hint_id=table.find("Sort").id)
    table.must("accept_hint", hint_id=table.find("Check").id)
    first = table.must("undo", id="u")
    assert table.must("undo", id="u") == first
    assert [table.find("Sort").state, table.find("Check").state] == [HintState.ACCEPTED, HintState.PROPOSED]


def test_everyone_undoes_only_their_own(table: Table) -> None:
    table.must("accept_hint", hint_id=table.find("Sort").id)
    table.must("accept_hint", by=BEN, hint_id=table.find("Check").id)
    table.must("undo", by=ANN)
    assert [table.find("Sort").state, table.find("Check").state] == [HintState.PROPOSED, HintState.ACCEPTED]
    assert table.act("undo", by=ANN).problem == "refused"
    assert table.act("redo", by=BEN).problem == "refused"


def test_what_somebody_else_built_on_is_not_undone_under_them(table: Table) -> None:
    hint = table.find("Sort")
    table.must("edit_hint", hint_id=hint.id, text=StrategyText(do="Ann's.").model_dump())
    table.must("accept_hint", by=BEN, hint_id=hint.id)
    before = table.picture()
    result = table.act("undo")
    assert (result.ok, result.problem) == (False, "refused")
    assert "Ben decided on first after you (accept), so your edit stays" in result.message
    assert table.picture() == before
    table.must("undo", by=BEN)
    table.must("undo")
    assert table.find("Sort").text == hint.text


def test_an_approval_by_somebody_else_rests_on_the_hints_it_saw(table: Table) -> None:
    table.must("reject_hint", hint_id=table.find("Sort").id, reason="Wrong advice")
    table.must("approve_trial", by=BEN)
    assert "Ben decided on first after you (approve)" in table.act("undo").message
    table.must("reopen_trial", by=BEN)
    assert table.act("undo").problem == "refused"
    table.must("undo", by=BEN)
    table.must("undo", by=BEN)
    table.must("undo")
    assert table.find("Sort").state is HintState.PROPOSED


def test_something_new_ends_what_can_be_done_again(table: Table) -> None:
    hint = table.find("Sort")
    table.must("accept_hint", hint_id=hint.id)
    table.must("undo")
    table.must("reject_hint", hint_id=hint.id, reason="Too vague")
    assert "something else since" in table.act("redo").message
    table.must("undo")
    table.must("redo")
    assert table.find("Sort").state is HintState.REJECTED


def test_a_redo_never_overwrites_what_somebody_did_meanwhile(table: Table) -> None:
    hint = table.find("Sort")
    table.must("accept_hint", hint_id=hint.id)
    table.must("undo")
    table.must("reject_hint", by=BEN, hint_id=hint.id, reason="Too vague")
    assert "was changed since" in table.act("redo").message
    assert table.find("Sort").state is HintState.REJECTED


def test_a_decision_that_changed_nothing_is_no_step_to_undo(table: Table) -> None:
    table.must("accept_hint", hint_id=table.find("Sort").id)
    table.must("take_back_hint", hint_id=table.find("Check").id)
    table.must("undo")
    assert table.find("Sort").state is HintState.PROPOSED


def test_undo_is_a_row_and_deletes_none(table: Table) -> None:
    table.must("accept_hint", hint_id=table.find("Sort").id)
    table.must("undo")
    table.must("redo")
    rows = table.store.decisions.list_decisions(table.trial_id)
    assert [(row.action, row.before, row.after) for row in rows] == [
        ("accept", "proposed", "accepted"),
        ("undo", "accepted", "proposed"),
        ("redo", "proposed", "accepted"),
    ]
    assert [row.action for row in table.store.decisions.list_standing(table.trial_id)] == ["accept"]


def test_an_override_that_was_undone_blocks_again(table: Table) -> None:
    hint = table.find("guess")
    table.must("override", hint_id=hint.id, code="no-verified-quote", reason="Known.")
    table.must("accept_hint", hint_id=hint.id)
    table.must("undo")
    table.must("undo")
    assert table.act("accept_hint", hint_id=hint.id).problem == "refused"


def test_undoing_an_approval_brings_back_the_word_of_new_proposals(table: Table) -> None:
    table.must("approve_trial")
    table.store.curation.add_trial_finding(
        table.trial_id, code="new-proposals", severity=Severity.WARN, message="2 came."
    )
    before = table.picture()
    table.must("approve_trial")
    assert table.trial.status is TrialStatus.APPROVED
    assert table.picture() != before
    table.must("undo")
    assert table.picture() == before
