"""The checks, run on a trial as it lies in the store: after whatever changed a hint, and live while somebody types."""

from core.curation.checks import check_hint, check_hints
from core.curation.context import TrialContext
from core.curation.trial_loading import TraceReader, load_context
from core.models import Finding, Hint, HintText
from core.store import Store
from core.store.repeated import build_words_key


def check_trial_again(store: Store, trial_id: int) -> None:
    """Run all checks on all hints of a trial and save what they say; overrides made for the same words stay.

    Call it inside the write transaction of whatever changed a hint, so that nobody sees new words with old findings.
    """
    context = _load_context(store, trial_id, store.curation.list_hints(trial_id))
    store.curation.replace_findings(trial_id, check_hints(context))


def check_draft(store: Store, hint: Hint, text: HintText) -> list[Finding]:
    """What the checks would say of a hint with these words. Nothing is saved.

    Args:
        store: Where its trial is.
        hint: As it is in the store, or one that is not there yet: then it stands behind the others.
        text: The words that somebody is typing.
    """
    draft = hint.model_copy(update={"text": text})
    others = store.curation.list_hints(hint.trial_id)
    hints = [draft if item.id == hint.id else item for item in others]
    return check_hint(draft, _load_context(store, hint.trial_id, hints if draft in hints else [*hints, draft]))


def _load_context(store: Store, trial_id: int, hints: list[Hint]) -> TrialContext:
    trial = store.traces.get_trial(trial_id)
    keys = {build_words_key(hint.text) for hint in hints}
    counts = {key: store.repeated.find_count(trial.dataset_id, key) for key in keys}
    return load_context(trial, hints, TraceReader(store).load_attempts(trial_id), repeated=counts)
