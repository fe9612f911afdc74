"""Makes a change to a hint or trial, and says whether a change can still be taken back.

A change names a field and holds it before and after as JSON, so that undo, redo and replay need to know nothing more.
"""

from typing import Any, NamedTuple

from pydantic import TypeAdapter

from core.errors import WorkspaceError
from core.models import Change, Evidence, Finding, Hint, HintState, HintText, Origin
from core.store import Store

_TEXT: TypeAdapter[HintText] = TypeAdapter(HintText)


class Subject(NamedTuple):
    """What a decision is about: a hint of a trial, or the trial itself."""

    trial_id: int
    hint_id: str | None = None


def apply_change(store: Store, subject: Subject, change: Change) -> None:
    """Make a hint or trial what the change says it is afterwards."""
    match _name_field(change):
        case "status":
            store.subjects.save_status(subject.trial_id, change.after)
        case "task_text":
            store.subjects.save_task_text(subject.trial_id, change.after)
        case "finding":
            _write_finding(store, subject, change)
        case "suggestion":
            store.suggestions.save_suggestion_state(_name_code(change), change.after)
        case _:
            _apply_to_hint(store, subject.trial_id, _get_id(subject), change)


def _apply_to_hint(store: Store, trial_id: int, hint_id: str, change: Change) -> None:
    match _name_field(change):
        case "hint" if change.after is None:
            store.subjects.remove_hint(hint_id)
        case "hint":
            store.subjects.create_hint(Hint.model_validate(change.after))
        case "state":
            store.subjects.save_states({hint_id: change.after})
        case "text":
            store.subjects.save_text(hint_id, _TEXT.validate_python(change.after))
        case "evidence":
            store.subjects.save_evidence(hint_id, [Evidence.model_validate(item) for item in change.after])
        case "support":
            _write_support(store, hint_id, change)
        case "position":
            store.subjects.save_position(hint_id, change.after)
        case "order":
            store.subjects.save_order(change.after)
        case "override" if change.after:
            store.curation.override_finding(hint_id, _name_code(change))
        case "override":
            store.subjects.save_overridden(hint_id, _name_code(change), ())
        case "overridden":
            store.subjects.save_overridden(hint_id, _name_code(change), change.after)
        case other:
            raise WorkspaceError(f"A decision on trial {trial_id} changes {other!r}, which this version does not know.")


def is_as_before(store: Store, subject: Subject, change: Change) -> bool:
    """True if nothing came in between: what the change would change is as it was before it."""
    if subject.hint_id is None:
        return bool(_read_of_trial(store, subject, change) == change.before)
    hint = next((item for item in store.curation.list_hints(subject.trial_id) if item.id == subject.hint_id), None)
    if _name_field(change) == "overridden":
        # it comes and goes with the hint
        return True
    if _name_field(change) == "hint":
        # what else changed about the hint since has rows of its own
        return (hint is None) == (change.before is None)
    return hint is not None and bool(_read_of_hint(store, hint, change) == change.before)


def changes_words(change: Change) -> bool:
    """True if the checks may say something else afterwards."""
    name = _name_field(change)
    if name == "state":
        # what is rejected is no longer compared with the others
        return HintState.REJECTED in (change.before, change.after)
    return name not in ("status", "order", "position", "suggestion", "finding")


def dump_evidence(evidence: list[Evidence]) -> list[dict[str, Any]]:
    """Quotes as a change holds them."""
    return [item.model_dump(mode="json") for item in evidence]


def dump_support(attempt_ids: list[int], origins: list[Origin]) -> dict[str, Any]:
    """Who stands behind a hint, as a change holds it."""
    return {"attempt_ids": attempt_ids, "origins": [origin.model_dump(mode="json") for origin in origins]}


def dump_text(text: HintText) -> dict[str, Any]:
    """Words as a change holds them."""
    return text.model_dump(mode="json")


def _name_field(change: Change) -> str:
    return change.field.split(" ")[0]


def _name_code(change: Change) -> str:
    return change.field.split(" ", 1)[1]


def _write_support(store: Store, hint_id: str, change: Change) -> None:
    # aggregation may have added attempts since: only what this change adds or takes away is touched
    hint = store.curation.get_hint(hint_id)
    before, after = (
        (value["attempt_ids"], [Origin.model_validate(item) for item in value["origins"]])
        for value in (change.before, change.after)
    )
    store.subjects.save_support(
        hint_id,
        attempt_ids=[*after[0], *(item for item in hint.attempt_ids if item not in (*after[0], *before[0]))],
        origins=[*after[1], *(item for item in hint.origins if item not in (*after[1], *before[1]))],
    )


def _write_finding(store: Store, subject: Subject, change: Change) -> None:
    if change.after is None:
        store.curation.remove_trial_finding(subject.trial_id, code=_name_code(change))
    else:
        item = Finding.model_validate(change.after)
        store.curation.add_trial_finding(subject.trial_id, code=item.code, severity=item.severity, message=item.message)


def _read_of_trial(store: Store, subject: Subject, change: Change) -> Any:
    trial = store.traces.get_trial(subject.trial_id)
    match _name_field(change):
        case "status":
            return trial.status.value
        case "task_text":
            return trial.edited_task_text
        case "suggestion":
            found = [it.state for it in store.suggestions.list_suggestions(trial.id) if it.id == _name_code(change)]
            # a suggestion that went with its hints has no state any more
            return found[0] if found else change.before
    # a finding on the trial is nothing that a person wrote: undoing may always bring it back
    return change.before


def _read_of_hint(store: Store, hint: Hint, change: Change) -> Any:
    match _name_field(change):
        case "state":
            return hint.state.value
        case "text":
            return dump_text(hint.text)
        case "evidence":
            return dump_evidence(hint.evidence)
        case "order":
            now = [item.id for item in store.curation.list_hints(hint.trial_id) if item.id in change.before]
            # what a new extraction took away has no place any more
            return now if len(now) == len(change.before) else change.before
        case "override":
            findings = [item for item in store.curation.list_findings(hint.trial_id) if item.hint_id == hint.id]
            return any(item.overridden for item in findings if item.code == _name_code(change))
    # aggregation may change place and support at any time
    return change.before


def _get_id(subject: Subject) -> str:
    if subject.hint_id is None:
        raise WorkspaceError(f"A decision on trial {subject.trial_id} changes a hint and does not say which.")
    return subject.hint_id
