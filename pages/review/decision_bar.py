"""What is decided on the whole trial, and the way to the next one."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import streamlit as st

from core.curation import decisions
from core.curation.decisions import REJECT_REASONS
from core.models import Finding, Hint, HintState, Trial, TrialStatus
from pages.review.actions import OTHER, decide, decide_and_go_on
from pages.review.cursor import open_trial
from pages.review.rejecting import ask_for_words, show_words_field

_ASKED = "asked_trial_reason"
"""The id of the trial whose rejection waits for a reason."""


class Neighbours(NamedTuple):
    """Where the buttons lead to; None: nowhere."""

    before: int | None
    after: int | None
    next_open: int | None


def show_decision_bar(
    trial: Trial, hints: Sequence[Hint], findings: Sequence[Finding], neighbours: Neighbours, *, is_busy: bool
) -> None:
    """The buttons for the trial; the reasons while one is asked for.

    Args:
        trial: The trial.
        hints: Of the trial.
        findings: Of the trial and its hints.
        neighbours: The trials around it.
        is_busy: True while an editor is open: what is typed there would be left out.
    """
    reject = partial(_reject, trial, decisions.new_action_id(), neighbours.next_open)
    with st.container(
        border=True, horizontal=True, wrap=False, vertical_alignment="center", key="decision_bar", gap="xsmall"
    ):
        if st.session_state.get(_ASKED) == trial.id and trial.status is TrialStatus.OPEN:
            _show_reasons(trial, reject)
            return
        if trial.status is TrialStatus.OPEN:
            _show_approve(trial, hints, findings, neighbours, is_busy)
            st.button("Reject", key=f"reject_trial_{trial.id}", shortcut="X", on_click=_ask, args=(trial.id,))
        else:
            _show_reopen(trial)
        st.text(_describe_publishing(hints, findings), width="stretch")
        _show_ways(trial, neighbours)
    show_words_field(f"trial {trial.id}", reject)


def describe_approval(hints: Sequence[Hint], findings: Sequence[Finding]) -> str:
    """What an approval takes and leaves, e.g. `Approve 7, leave out 2`."""
    undecided = [hint for hint in hints if hint.state is HintState.PROPOSED]
    blocked = sum(decisions.is_blocked(hint, findings) for hint in undecided)
    taken = len(undecided) - blocked
    if blocked:
        return f"Approve {taken}, leave out {blocked}"
    if taken:
        return f"Approve {taken}"
    return "Approve" if any(hint.state is HintState.ACCEPTED for hint in hints) else "Approve without hints"


def _show_approve(
    trial: Trial, hints: Sequence[Hint], findings: Sequence[Finding], neighbours: Neighbours, is_busy: bool
) -> None:
    st.button(
        "Save or cancel first" if is_busy else describe_approval(hints, findings),
        key=f"approve_{trial.id}",
        type="primary",
        shortcut="A",
        disabled=is_busy,
        on_click=decide_and_go_on,
        args=(decisions.approve_trial, trial, decisions.new_action_id(), neighbours.next_open, "Approved"),
    )


def _show_reopen(trial: Trial) -> None:
    st.button(
        "Reopen",
        key=f"reopen_{trial.id}",
        shortcut="O",
        on_click=decide,
        args=(decisions.reopen_trial, trial, decisions.new_action_id()),
    )


def _show_ways(trial: Trial, neighbours: Neighbours) -> None:
    for word, key, step in (("Previous", "K", neighbours.before), ("Next", "J", neighbours.after)):
        st.button(
            word,
            key=f"{word.lower()}_{trial.id}",
            shortcut=key,
            type="tertiary",
            disabled=step is None,
            on_click=open_trial,
            args=(step,),
        )


def _show_reasons(trial: Trial, reject: partial[None]) -> None:
    st.markdown("**Why reject this trial?**", width="content")
    for number, reason in enumerate(REJECT_REASONS, start=1):
        st.button(reason, key=f"reason_{number}_{trial.id}", shortcut=str(number), on_click=reject, args=(reason,))
    st.button(OTHER, key=f"reason_other_{trial.id}", on_click=_ask_for_words, args=(trial.id,))
    st.button("Cancel", key=f"reason_cancel_{trial.id}", type="tertiary", shortcut="Esc", on_click=_ask, args=(None,))


def _ask(trial_id: int | None) -> None:
    st.session_state[_ASKED] = trial_id


def _ask_for_words(trial_id: int) -> None:
    _ask(None)
    ask_for_words(f"trial {trial_id}")


def _reject(trial: Trial, action_id: str, following: int | None, reason: str) -> None:
    _ask(None)
    decide_and_go_on(decisions.reject_trial, trial, action_id, following, "Rejected", reason=reason)


def _describe_publishing(hints: Sequence[Hint], findings: Sequence[Finding]) -> str:
    if not hints:
        return ""
    kept = [
        hint
        for hint in hints
        if hint.state is HintState.ACCEPTED
        or (hint.state is HintState.PROPOSED and not decisions.is_blocked(hint, findings))
    ]
    return f"Publishes {len(kept)} of {len(hints)} hints"
