"""One hint: its words as they will be published, what speaks for and against it, and what can be done with it."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import streamlit as st

from core.curation import decisions
from core.curation.rendering import render_hint
from core.models import Attempt, Finding, Hint, HintState, HintText, ToolText
from pages.review.actions import decide
from pages.review.cursor import Place
from pages.review.hint_editor import Edited, show_editor, start_editing
from pages.review.hint_evidence import describe_support, show_chips
from pages.review.hint_findings import show_findings
from pages.review.rejecting import Reject, show_reject_menu, show_words_field
from pages.shared.labels import HINTS


class Context(NamedTuple):
    """What all hints of a trial share."""

    attempts: Mapping[int, Attempt]
    findings: Sequence[Finding]
    place: Place
    edited: Edited | None


def show_hint(hint: Hint, number: int, context: Context) -> None:
    """A hint in its state: undecided ones in full, decided ones in a line.

    Args:
        hint: The hint.
        number: 1-based, over all hints of the trial.
        context: Of the trial.
    """
    findings = [item for item in context.findings if item.hint_id == hint.id]
    is_open = context.place.hint_id == hint.id
    with st.container(key=f"{'open' if is_open else 'hint'}_{hint.id}", border=True, gap="xsmall"):
        if context.edited is not None and context.edited.hint.id == hint.id:
            st.markdown(f"**Hint {number}**")
            show_editor(context.edited)
        elif hint.state is HintState.PROPOSED:
            _show_words(hint, number)
            show_findings(hint, findings)
            st.caption(describe_support(hint, context.attempts))
            with st.container(horizontal=True, horizontal_alignment="distribute", gap="xsmall"):
                show_chips(hint, context.attempts, context.place)
                _show_actions(hint, findings)
            show_words_field(hint.id, _build_rejection(hint))
        else:
            _show_decided(hint, number)
            if is_open:
                show_chips(hint, context.attempts, context.place)


def _show_words(hint: Hint, number: int) -> None:
    with st.container(horizontal=True, wrap=False, gap="xsmall"):
        st.markdown(f":gray[{number}]", width="content")
        with st.container(key=f"words_{hint.id}", gap="xxsmall"):
            if isinstance(hint.text, ToolText):
                _show_tool(hint.text)
            else:
                st.text(render_hint(hint.text))
            if hint.is_edited:
                st.caption("edited")


def _describe(text: HintText) -> str:
    """The words on one line."""
    words = f"{text.name}: {text.purpose}" if isinstance(text, ToolText) else render_hint(text)
    return " ".join(words.split())


def _show_tool(text: ToolText) -> None:
    with st.container(key=f"tool_{text.name}_{id(text)}"):
        st.text(text.name)
    if text.purpose:
        st.text(text.purpose)
    if text.example:
        st.code(text.example, language=None, wrap_lines=True)


def _show_actions(hint: Hint, findings: Sequence[Finding]) -> None:
    with st.container(horizontal=True, gap="xxsmall", key=f"actions_{hint.id}", width="content"):
        st.button(
            "Accept",
            key=f"accept_{hint.id}",
            icon=":material/check:",
            type="tertiary",
            disabled=decisions.is_blocked(hint, findings),
            on_click=decide,
            args=(decisions.accept_hint, hint, decisions.new_action_id()),
        )
        show_reject_menu(hint.id, _build_rejection(hint))
        st.button(
            "Edit",
            key=f"edit_{hint.id}",
            icon=":material/edit:",
            type="tertiary",
            on_click=start_editing,
            args=(hint,),
        )


def _build_rejection(hint: Hint) -> Reject:
    return partial(_reject, hint, decisions.new_action_id())


def _reject(hint: Hint, action_id: str, reason: str) -> None:
    decide(decisions.reject_hint, hint, action_id, reason=reason)


def _show_decided(hint: Hint, number: int) -> None:
    label = HINTS[hint.state]
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"decided_{hint.id}", wrap=False):
        st.markdown(f":gray[{number}]", width="content")
        st.text(_describe(hint.text), wrap=False, width="stretch")
        st.badge(label.word, icon=label.icon, color=label.color)  # type: ignore[arg-type]
        st.button(
            "Take back",
            key=f"take_back_{hint.id}",
            type="tertiary",
            on_click=decide,
            args=(decisions.take_back_hint, hint, decisions.new_action_id()),
        )
        if hint.state is HintState.ACCEPTED:
            st.button("Edit", key=f"edit_{hint.id}", type="tertiary", on_click=start_editing, args=(hint,))
