"""Which attempt of a trial is read."""

from collections.abc import Sequence

import streamlit as st

from core.models import Attempt
from pages.review.cursor import Place, go_to
from pages.shared.labels import OUTCOMES, describe_count

TABS = 5
"""More attempts than this are chosen from a list."""
WORDS = 2
"""Up to so many, an outcome is named as well as drawn."""


def show_attempts(attempts: Sequence[Attempt], place: Place) -> None:
    """The attempts with outcome and length; choosing one opens it at its beginning.

    Args:
        attempts: Of the trial, in order.
        place: Where the reviewer stands.
    """
    by_id = {item.id: item for item in attempts}
    key = f"attempt_{place.trial_id}"
    st.session_state[key] = place.attempt_id
    if len(attempts) <= TABS:
        st.segmented_control(
            "Attempt",
            list(by_id),
            required=True,
            format_func=lambda item: _draw_tab(by_id[item], has_word=len(attempts) <= WORDS),
            key=key,
            on_change=_open_attempt,
            args=(place.trial_id,),
            label_visibility="collapsed",
        )
    else:
        st.selectbox(
            "Attempt",
            list(by_id),
            format_func=lambda item: _describe_attempt(by_id[item]),
            key=key,
            on_change=_open_attempt,
            args=(place.trial_id,),
            label_visibility="collapsed",
        )


def _open_attempt(trial_id: int) -> None:
    go_to(Place(trial_id, st.session_state[f"attempt_{trial_id}"]))


def _draw_tab(attempt: Attempt, *, has_word: bool) -> str:
    label = OUTCOMES[attempt.outcome]
    word = f" {label.word}" if has_word else ""
    return f"A{attempt.number} :{label.color}[{label.icon}]{word} :gray[{attempt.message_count}]"


def _describe_attempt(attempt: Attempt) -> str:
    label = OUTCOMES[attempt.outcome]
    return f"A{attempt.number}  {label.sign} {label.word}, {describe_count(attempt.message_count, 'message')}"
