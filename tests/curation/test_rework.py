"""Adding, merging, moving and mending hints: quotes are checked, nothing is lost, and all of it can be undone."""

from typing import Any

import pytest

from core.models import CriterionText, EvidenceStatus, HintKind, HintState, PitfallText, StrategyText
from core.store import Store
from tests.curation.reviewing import BEN, Table, words_of


@pytest.fixture
def table(store: Store) -> Table:
    return Table(store)


def list_steps(table: Table) -> list[str]:
    return [words_of(hint) for hint in table.hints if hint.kind is HintKind.STRATEGY]


ADDED = CriterionText(text="The list is in order.").model_dump()


def test_a_hint_added_by_hand_has_its_quotes_checked_and_is_accepted(table: Table) -> None:
    quotes = [{"attempt_id": table.attempts[0].id, "message": 2, "quote": "done: 3   lines"}]
    result = table.must("add_hint", text=ADDED, evidence=quotes)
    hint = table.store.curation.get_hint(result.hint_id or "")
    assert (hint.state, hint.attempt_ids) == (HintState.ACCEPTED, [table.attempts[0].id])
    assert [item.status for item in hint.evidence] == [EvidenceStatus.EXACT]
    assert [origin.extractor for origin in hint.origins] == ["person"]
    assert table.hints[-1].id == hint.id


def test_a_hint_added_without_a_quote_only_warns(table: Table) -> None:
    result = table.must("add_hint", text=ADDED)
    findings = [it for it in table.store.curation.list_findings(table.trial_id) if it.hint_id == result.hint_id]
    assert "no-quote" in [item.code for item in findings]
    assert table.store.curation.get_hint(result.hint_id or "").state is HintState.ACCEPTED


def test_a_hint_with_a_secret_is_added_and_not_accepted(table: Table) -> None:
    result = table.must("add_hint", text=CriterionText(text="Use AKIA" + "ABCDEFGH23456789").model_dump())
    assert table.store.curation.get_hint(result.hint_id or "").state is HintState.PROPOSED


def test_a_quote_that_does_not_stand_there_is_refused(table: Table) -> None:
    before = table.picture()
    attempt_id = table.attempts[0].id
    for quote in ("nobody said this at all", "I gave up."):
        picked: dict[str, Any] = {"attempt_id": attempt_id, "message": 3, "quote": quote}
        for result in (
            table.act("add_hint", text=ADDED, evidence=[picked]),
            table.act("add_quote", hint_id=table.find("sort").id, **picked),
        ):
            assert (result.problem, "does not stand in message 3" in result.message) == ("refused", True)
    other = table.store.traces.list_attempts(table.other_id)[0].id
    result = table.act("add_quote", hint_id=table.find("sort").id, attempt_id=other, message=1, quote="wc -l")
    assert "another trial" in result.message
    assert table.picture() == before


def test_added_twice_with_one_id_is_there_once(table: Table) -> None:
    first = table.must("add_hint", id="one", text=ADDED)
    again = table.must("add_hint", id="one", text=ADDED)
    assert first.hint_id == again.hint_id
    assert len(table.hints) == 6


def test_using_the_found_quote_lifts_the_block(table: Table) -> None:
    blocked = table.find("guess")
    assert table.act("accept_hint", hint_id=blocked.id).problem == "refused"
    table.must("use_quote", hint_id=blocked.id, evidence=0, message=2, quote="done: 3 lines")
    assert table.find("guess").evidence[0].status is EvidenceStatus.EXACT
    table.must("accept_hint", hint_id=blocked.id)
    assert table.act("use_quote", hint_id=blocked.id, evidence=7, message=2, quote="done: 3 lines").problem == "refused"


def test_an_added_quote_adds_its_attempt_to_the_support(table: Table) -> None:
    one, two = table.attempts
    table.must("add_quote", hint_id=table.find("sort").id, attempt_id=two.id, message=1, quote="sort list.txt")
    hint = table.find("sort")
    assert (hint.attempt_ids, len(hint.evidence)) == ([one.id, two.id], 2)


