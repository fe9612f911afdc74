"""Why something is rejected: one of the usual reasons, or words of the reviewer's own."""

from collections.abc import Callable

import streamlit as st

from core.curation.decisions import REJECT_REASONS
from core.errors import UsageError
from pages.review.actions import OTHER
from pages.shared.problems import problems_kept

_ASKED = "asked_why"
"""The id of the trial or hint whose rejection waits for words."""

Reject = Callable[[str], None]
"""Rejects, with this reason."""


def ask_for_words(subject: str | None) -> None:
    """Show the field for the reason of this trial or hint; None hides it. For a button's callback, too."""
    st.session_state[_ASKED] = subject


def is_asked(subject: str) -> bool:
    """True if this trial's or hint's rejection waits for words."""
    return bool(st.session_state.get(_ASKED) == subject)


def show_reject_menu(subject: str, reject: Reject) -> None:
    """A button with the reasons behind it.

    Args:
        subject: Id of what is rejected.
        reject: Called with the reason.
    """
    key = f"reject_{subject}"
    st.menu_button(
        "Reject",
        [*REJECT_REASONS, OTHER],
        key=key,
        type="tertiary",
        icon=":material/close:",
        on_click=_choose,
        args=(subject, key, reject),
    )


def _choose(subject: str, key: str, reject: Reject) -> None:
    reason = st.session_state[key]
    if reason == OTHER:
        ask_for_words(subject)
    elif reason in REJECT_REASONS:
        reject(reason)


def show_words_field(subject: str, reject: Reject) -> None:
    """The field for a reason of the reviewer's own; nothing while nobody asked for it."""
    if not is_asked(subject):
        return
    key = f"reject_words_{subject}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Why is it rejected?", key=key, max_chars=400, width="stretch")
        st.button("Reject", key=f"reject_with_words_{subject}", on_click=_reject_with_words, args=(key, reject))
        st.button("Cancel", key=f"reject_cancel_{subject}", type="tertiary", on_click=ask_for_words, args=(None,))


def _reject_with_words(key: str, reject: Reject) -> None:
    words = str(st.session_state.get(key) or "").strip()
    with problems_kept():
        if not words:
            raise UsageError("Say in a few words why it is rejected.")
        reject(words)
        ask_for_words(None)
