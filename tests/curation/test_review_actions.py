"""The one door for what reviewers do: saved once, refused in words, never at the cost of somebody else's work."""

from typing import Any
from uuid import uuid4

import pytest

from core.curation.review_actions import ActionResult, ReviewAction, perform
from core.models import HintState, PitfallText, StrategyText, TrialStatus
from core.store import Store
from tests.curation.test_decisions import ANN, BEN, Desk


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def act(desk: Desk, action: str, *, by: str = ANN, **more: Any) -> ActionResult:
    """One action on the trial, or on the hint that is named."""
    more.setdefault("id", str(uuid4()))
    more.setdefault("trial_id", desk.trial.id)
    payload = {name: more.pop(name) for name in list(more) if name not in ReviewAction.model_fields}
    return perform(desk.store, ReviewAction(action=action, payload=payload, **more), reviewer=by)


def test_an_action_is_saved_and_answered_with_the_new_versions(desk: Desk) -> None:
    result = act(desk, "accept_hint", hint_id=desk.good.id, version=0)
    assert result == ActionResult(id=result.id, ok=True, hint_id=desk.good.id, version=1, trial_version=1)
    assert desk.good.state is HintState.ACCEPTED


def test_the_same_action_again_is_acknowledged_and_not_done_again(desk: Desk) -> None:
    first = act(desk, "edit_hint", id="e", hint_id=desk.good.id, version=0, text=StrategyText(do="Go.").model_dump())
    again = act(desk, "edit_hint", id="e", hint_id=desk.good.id, version=0, text=StrategyText(do="Go.").model_dump())
    assert (first.ok, again.ok, len(desk.history)) == (True, True, 1)


def test_a_conflict_saves_nothing_and_returns_their_words(desk: Desk) -> None:
    theirs = StrategyText(do="Sort it twice.")
    act(desk, "edit_hint", by=BEN, hint_id=desk.good.id, version=0, text=theirs.model_dump())
    mine = StrategyText(do="Sort it once.").model_dump()
    result = act(desk, "edit_hint", hint_id=desk.good.id, version=0, text=mine)
    assert (result.ok, result.problem, result.theirs, result.version) == (False, "conflict", theirs, 1)
    assert desk.good.text == theirs
    assert len(desk.history) == 1


@pytest.mark.parametrize(
    ("action", "payload", "says"),
    [
        ("explode", {}, "no action"),
        ("reject_trial", {}, "no reason"),
        ("edit_hint", {"text": {"kind": "tool"}}, "incomplete"),
        ("edit_task_text", {"text": "  "}, "cannot be empty"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(desk: Desk, action: str, payload: dict[str, Any], says: str) -> None:
    hint = {"hint_id": desk.good.id} if "hint" in action else {}
    result = act(desk, action, **hint, **payload)
    assert (result.ok, result.problem) == (False, "refused")
    assert says in result.message
    assert desk.history == []


def test_a_hint_that_is_gone_is_refused(desk: Desk) -> None:
    assert "no longer there" in act(desk, "accept_hint", hint_id="gone").message


def test_a_block_is_refused_until_it_is_overridden_with_a_reason(desk: Desk) -> None:
    assert act(desk, "accept_hint", hint_id=desk.blocked.id).problem == "refused"
    code = "no-verified-quote"
    assert act(desk, "override", hint_id=desk.blocked.id, code=code, reason=" ").problem == "refused"
    assert act(desk, "override", hint_id=desk.blocked.id, code=code, reason="It is known.").ok
    assert act(desk, "accept_hint", hint_id=desk.blocked.id).ok


def test_a_trial_is_approved_rejected_and_reopened(desk: Desk) -> None:
    assert act(desk, "approve_trial").ok
    assert (desk.trial.status, desk.states) == (TrialStatus.APPROVED, ["accepted", "proposed", "proposed"])
    assert act(desk, "reopen_trial").ok
    assert act(desk, "reject_trial", reason="Too vague").ok
    assert desk.trial.status is TrialStatus.REJECTED
    assert act(desk, "edit_task_text", text="Sort it.").ok
    assert desk.trial.task_text == "Sort it."
    assert act(desk, "reject_hint", hint_id=desk.good.id, reason="Too vague").ok
    assert act(desk, "take_back_hint", hint_id=desk.good.id).ok
    text = PitfallText(avoid="wait", instead="go").model_dump()
    assert act(desk, "edit_hint", hint_id=desk.blocked.id, text=text).ok
