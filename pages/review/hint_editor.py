"""Editing a hint: every field of its kind. What is typed survives a conflict, and the other text stands beside it."""

from typing import NamedTuple

import streamlit as st

from core.curation import decisions
from core.curation.rendering import render_hint
from core.errors import ConflictError, UsageError
from core.models import CriterionText, Hint, HintText, PitfallText, StrategyText, ToolText
from pages.shared.problems import problems_kept
from pages.shared.reviewer import get_reviewer
from pages.shared.workspace import open_workspace

FIELD_HEIGHT = 68
_EDITED = "edited_hint"
_LABELS = {
    "name": "Name",
    "purpose": "Purpose",
    "example": "Example",
    "do": "Step",
    "why": "Why (not published)",
    "check": "Check",
    "when": "When",
    "avoid": "Avoid (reads on after “don't”)",
    "instead": "Instead",
    "symptom": "Symptom (not published)",
    "text": "Criterion",
    "basis": "Basis (not published)",
}
_NEEDED = ("name", "do", "avoid", "text")


class Edited(NamedTuple):
    """A hint in the editor."""

    hint: Hint
    """As it was when the editing began, or as it was after a conflict was shown."""
    theirs: HintText | None = None
    """What somebody else wrote meanwhile."""


def find_edited() -> Edited | None:
    """The hint in the editor, or None."""
    edited: Edited | None = st.session_state.get(_EDITED)
    return edited


def start_editing(hint: Hint) -> None:
    """Open the editor, on the hint's words. For a button's callback."""
    for name in _list_fields(hint.text):
        st.session_state[_key(hint, name)] = getattr(hint.text, name)
    st.session_state[_EDITED] = Edited(hint)


def stop_editing() -> None:
    """Close the editor. For a button's callback, too."""
    st.session_state.pop(_EDITED, None)


def show_editor(edited: Edited) -> None:
    """The fields and their buttons."""
    hint = edited.hint
    if edited.theirs is not None:
        st.caption("Somebody else changed this hint while you were editing. Theirs:")
        st.code(render_hint(edited.theirs), language=None, wrap_lines=True)
        st.caption("Yours, not saved yet:")
    for name in _list_fields(hint.text):
        st.text_area(_LABELS[name], key=_key(hint, name), height=FIELD_HEIGHT)
    with st.container(horizontal=True):
        st.button(
            "Save",
            key=f"save_{hint.id}",
            type="primary",
            shortcut="Mod+Enter",
            on_click=_save,
            args=(edited, decisions.new_action_id()),
        )
        st.button("Cancel", key=f"cancel_{hint.id}", shortcut="Esc", on_click=stop_editing)
        st.button("Show the original", key=f"original_{hint.id}", type="tertiary", on_click=_restore, args=(hint,))


def _save(edited: Edited, action_id: str) -> None:
    hint = edited.hint
    with problems_kept("Saved"), open_workspace() as store:
        text = _read_text(hint)
        try:
            decisions.edit_hint(store, hint, text, reviewer=get_reviewer(), action_id=action_id)
        except ConflictError:
            current = store.curation.get_hint(hint.id)
            st.session_state[_EDITED] = Edited(current, current.text)
            raise ConflictError(
                "Not saved: somebody else changed this hint first. Both texts are kept. "
                "Save again to put yours in place of theirs, or cancel to keep theirs."
            ) from None
        stop_editing()


def _read_text(hint: Hint) -> HintText:
    values = {name: str(st.session_state.get(_key(hint, name)) or "").strip() for name in _list_fields(hint.text)}
    empty = next((name for name in _NEEDED if name in values and not values[name]), None)
    if empty is not None:
        raise UsageError(f"The field “{_LABELS[empty]}” cannot be empty.")
    return hint.text.model_copy(update=values)


def _restore(hint: Hint) -> None:
    for name in _list_fields(hint.proposed_text):
        st.session_state[_key(hint, name)] = getattr(hint.proposed_text, name)


def _list_fields(text: HintText) -> list[str]:
    models = {ToolText, StrategyText, PitfallText, CriterionText}
    return [name for name in type(text).model_fields if name != "kind"] if type(text) in models else []


def _key(hint: Hint, name: str) -> str:
    return f"edit_{hint.id}_{name}"
