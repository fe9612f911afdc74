"""What reviewers do to hints beyond their words: add one, merge two, move one, make it another kind."""

from collections.abc import Sequence
from uuid import UUID, uuid5

from core.curation.changes import Subject, dump_evidence, dump_support, dump_text
from core.curation.checking import check_draft
from core.curation.decisions import is_done
from core.curation.guard import check_hint_is_current
from core.curation.quoting import check_quote
from core.curation.review_models import PickedQuote
from core.curation.taking import StepTaker
from core.errors import UsageError
from core.models import Change, Evidence, Hint, HintState, HintText, Origin, Severity
from core.store import Store

_NAMESPACE = UUID("b0a3f9d2-7c55-4c1e-8f0e-3f6e5d1c9a77")
PERSON = Origin(extractor="person")


def add_hint(
    store: Store,
    trial_id: int,
    text: HintText,
    quotes: Sequence[PickedQuote],
    *,
    reviewer: str,
    action_id: str,
    page: str = "",
) -> str:
    """A hint that a person wrote; its id. It is accepted at once, unless a check blocks it.

    Raises:
        UsageError: A quote does not stand where it is said to.
    """
    hint_id = str(uuid5(_NAMESPACE, action_id))
    with store.curation.write():
        if is_done(store, action_id):
            return hint_id
        evidence = [check_quote(store, trial_id, quote) for quote in quotes]
        hint = Hint(
            id=hint_id,
            trial_id=trial_id,
            position=store.subjects.find_place(trial_id, text.kind),
            text=text,
            proposed_text=text,
            origins=[PERSON],
            attempt_ids=list(dict.fromkeys(item.attempt_id for item in evidence)),
            evidence=evidence,
        )
        blocks = [item for item in check_draft(store, hint, text) if item.severity is Severity.BLOCK]
        hint = hint if blocks else hint.model_copy(update={"state": HintState.ACCEPTED})
        step = StepTaker(store, id=action_id, reviewer=reviewer, action="add", trial_id=trial_id, page=page)
        change = Change(field="hint", before=None, after=hint.model_dump(mode="json"))
        step.decide(Subject(trial_id, hint_id), "add", [change], after=text.model_dump_json(), is_main=True)
        step.check_again()
    return hint_id


def merge_hints(
    store: Store, hint: Hint, other_id: str, text: HintText, *, reviewer: str, action_id: str, page: str = ""
) -> None:
    """One hint out of two: these words, the evidence of both; the other one is rejected as merged.

    Raises:
        ConflictError: Somebody changed the hint first.
        UsageError: They are not two hints of one trial, or one of them is rejected.
    """
    with store.curation.write():
        if is_done(store, action_id):
            return
        current = check_hint_is_current(store, hint, page=page)
        step = StepTaker(store, id=action_id, reviewer=reviewer, action="merge", trial_id=hint.trial_id, page=page)
        add_merge(step, current, [store.curation.get_hint(other_id)], text)
        step.check_again()


def add_merge(
    step: StepTaker, hint: Hint, others: Sequence[Hint], text: HintText, *, origin: Origin | None = None
) -> None:
    """The rows that make one hint of several, as part of a step.

    Args:
        step: The step.
        hint: The one that stays.
        others: Those that are rejected as merged; none: the hint gets other words.
        text: Its words then.
        origin: Who proposed them, if not a person.
    """
    members = [hint, *others]
    if len({item.id for item in members}) < len(members) or {item.trial_id for item in members} != {hint.trial_id}:
        raise UsageError("Only different hints of one trial can be merged.")
    if any(item.state is HintState.REJECTED for item in members):
        raise UsageError("A rejected hint cannot be merged. Take the rejection back first.")
    unique: dict[tuple[int, int, str], Evidence] = {}
    for item in (item for member in members for item in member.evidence):
        unique.setdefault((item.attempt_id, item.message, item.quote), item)
    united = list(unique.values())
    attempt_ids = list(dict.fromkeys(attempt_id for member in members for attempt_id in member.attempt_ids))
    origins = [*(it for member in members for it in member.origins), *([] if origin is None else [origin])]
    changes = [
        Change(field="text", before=dump_text(hint.text), after=dump_text(text)),
        Change(field="evidence", before=dump_evidence(hint.evidence), after=dump_evidence(united)),
        Change(
            field="support",
            before=dump_support(hint.attempt_ids, hint.origins),
            after=dump_support(attempt_ids, list(dict.fromkeys(origins))),
        ),
    ]
    if text.kind is not hint.kind:
        place = step.store.subjects.find_place(hint.trial_id, text.kind)
        changes.append(Change(field="position", before=hint.position, after=place))
    step.decide(
        Subject(hint.trial_id, hint.id),
        "merge" if others else "edit",
        changes,
        before=hint.text.model_dump_json(),
        after=text.model_dump_json(),
        is_main=True,
    )
    for other in others:
        change = Change(field="state", before=other.state, after=HintState.REJECTED)
        step.decide(Subject(other.trial_id, other.id), "reject", [change], reason=f"merged into {hint.id}")


def change_kind(store: Store, hint: Hint, text: HintText, *, reviewer: str, action_id: str, page: str = "") -> None:
    """The hint as one of another kind, behind those that are there.

    Raises:
        ConflictError: Somebody changed the hint first.
        UsageError: It is of this kind already.
    """
    with store.curation.write():
        if is_done(store, action_id):
            return
        current = check_hint_is_current(store, hint, page=page)
        if text.kind is current.kind:
            raise UsageError(f"The hint is a {text.kind} already. Edit its words instead.")
        step = StepTaker(
            store, id=action_id, reviewer=reviewer, action="change kind", trial_id=hint.trial_id, page=page
        )
        place = store.subjects.find_place(hint.trial_id, text.kind)
        changes = [
            Change(field="text", before=dump_text(current.text), after=dump_text(text)),
            Change(field="position", before=current.position, after=place),
        ]
        step.decide(
            Subject(hint.trial_id, hint.id),
            "change kind",
            changes,
            before=current.text.model_dump_json(),
            after=text.model_dump_json(),
            is_main=True,
        )
        step.check_again()


def move_hint(
    store: Store, hint: Hint, before_id: str | None, *, reviewer: str, action_id: str, page: str = ""
) -> None:
    """The hint in front of another one of its kind; None: behind all of them.

    Raises:
        ConflictError: Somebody changed the hint first.
        UsageError: The other one is no hint of this kind in this trial.
    """
    with store.curation.write():
        if is_done(store, action_id):
            return
        current = check_hint_is_current(store, hint, page=page)
        order = [it.id for it in store.curation.list_hints(hint.trial_id) if it.kind is current.kind]
        if before_id is not None and (before_id not in order or before_id == hint.id):
            raise UsageError("A hint can be moved only among those of its kind.")
        wanted = [item for item in order if item != hint.id]
        wanted.insert(len(wanted) if before_id is None else wanted.index(before_id), hint.id)
        step = StepTaker(store, id=action_id, reviewer=reviewer, action="move", trial_id=hint.trial_id, page=page)
        change = Change(field="order", before=order, after=wanted)
        step.decide(Subject(hint.trial_id, hint.id), "move", [change], is_main=True)
