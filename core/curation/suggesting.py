"""Other words that a model proposes: a reviewer takes them or leaves them."""

from core.curation.changes import Subject
from core.curation.decisions import is_done
from core.curation.rework import add_merge
from core.curation.taking import StepTaker
from core.errors import UsageError
from core.models import Change, Suggestion
from core.store import Store


def accept_suggestion(
    store: Store, trial_id: int, suggestion_id: str, *, reviewer: str, action_id: str, page: str = ""
) -> str:
    """The words that a model proposes, for the hints they are about; the id of the hint that has them now.

    Raises:
        UsageError: It was decided already, or its hints are gone.
    """
    with store.curation.write():
        suggestion = _get_suggestion(store, trial_id, suggestion_id)
        if is_done(store, action_id):
            return suggestion.hint_ids[0]
        _check_is_open(suggestion)
        hint, *others = (store.curation.get_hint(hint_id) for hint_id in suggestion.hint_ids)
        action = f"accept {suggestion.kind} suggestion"
        step = StepTaker(store, id=action_id, reviewer=reviewer, action=action, trial_id=trial_id, page=page)
        add_merge(step, hint, others, suggestion.text, origin=suggestion.origin)
        change = Change(field=f"suggestion {suggestion_id}", before="open", after="accepted")
        step.decide(Subject(trial_id), action, [change])
        step.check_again()
    return hint.id


def dismiss_suggestion(
    store: Store, trial_id: int, suggestion_id: str, *, reviewer: str, action_id: str, page: str = ""
) -> None:
    """The suggestion is not shown again.

    Raises:
        UsageError: It was decided already.
    """
    with store.curation.write():
        if is_done(store, action_id):
            return
        suggestion = _get_suggestion(store, trial_id, suggestion_id)
        _check_is_open(suggestion)
        action = f"dismiss {suggestion.kind} suggestion"
        step = StepTaker(store, id=action_id, reviewer=reviewer, action=action, trial_id=trial_id, page=page)
        change = Change(field=f"suggestion {suggestion_id}", before="open", after="dismissed")
        step.decide(Subject(trial_id), action, [change], is_main=True)


def _get_suggestion(store: Store, trial_id: int, suggestion_id: str) -> Suggestion:
    for suggestion in store.suggestions.list_suggestions(trial_id):
        if suggestion.id == suggestion_id:
            return suggestion
    raise UsageError("This suggestion is no longer there: its hints were replaced. Open the trial again.")


def _check_is_open(suggestion: Suggestion) -> None:
    if suggestion.state != "open":
        raise UsageError(f"This suggestion was {suggestion.state} already.")
