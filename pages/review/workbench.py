"""One trial on the screen: its head and hints, its transcript or instruction, and the bar that decides on it."""

from collections.abc import Sequence

import streamlit as st

from core.models import TrialStatus
from core.store import Store
from core.store.queue_models import QueueEntry
from pages.review.attempts import show_attempts
from pages.review.before_after import show_before_after
from pages.review.cursor import find_neighbour, find_next_open, get_place
from pages.review.decision_bar import Neighbours, show_decision_bar
from pages.review.hint_card import Context
from pages.review.hint_editor import find_edited
from pages.review.hint_list import show_hints
from pages.review.history import show_history
from pages.review.layout import HEIGHT
from pages.review.task_text import is_editing_task
from pages.review.transcript import show_transcript
from pages.review.trial_head import show_trial_head

_IS_INSTRUCTION = "is_instruction_shown"


def show_trial(store: Store, trial_id: int, entries: Sequence[QueueEntry], listed: Sequence[QueueEntry]) -> None:
    """The open trial.

    Args:
        store: Of the workspace.
        trial_id: The trial.
        entries: All trials of its dataset.
        listed: Those in the list, in the order of the list.
    """
    trial = store.traces.get_trial(trial_id)
    attempts = store.traces.list_attempts(trial_id)
    hints = store.curation.list_hints(trial_id)
    findings = store.curation.list_findings(trial_id)
    place = get_place(trial_id, attempts, hints, findings)
    edited = find_edited()
    left, right = st.columns([1, 1.15], gap="small")
    with left, st.container(height=HEIGHT, key=f"review_hints_{trial_id}", border=False, gap="xsmall"):
        show_trial_head(trial, attempts, hints, findings)
        show_hints(hints, Context({item.id: item for item in attempts}, findings, place, edited))
        show_history(store.decisions.list_decisions(trial_id), hints)
    with right, st.container(height=HEIGHT, key="review_right", border=False, gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute", gap="small"):
            tabs = st.container(width="stretch")
            is_instruction = _show_switch()
        if is_instruction:
            show_before_after(trial, hints, findings, store.traces.list_episodes(trial_id))
        else:
            with tabs:
                show_attempts(attempts, place)
            show_transcript(store, place, attempts, hints)
    is_busy = is_editing_task(trial) or (edited is not None and edited.hint.trial_id == trial_id)
    show_decision_bar(trial, hints, findings, _find_neighbours(trial_id, entries, listed), is_busy=is_busy)


def _show_switch() -> bool:
    """True if the instruction is shown instead of the transcript."""
    is_on = bool(st.session_state.get(_IS_INSTRUCTION))
    # a button and no toggle: keys are silent while a toggle has the focus
    st.button(
        "Transcript" if is_on else "Before and after",
        key="switch_view",
        shortcut="B",
        on_click=_switch,
        args=(not is_on,),
    )
    return is_on


def _switch(is_on: bool) -> None:
    st.session_state[_IS_INSTRUCTION] = is_on


def _find_neighbours(trial_id: int, entries: Sequence[QueueEntry], listed: Sequence[QueueEntry]) -> Neighbours:
    waiting = any(entry.status is TrialStatus.OPEN and entry.trial_id != trial_id for entry in listed)
    return Neighbours(
        before=find_neighbour(listed, trial_id, -1),
        after=find_neighbour(listed, trial_id, 1),
        next_open=find_next_open(listed if waiting else entries, trial_id),
    )