def test_merging_unites_the_evidence_and_keeps_the_other_as_rejected(table: Table) -> None:
    stays, goes = table.find("Sort"), table.find("Check")
    text = StrategyText(do="Sort it and check it.")
    table.must("merge_hints", hint_id=stays.id, version=0, other=goes.id, text=text.model_dump())
    merged = table.store.curation.get_hint(stays.id)
    assert merged.text == text
    assert [item.quote for item in merged.evidence] == ["sort list.txt", "I checked it twice"]
    assert table.store.curation.get_hint(goes.id).state is HintState.REJECTED
    reasons = [row.reason for row in table.store.decisions.list_decisions(table.trial_id) if row.hint_id == goes.id]
    assert reasons == [f"merged into {stays.id}"]
    table.extract()
    assert sum(hint.state is not HintState.REJECTED for hint in table.hints) == 4


def test_merging_with_itself_or_with_a_rejected_hint_is_refused(table: Table) -> None:
    stays, goes = table.find("Sort"), table.find("Check")
    text = stays.text.model_dump()
    assert table.act("merge_hints", hint_id=stays.id, other=stays.id, text=text).problem == "refused"
    table.must("reject_hint", hint_id=goes.id, reason="Too vague")
    assert table.act("merge_hints", hint_id=stays.id, other=goes.id, text=text).problem == "refused"
    elsewhere = table.store.curation.list_hints(table.other_id)[0]
    assert table.act("merge_hints", hint_id=stays.id, other=elsewhere.id, text=text).problem == "refused"


def test_a_hint_moves_among_those_of_its_kind_and_stays_there(table: Table) -> None:
    assert list_steps(table) == ["Sort the list.", "Check the result."]
    table.must("move_hint", hint_id=table.find("Check").id, before=table.find("Sort").id)
    assert list_steps(table) == ["Check the result.", "Sort the list."]
    table.must("move_hint", hint_id=table.find("Check").id, before=None)
    assert list_steps(table) == ["Sort the list.", "Check the result."]
    assert table.act("move_hint", hint_id=table.find("Check").id, before=table.find("guess").id).problem == "refused"


def test_a_hint_of_another_kind_stands_behind_those_that_are_there(table: Table) -> None:
    hint = table.find("give up")
    text = StrategyText(do="Go on when it fails.")
    table.must("change_kind", hint_id=hint.id, text=text.model_dump())
    assert list_steps(table) == ["Sort the list.", "Check the result.", "Go on when it fails."]
    assert table.act("change_kind", hint_id=hint.id, text=text.model_dump()).problem == "refused"
    assert table.act("edit_hint", hint_id=hint.id, text=PitfallText(avoid="stop").model_dump()).problem == "refused"


def test_an_accepted_suggestion_merges_and_says_who_worded_it(table: Table) -> None:
    stays, goes = table.find("Sort"), table.find("Check")
    suggestion = table.suggest(stays.id, goes.id)
    result = table.must("accept_suggestion", suggestion_id=suggestion.id)
    assert result.hint_id == stays.id
    merged = table.store.curation.get_hint(stays.id)
    assert (merged.text, merged.origins[-1]) == (suggestion.text, suggestion.origin)
    assert table.store.suggestions.list_suggestions(table.trial_id)[0].state == "accepted"
    assert table.act("accept_suggestion", suggestion_id=suggestion.id).problem == "refused"
    table.must("undo")
    assert table.store.suggestions.list_suggestions(table.trial_id)[0].state == "open"
    assert table.find("Sort").text == stays.text


def test_a_dismissed_suggestion_changes_no_hint(table: Table) -> None:
    suggestion = table.suggest(table.find("Sort").id)
    before = table.hints
    table.must("dismiss_suggestion", suggestion_id=suggestion.id)
    assert table.hints == before
    assert table.store.suggestions.list_suggestions(table.trial_id)[0].state == "dismissed"
    assert table.act("dismiss_suggestion", suggestion_id="none").problem == "refused"


