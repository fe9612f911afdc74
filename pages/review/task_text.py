"""The task text of a trial: read it, and edit it."""

import streamlit as st

from core.curation import decisions
from core.errors import ConflictError
from core.models import Trial
from pages.shared.problems import problems_kept
from pages.shared.reviewer import get_reviewer
from pages.shared.workspace import open_workspace

_EDITED = "edited_task"
"""The trial whose task text is in the editor, as it was when the editing began."""
HEIGHT = 180


def is_editing_task(trial: Trial) -> bool:
    """True while the task text of this trial is in the editor."""
    edited = st.session_state.get(_EDITED)
    return edited is not None and edited.id == trial.id


def show_task_text(trial: Trial) -> None:
    """The text that will be published, folded; or its editor."""
    if is_editing_task(trial):
        _show_editor(st.session_state[_EDITED])
        return
    excerpt = " ".join(trial.task_text.split())
    with st.container(key="task_excerpt"):
        st.text(excerpt, wrap=False, width="stretch")
    word = "Task text, edited" if trial.edited_task_text is not None else "Task text"
    with st.expander(word, type="compact"):
        st.text(f"Found by: {trial.task_source}")
        st.code(trial.task_text or "(none found)", language=None, wrap_lines=True, height=HEIGHT)
        st.button("Edit the task text", key=f"edit_task_{trial.id}", on_click=_start, args=(trial,))


def _show_editor(trial: Trial) -> None:
    st.text_area("Task text", key=_key(trial), height=HEIGHT)
    with st.container(horizontal=True):
        st.button(
            "Save",
            key=f"save_task_{trial.id}",
            type="primary",
            shortcut="Mod+Enter",
            on_click=_save,
            args=(trial, decisions.new_action_id()),
        )
        st.button("Cancel", key=f"cancel_task_{trial.id}", shortcut="Esc", on_click=_stop)


def _start(trial: Trial) -> None:
    st.session_state[_key(trial)] = trial.task_text
    st.session_state[_EDITED] = trial


def _stop() -> None:
    st.session_state.pop(_EDITED, None)


def _save(trial: Trial, action_id: str) -> None:
    with problems_kept("Saved"), open_workspace() as store:
        text = str(st.session_state.get(_key(trial)) or "")
        try:
            decisions.edit_task_text(store, trial, text, reviewer=get_reviewer(), action_id=action_id)
        except ConflictError:
            # what was typed stays; the next save is against what is there now
            st.session_state[_EDITED] = store.traces.get_trial(trial.id)
            raise
        _stop()


def _key(trial: Trial) -> str:
    return f"task_text_{trial.id}"
