"""Stands in for `core.curation.review_actions` until it lands."""

from typing import Any

from core.curation import decisions
from core.errors import ConflictError, TraceHintsError
from core.store import Store
from pages.review.checking import read_text


def perform_all(store: Store, actions: list[dict[str, Any]], *, reviewer: str) -> list[dict[str, Any]]:
    results = []
    for action in actions:
        result: dict[str, Any] = {"id": action["id"], "ok": True, "problem": None, "message": "", "trial_id": action["trial_id"]}
        try:
            _perform(store, action, reviewer)
        except ConflictError as error:
            result |= {"ok": False, "problem": "conflict", "message": str(error)}
            if action.get("hint_id"):
                result["theirs"] = store.curation.get_hint(action["hint_id"]).text.model_dump(mode="json")
        except TraceHintsError as error:
            result |= {"ok": False, "problem": "refused", "message": str(error)}
        results.append(result)
    return results


def _perform(store: Store, action: dict[str, Any], reviewer: str) -> None:
    kind, payload = action["action"], action["payload"]
    who: dict[str, Any] = {"reviewer": reviewer, "action_id": action["id"]}
    if action.get("hint_id"):
        hint = store.curation.get_hint(action["hint_id"]).model_copy(update={"version": action["version"]})
        if kind == "accept_hint":
            decisions.accept_hint(store, hint, **who)
        elif kind == "take_back_hint":
            decisions.take_back_hint(store, hint, **who)
        elif kind == "reject_hint":
            decisions.reject_hint(store, hint, reason=payload["reason"], **who)
        elif kind == "edit_hint":
            text = read_text(payload["text"])
            assert text
            decisions.edit_hint(store, hint, text, **who)
        elif kind == "override":
            decisions.override_finding(store, hint, payload["code"], reason=payload["reason"], **who)
        return
    trial = store.traces.get_trial(action["trial_id"])
    if kind == "approve_trial":
        decisions.approve_trial(store, trial, **who)
    elif kind == "reject_trial":
        decisions.reject_trial(store, trial, reason=payload["reason"], **who)
    elif kind == "reopen_trial":
        decisions.reopen_trial(store, trial, **who)
    elif kind == "edit_task_text":
        decisions.edit_task_text(store, trial, payload["text"], **who)