def test_a_new_extraction_keeps_the_order_and_the_quotes_that_a_person_chose(table: Table) -> None:
    table.must("move_hint", hint_id=table.find("Check").id, before=table.find("Sort").id)
    table.must("use_quote", hint_id=table.find("guess").id, evidence=0, message=2, quote="done: 3 lines")
    table.must("add_quote", hint_id=table.find("sort").id, attempt_id=table.attempts[1].id, message=2, quote="done: 3")
    before = table.picture()["first"]["hints"]
    table.extract()
    after = table.picture()["first"]["hints"]
    assert [(it["id"], it["evidence"]) for it in after] == [(it["id"], it["evidence"]) for it in before]
    for _ in range(3):
        table.must("undo")
    table.extract()
    assert list_steps(table) == ["Sort the list.", "Check the result."]
    assert table.find("guess").evidence[0].status is EvidenceStatus.MISSING


CASES: dict[str, dict[str, Any]] = {
    "edit_hint": {"text": StrategyText(do="Mine.").model_dump()},
    "accept_hint": {},
    "reject_hint": {"reason": "Too vague"},
    "take_back_hint": {},
    "change_kind": {"text": CriterionText(text="Mine.").model_dump()},
    "move_hint": {"before": None},
    "use_quote": {"evidence": 0, "message": 2, "quote": "done: 3 lines"},
    "add_quote": {"message": 2, "quote": "done: 3 lines"},
    "merge_hints": {"text": StrategyText(do="Mine.").model_dump()},
}


@pytest.mark.parametrize("action", CASES)
def test_nothing_is_saved_against_an_older_version_of_a_hint(table: Table, action: str) -> None:
    hint, other = table.find("Sort"), table.find("Check")
    payload = dict(CASES[action])
    if action == "merge_hints":
        payload["other"] = other.id
    if action == "add_quote":
        payload["attempt_id"] = table.attempts[0].id
    theirs = StrategyText(do="Theirs.")
    table.must("edit_hint", by=BEN, hint_id=hint.id, version=0, text=theirs.model_dump())
    before = table.picture()
    result = table.act(action, hint_id=hint.id, version=0, **payload)
    assert (result.problem, result.theirs, result.by, result.version) == ("conflict", theirs, BEN, 1)
    assert table.picture() == before
    again = table.must(action, id=result.id, hint_id=hint.id, version=1, **payload)
    assert again.version == 2


def test_what_one_page_sends_in_a_row_is_no_conflict_with_itself(table: Table) -> None:
    hint = table.find("Sort")
    edited = StrategyText(do="Mine.").model_dump()
    table.must("edit_hint", page="p", hint_id=hint.id, version=0, text=edited)
    table.must("accept_hint", page="p", hint_id=hint.id, version=0)
    table.must("approve_trial", page="p", version=0)
    assert table.act("reopen_trial", page="q", version=0).problem == "conflict"
    assert table.act("edit_hint", page="q", hint_id=hint.id, version=0, text=edited).problem == "conflict"


def test_approving_what_somebody_else_changed_meanwhile_is_a_conflict(table: Table) -> None:
    seen = table.trial.version
    table.must("edit_hint", by=BEN, hint_id=table.find("Sort").id, text=StrategyText(do="Theirs.").model_dump())
    result = table.act("approve_trial", page="p", version=seen)
    assert (result.problem, result.by, result.theirs) == ("conflict", BEN, "Task: sort the list")
    assert "Ben changed first first" in result.message
    table.must("edit_task_text", page="p", version=seen, text="Sort it.")


def test_what_is_typed_cannot_choke_the_store(table: Table) -> None:
    table.must("edit_task_text", text="a\0b\ud800c\r\nd")
    assert table.trial.task_text == "a\u2400b\ufffdc\nd"
