"""The one door for what reviewers do: an action goes in, a result comes out, and nothing is lost or done twice."""

from typing import Any

from pydantic import ValidationError

from core.curation.bulk import describe_done
from core.curation.review_handlers import HANDLERS, Request, say_undone
from core.curation.review_models import ActionResult, ReviewAction
from core.errors import ConflictError, TraceHintsError, UsageError
from core.store import Store
from core.store.decisions import News
from core.store.part import utc_now
from core.traces.text import normalise_text

__all__ = ["ActionResult", "ReviewAction", "perform"]


def perform(store: Store, action: ReviewAction, *, reviewer: str, now_utc: str | None = None) -> ActionResult:
    """Save what a reviewer did, in one transaction; an action that was saved before is acknowledged again.

    Args:
        store: Of the workspace.
        action: What was done, to what, and which version of it the reviewer saw.
        reviewer: Who did it.
        now_utc: This moment, for reservations; None: that of the clock.
    """
    handler = HANDLERS.get(action.action)
    if handler is None:
        return _refuse(action, f"There is no action {action.action!r}. Reload the page.")
    try:
        again = _acknowledge_again(store, action)
        if again is not None:
            return again
        clean = action.model_copy(update={"payload": _normalise(action.payload)})
        return _add_versions(store, action, handler(Request(store, clean, reviewer, now_utc or utc_now())))
    except ConflictError as error:
        return _show_conflict(store, action, str(error))
    except ValidationError as error:
        return _refuse(action, f"The action is incomplete ({error.errors()[0]['msg']}). Reload the page.")
    except TraceHintsError as error:
        return _refuse(action, str(error))


def _acknowledge_again(store: Store, action: ReviewAction) -> ActionResult | None:
    """What was answered when the action was saved, if it was: its answer was lost on the way."""
    step = store.steps.find_step(action.id)
    if step is None or not step.finished:
        return None
    main = next((row for row in store.steps.list_step_decisions(step.id) if row.id == step.id), None)
    result = ActionResult(id=action.id, ok=True, hint_id=None if main is None else main.hint_id)
    if step.kind != "do":
        result.opened_trial_id = step.trial_id
        result.message = say_undone(step.kind, step.action)
    elif step.trial_id is None:
        result.message = describe_done(store, step.id)
    if step.trial_id is None:
        result.bulk_id = step.target or step.id
    return _add_versions(store, action, result)


def _add_versions(store: Store, action: ReviewAction, result: ActionResult) -> ActionResult:
    result.hint_id = action.hint_id or result.hint_id
    trial_id = action.trial_id
    if result.hint_id is not None:
        try:
            hint = store.curation.get_hint(result.hint_id)
            result.version, trial_id = hint.version, hint.trial_id
        except UsageError:
            # an old action on a hint that went since: it was saved all the same
            return result
    if trial_id is not None:
        result.trial_version = store.traces.get_trial(trial_id).version
        result.version = result.trial_version if result.hint_id is None else result.version
    return result


def _show_conflict(store: Store, action: ReviewAction, message: str) -> ActionResult:
    result = ActionResult(id=action.id, ok=False, problem="conflict", message=message)
    last: News | None = None
    version = -1 if action.version is None else action.version
    if action.hint_id is not None:
        result.theirs = store.curation.get_hint(action.hint_id).text
        last = next(iter(store.decisions.list_hint_news(action.hint_id, version=version)[::-1]), None)
    elif action.trial_id is not None:
        result.theirs = store.traces.get_trial(action.trial_id).task_text
        last = next(iter(store.decisions.list_trial_news(action.trial_id, version=version)[::-1]), None)
    if last is not None:
        result.by, result.at_utc = last.reviewer, last.at_utc
    return _add_versions(store, action, result)


def _refuse(action: ReviewAction, message: str) -> ActionResult:
    return ActionResult(id=action.id, ok=False, problem="refused", message=message)


def _normalise(value: Any) -> Any:
    """What a person typed, so that nothing later can choke on it, like imported text."""
    if isinstance(value, str):
        return normalise_text(value)
    if isinstance(value, list):
        return [_normalise(item) for item in value]
    return {name: _normalise(item) for name, item in value.items()} if isinstance(value, dict) else value
