"""The one door for what reviewers do: an action goes in, a result comes out, and nothing is lost or done twice."""

from collections.abc import Callable

from pydantic import TypeAdapter, ValidationError

from core.curation import decisions
from core.curation.review_models import ActionResult, ReviewAction
from core.errors import ConflictError, TraceHintsError, UsageError
from core.models import Hint, HintText, Trial
from core.store import Store

__all__ = ["ActionResult", "ReviewAction", "perform"]

_TEXT: TypeAdapter[HintText] = TypeAdapter(HintText)
Handler = Callable[[Store, ReviewAction, str], None]


def perform(store: Store, action: ReviewAction, *, reviewer: str) -> ActionResult:
    """Save what a reviewer did, in one transaction; an action that was saved before is acknowledged again.

    Args:
        store: Of the workspace.
        action: What was done, to what, and which version of it the reviewer saw.
        reviewer: Who did it.
    """
    handler = HANDLERS.get(action.action)
    if handler is None:
        return _refuse(action, f"There is no action {action.action!r}. Reload the page.")
    try:
        handler(store, action, reviewer)
        return _acknowledge(store, action)
    except ConflictError as error:
        return _show_conflict(store, action, str(error))
    except ValidationError as error:
        first = error.errors()[0]
        return _refuse(action, f"The action is incomplete ({first['msg']}). Reload the page.")
    except TraceHintsError as error:
        return _refuse(action, str(error))


def _acknowledge(store: Store, action: ReviewAction) -> ActionResult:
    result = ActionResult(id=action.id, ok=True)
    if action.hint_id is not None:
        result.hint_id, result.version = action.hint_id, store.curation.get_hint(action.hint_id).version
    if action.trial_id is not None:
        result.trial_version = store.traces.get_trial(action.trial_id).version
        result.version = result.trial_version if action.hint_id is None else result.version
    return result


def _show_conflict(store: Store, action: ReviewAction, message: str) -> ActionResult:
    result = _acknowledge(store, action)
    result.ok, result.problem, result.message = False, "conflict", message
    if action.hint_id is not None:
        result.theirs = store.curation.get_hint(action.hint_id).text
    elif action.trial_id is not None:
        result.theirs = store.traces.get_trial(action.trial_id).task_text
    return result


def _refuse(action: ReviewAction, message: str) -> ActionResult:
    return ActionResult(id=action.id, ok=False, problem="refused", message=message)


def _get_hint(store: Store, action: ReviewAction) -> Hint:
    if action.hint_id is None:
        raise UsageError("The action names no hint. Reload the page.")
    hint = store.curation.get_hint(action.hint_id)
    return hint if action.version is None else hint.model_copy(update={"version": action.version})


def _get_trial(store: Store, action: ReviewAction) -> Trial:
    if action.trial_id is None:
        raise UsageError("The action names no trial. Reload the page.")
    return store.traces.get_trial(action.trial_id)


def _get_text(action: ReviewAction, name: str) -> str:
    value = action.payload.get(name)
    if not isinstance(value, str):
        raise UsageError(f"The action has no {name}. Reload the page.")
    return value


def _accept_hint(store: Store, action: ReviewAction, reviewer: str) -> None:
    decisions.accept_hint(store, _get_hint(store, action), reviewer=reviewer, action_id=action.id)


def _take_back_hint(store: Store, action: ReviewAction, reviewer: str) -> None:
    decisions.take_back_hint(store, _get_hint(store, action), reviewer=reviewer, action_id=action.id)


def _reject_hint(store: Store, action: ReviewAction, reviewer: str) -> None:
    reason = _get_text(action, "reason")
    decisions.reject_hint(store, _get_hint(store, action), reason=reason, reviewer=reviewer, action_id=action.id)


def _edit_hint(store: Store, action: ReviewAction, reviewer: str) -> None:
    text = _TEXT.validate_python(action.payload.get("text"))
    decisions.edit_hint(store, _get_hint(store, action), text, reviewer=reviewer, action_id=action.id)


def _override(store: Store, action: ReviewAction, reviewer: str) -> None:
    code, reason = _get_text(action, "code"), _get_text(action, "reason")
    hint = _get_hint(store, action)
    decisions.override_finding(store, hint, code, reason=reason, reviewer=reviewer, action_id=action.id)


def _edit_task_text(store: Store, action: ReviewAction, reviewer: str) -> None:
    text = _get_text(action, "text")
    decisions.edit_task_text(store, _get_trial(store, action), text, reviewer=reviewer, action_id=action.id)


def _approve_trial(store: Store, action: ReviewAction, reviewer: str) -> None:
    decisions.approve_trial(store, _get_trial(store, action), reviewer=reviewer, action_id=action.id)


def _reject_trial(store: Store, action: ReviewAction, reviewer: str) -> None:
    reason = _get_text(action, "reason")
    decisions.reject_trial(store, _get_trial(store, action), reason=reason, reviewer=reviewer, action_id=action.id)


def _reopen_trial(store: Store, action: ReviewAction, reviewer: str) -> None:
    decisions.reopen_trial(store, _get_trial(store, action), reviewer=reviewer, action_id=action.id)


HANDLERS: dict[str, Handler] = {
    "accept_hint": _accept_hint,
    "take_back_hint": _take_back_hint,
    "reject_hint": _reject_hint,
    "edit_hint": _edit_hint,
    "override": _override,
    "edit_task_text": _edit_task_text,
    "approve_trial": _approve_trial,
    "reject_trial": _reject_trial,
    "reopen_trial": _reopen_trial,
}
