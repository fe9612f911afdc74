"""What each action of the workbench does. A handler reads the action, calls one decision, and says what to show."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from pydantic import TypeAdapter

from core.curation import decisions, quoting, rework, suggesting, undo
from core.curation.bulk import BulkWish, describe_done, run_bulk
from core.curation.review_models import ActionResult, PickedQuote, ReviewAction
from core.errors import UsageError
from core.models import Hint, HintText, Trial
from core.store import Store
from core.store.steps import StepKind

Seen = TypeVar("Seen", Hint, Trial)
_TEXT: TypeAdapter[HintText] = TypeAdapter(HintText)
_QUOTES: TypeAdapter[list[PickedQuote]] = TypeAdapter(list[PickedQuote])


class Request(NamedTuple):
    """An action, who sent it, and when it came."""

    store: Store
    action: ReviewAction
    reviewer: str
    now_utc: str

    @property
    def signature(self) -> dict[str, str]:
        """What stands on every decision."""
        return {"reviewer": self.reviewer, "action_id": self.action.id, "page": self.action.page}

    @property
    def trial_id(self) -> int:
        """The trial that the action names."""
        if self.action.trial_id is None:
            raise UsageError("The action names no trial. Reload the page.")
        return self.action.trial_id

    @property
    def trial(self) -> Trial:
        """The trial as the reviewer saw it."""
        return self._as_seen(self.store.traces.get_trial(self.trial_id))

    @property
    def hint(self) -> Hint:
        """The hint as the reviewer saw it."""
        if self.action.hint_id is None:
            raise UsageError("The action names no hint. Reload the page.")
        return self._as_seen(self.store.curation.get_hint(self.action.hint_id))

    @property
    def words(self) -> HintText:
        """The words of a hint that the action brings."""
        return _TEXT.validate_python(self.action.payload.get("text"))

    def get_text(self, name: str) -> str:
        """A text that the action must bring."""
        value = self.action.payload.get(name)
        if not isinstance(value, str):
            raise UsageError(f"The action has no {name}. Reload the page.")
        return value

    def get_number(self, name: str) -> int:
        """A whole number that the action must bring."""
        value = self.action.payload.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise UsageError(f"The action has no {name}. Reload the page.")
        return value

    def accept(self, **shown: Any) -> ActionResult:
        """It is saved."""
        return ActionResult(id=self.action.id, ok=True, **shown)

    def _as_seen(self, now: Seen) -> Seen:
        version = self.action.version
        return now if version is None else now.model_copy(update={"version": version})


Handler = Callable[[Request], ActionResult]


def _accept_hint(request: Request) -> ActionResult:
    decisions.accept_hint(request.store, request.hint, **request.signature)
    return request.accept()


def _take_back_hint(request: Request) -> ActionResult:
    decisions.take_back_hint(request.store, request.hint, **request.signature)
    return request.accept()


def _reject_hint(request: Request) -> ActionResult:
    decisions.reject_hint(request.store, request.hint, reason=request.get_text("reason"), **request.signature)
    return request.accept()


def _edit_hint(request: Request) -> ActionResult:
    decisions.edit_hint(request.store, request.hint, request.words, **request.signature)
    return request.accept()


def _override(request: Request) -> ActionResult:
    code, reason = request.get_text("code"), request.get_text("reason")
    decisions.override_finding(request.store, request.hint, code, reason=reason, **request.signature)
    return request.accept()


def _change_kind(request: Request) -> ActionResult:
    rework.change_kind(request.store, request.hint, request.words, **request.signature)
    return request.accept()


def _move_hint(request: Request) -> ActionResult:
    before = request.get_text("before") if request.action.payload.get("before") is not None else None
    rework.move_hint(request.store, request.hint, before, **request.signature)
    return request.accept()


def _merge_hints(request: Request) -> ActionResult:
    rework.merge_hints(request.store, request.hint, request.get_text("other"), request.words, **request.signature)
    return request.accept()


def _add_hint(request: Request) -> ActionResult:
    quotes = _QUOTES.validate_python(request.action.payload.get("evidence", []))
    hint_id = rework.add_hint(request.store, request.trial_id, request.words, quotes, **request.signature)
    return request.accept(hint_id=hint_id)


def _use_quote(request: Request) -> ActionResult:
    index, message = request.get_number("evidence"), request.get_number("message")
    quoting.use_quote(request.store, request.hint, index, message, request.get_text("quote"), **request.signature)
    return request.accept()


def _add_quote(request: Request) -> ActionResult:
    quote = PickedQuote.model_validate(request.action.payload)
    quoting.add_quote(request.store, request.hint, quote, **request.signature)
    return request.accept()


def _accept_suggestion(request: Request) -> ActionResult:
    suggestion_id = request.get_text("suggestion_id")
    hint_id = suggesting.accept_suggestion(request.store, request.trial_id, suggestion_id, **request.signature)
    return request.accept(hint_id=hint_id)


def _dismiss_suggestion(request: Request) -> ActionResult:
    suggestion_id = request.get_text("suggestion_id")
    suggesting.dismiss_suggestion(request.store, request.trial_id, suggestion_id, **request.signature)
    return request.accept()


def _edit_task_text(request: Request) -> ActionResult:
    decisions.edit_task_text(request.store, request.trial, request.get_text("text"), **request.signature)
    return request.accept()


def _approve_trial(request: Request) -> ActionResult:
    decisions.approve_trial(request.store, request.trial, **request.signature)
    request.store.reservations.release(request.trial_id, request.reviewer)
    return request.accept()


def _reject_trial(request: Request) -> ActionResult:
    decisions.reject_trial(request.store, request.trial, reason=request.get_text("reason"), **request.signature)
    request.store.reservations.release(request.trial_id, request.reviewer)
    return request.accept()


def _reopen_trial(request: Request) -> ActionResult:
    decisions.reopen_trial(request.store, request.trial, **request.signature)
    return request.accept()


def _undo(request: Request) -> ActionResult:
    return _describe_undone(request, undo.undo(request.store, **request.signature), "undo")


def _redo(request: Request) -> ActionResult:
    return _describe_undone(request, undo.redo(request.store, **request.signature), "redo")


def say_undone(kind: StepKind, action: str) -> str:
    """What a step of this kind did to another, in words; the same whenever it is said."""
    return f"{'Done again' if kind == 'redo' else 'Undone'}: {action}"


def _describe_undone(request: Request, undone: undo.Undone, kind: StepKind) -> ActionResult:
    stays = f"; {undone.stayed} of its trials stay: they were changed since" if undone.stayed else ""
    return request.accept(
        opened_trial_id=undone.step.trial_id,
        message=f"{say_undone(kind, undone.step.action)}{stays}",
        bulk_id=undone.step.id if undone.step.trial_id is None else None,
    )


def _reserve(request: Request, *, take_over: bool = False) -> ActionResult:
    held = request.store.reservations.reserve(
        request.trial_id, request.reviewer, now_utc=request.now_utc, take_over=take_over
    )
    if held.reviewer == request.reviewer:
        return request.accept()
    return ActionResult(
        id=request.action.id,
        ok=False,
        problem="refused",
        message=f"{held.reviewer} has this trial open.",
        by=held.reviewer,
        at_utc=held.since_utc,
    )


def _take_over(request: Request) -> ActionResult:
    return _reserve(request, take_over=True)


def _release(request: Request) -> ActionResult:
    request.store.reservations.release(request.trial_id, request.reviewer)
    return request.accept()


def _bulk(request: Request) -> ActionResult:
    wish = BulkWish.model_validate(request.action.payload)
    run_bulk(request.store, wish, **request.signature)
    return request.accept(bulk_id=request.action.id, message=describe_done(request.store, request.action.id))


def _undo_bulk(request: Request) -> ActionResult:
    undone = undo.undo(request.store, step_id=request.get_text("bulk_id"), **request.signature)
    return _describe_undone(request, undone, "undo")


HANDLERS: dict[str, Handler] = {
    "accept_hint": _accept_hint,
    "take_back_hint": _take_back_hint,
    "reject_hint": _reject_hint,
    "edit_hint": _edit_hint,
    "override": _override,
    "change_kind": _change_kind,
    "move_hint": _move_hint,
    "merge_hints": _merge_hints,
    "add_hint": _add_hint,
    "use_quote": _use_quote,
    "add_quote": _add_quote,
    "accept_suggestion": _accept_suggestion,
    "dismiss_suggestion": _dismiss_suggestion,
    "edit_task_text": _edit_task_text,
    "approve_trial": _approve_trial,
    "reject_trial": _reject_trial,
    "reopen_trial": _reopen_trial,
    "undo": _undo,
    "redo": _redo,
    "reserve": _reserve,
    "take_over": _take_over,
    "release": _release,
    "bulk": _bulk,
    "undo_bulk": _undo_bulk,
}
