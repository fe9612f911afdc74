"""One message of a transcript, as plain text, with the quote in a frame."""

from collections.abc import Sequence

import streamlit as st

from core.extraction.left_out import LeftOut
from core.models import Message, Role
from pages.review.left_out import show_squeezed
from pages.review.quotes import cut_message

ROLES = {
    Role.SYSTEM: ("System", "gray"),
    Role.USER: ("User", "blue"),
    Role.ASSISTANT: ("Agent", "violet"),
    Role.TOOL: ("Tool result", "green"),
    Role.UNKNOWN: ("Unknown role", "gray"),
}
OBSERVATION = ("Observation", "green")


def show_message(
    message: Message,
    index: int,
    *,
    attempt_id: int,
    is_observation: bool,
    quote: str | None,
    cited_by: Sequence[int],
    left_out: LeftOut | None,
) -> None:
    """A message, cut to head and tail if it is long.

    Args:
        message: The message.
        index: Its number in the attempt.
        attempt_id: Of the attempt.
        is_observation: True if it answers an action.
        quote: To be framed in the message, or None.
        cited_by: Numbers of the hints that quote it.
        left_out: What of the attempt the model was not shown; None if it saw everything.
    """
    is_unseen = left_out is not None and left_out.has_message(index)
    is_output = message.role is Role.TOOL or is_observation
    flag = f"whole_{attempt_id}_{index}"
    is_whole = bool(st.session_state.get(flag))
    pieces = cut_message(message.content, quote=quote, whole=is_whole)
    key = f"{'output' if is_output else 'said'}_{attempt_id}_{index}{'_unseen' if is_unseen else ''}"
    with st.container(key=f"cited_{key}" if quote is not None else key, gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.markdown(_describe(message, index, is_output, is_unseen, cited_by), width="stretch")
            is_cut = any(piece.is_gap for piece in pieces)
            if is_cut or is_whole:
                st.button(
                    f"Show all {len(message.content):,} characters" if is_cut else "Show less",
                    key=f"toggle_{flag}",
                    type="tertiary",
                    on_click=_toggle,
                    args=(flag, is_cut),
                )
        show_squeezed(message, 0 if left_out is None else left_out.count_characters(index))
        if quote is not None and not any(piece.is_quote for piece in pieces):
            st.caption("The quote is not in this message word for word:")
            with st.container(key=f"quote_{attempt_id}_{index}_apart"):
                st.text(quote)
        for number, piece in enumerate(pieces):
            if piece.is_gap:
                st.caption(piece.text)
            elif piece.is_quote:
                with st.container(key=f"quote_{attempt_id}_{index}_{number}"):
                    st.text(piece.text)
            else:
                st.text(piece.text)
        if not message.content:
            st.caption("An empty message")


def _toggle(flag: str, is_cut: bool) -> None:
    st.session_state[flag] = is_cut


def _describe(message: Message, index: int, is_output: bool, is_unseen: bool, cited_by: Sequence[int]) -> str:
    word, color = OBSERVATION if is_output and message.role is Role.USER else ROLES[message.role]
    cited = f" :gray[cited by {', '.join(map(str, cited_by))}]" if cited_by else ""
    unseen = " :gray-badge[Not shown to the model]" if is_unseen else ""
    return f":gray[{index}] :{color}[**{word}**]{cited}{unseen}"
