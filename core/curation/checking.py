"""The checks, run on a trial as it lies in the store: after whatever changed a hint, and live while somebody types."""

from core.curation.checks import check_hint, check_hints
from core.models import Finding, Hint, HintText
from core.store import Store


def check_trial_again(store: Store, trial_id: int) -> None:
    """Run all checks on all hints of a trial and save what they say; overrides made for the same words stay.

    Call it inside the write transaction of whatever changed a hint, so that nobody sees new words with old findings.
    """
    outcomes = {attempt.id: attempt.outcome for attempt in store.traces.list_attempts(trial_id)}
    hints = store.curation.list_hints(trial_id)
    store.curation.replace_findings(trial_id, check_hints(hints, outcomes=outcomes))


def check_draft(store: Store, hint: Hint, text: HintText) -> list[Finding]:
    """What the checks would say of a hint with these words. Nothing is saved.

    Args:
        store: Where its trial is.
        hint: As it is in the store.
        text: The words that somebody is typing.
    """
    outcomes = {attempt.id: attempt.outcome for attempt in store.traces.list_attempts(hint.trial_id)}
    return check_hint(hint.model_copy(update={"text": text}), outcomes=outcomes)
