"""Quotes that a reviewer picks. Code checks them as it checks a model's: what does not stand there is refused."""

from core.curation.changes import Subject, dump_evidence, dump_support
from core.curation.decisions import is_done
from core.curation.evidence import QuotableAttempt
from core.curation.guard import check_hint_is_current
from core.curation.review_models import PickedQuote
from core.curation.taking import StepTaker
from core.errors import UsageError
from core.models import Change, Evidence, EvidenceStatus, Hint, Quote
from core.store import Store


def use_quote(
    store: Store, hint: Hint, index: int, message: int, quote: str, *, reviewer: str, action_id: str, page: str = ""
) -> None:
    """Another quote in the place of one of the hint's, from the same attempt.

    Raises:
        ConflictError: Somebody changed the hint first.
        UsageError: The hint has no such evidence, or the quote does not stand there.
    """
    with store.curation.write():
        if is_done(store, action_id):
            return
        current = check_hint_is_current(store, hint, page=page)
        if not 0 <= index < len(current.evidence):
            raise UsageError("This hint has no such evidence. Open the trial again.")
        picked = PickedQuote(attempt_id=current.evidence[index].attempt_id, message=message, quote=quote)
        evidence = list(current.evidence)
        evidence[index] = check_quote(store, hint.trial_id, picked)
        _save_evidence(store, current, evidence, "use quote", reviewer=reviewer, action_id=action_id, page=page)


def add_quote(store: Store, hint: Hint, quote: PickedQuote, *, reviewer: str, action_id: str, page: str = "") -> None:
    """One more quote for a hint; its attempt stands behind the hint, too.

    Raises:
        ConflictError: Somebody changed the hint first.
        UsageError: The quote does not stand there.
    """
    with store.curation.write():
        if is_done(store, action_id):
            return
        current = check_hint_is_current(store, hint, page=page)
        evidence = [*current.evidence, check_quote(store, hint.trial_id, quote)]
        _save_evidence(store, current, evidence, "add quote", reviewer=reviewer, action_id=action_id, page=page)


def check_quote(store: Store, trial_id: int, quote: PickedQuote) -> Evidence:
    """A picked quote as evidence.

    Raises:
        UsageError: It does not stand there, or there is not in this trial.
    """
    attempt = next((item for item in store.traces.list_attempts(trial_id) if item.id == quote.attempt_id), None)
    if attempt is None:
        raise UsageError("The quote names an attempt of another trial. Open the trial again.")
    messages = store.traces.load_messages(attempt.conversation_id)
    found = QuotableAttempt(attempt.id, messages).check(Quote(message=quote.message, quote=quote.quote))
    if found.status is EvidenceStatus.MISSING:
        raise UsageError(
            f"This text does not stand in message {quote.message} of attempt {attempt.number}. "
            "Select it in the transcript again."
        )
    return found


def _save_evidence(
    store: Store, hint: Hint, evidence: list[Evidence], action: str, *, reviewer: str, action_id: str, page: str
) -> None:
    found = [item.attempt_id for item in evidence if item.status is not EvidenceStatus.MISSING]
    attempt_ids = list(dict.fromkeys([*hint.attempt_ids, *found]))
    step = StepTaker(store, id=action_id, reviewer=reviewer, action=action, trial_id=hint.trial_id, page=page)
    changes = [
        Change(field="evidence", before=dump_evidence(hint.evidence), after=dump_evidence(evidence)),
        Change(
            field="support",
            before=dump_support(hint.attempt_ids, hint.origins),
            after=dump_support(attempt_ids, hint.origins),
        ),
    ]
    step.decide(Subject(hint.trial_id, hint.id), action, changes, is_main=True)
    step.check_again()
