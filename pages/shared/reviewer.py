"""Who is reviewing. The name stands on every decision; the workspace remembers the last one."""

import streamlit as st

from pages.shared import keys
from pages.shared.problems import problems_kept, problems_shown
from pages.shared.workspace import open_workspace

NOBODY = "reviewer"
"""Signs decisions while no name was given."""


def get_reviewer() -> str:
    """The name to sign with."""
    return str(st.session_state.get(keys.REVIEWER) or "").strip() or NOBODY


def show_reviewer() -> None:
    """The field for the name."""
    if keys.REVIEWER not in st.session_state:
        with problems_shown(), open_workspace() as store:
            st.session_state[keys.REVIEWER] = store.workspace.find_reviewer() or ""
    st.text_input(
        "Your name",
        key=keys.REVIEWER,
        max_chars=80,
        placeholder=NOBODY,
        persist_state="session",
        on_change=_remember_reviewer,
    )


def _remember_reviewer() -> None:
    with problems_kept(), open_workspace() as store:
        store.workspace.save_reviewer(get_reviewer())
