"""Where the reviewer stands: which trial, which attempt of it, from which message on, and for which quote.

The trial is in the URL, so that a refresh or a link opens it again; the rest lasts for the session.
"""

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from core.models import Attempt, Evidence, EvidenceStatus, Finding, Hint, HintState, Severity, TrialStatus
from core.store.queue_models import QueueEntry
from pages.shared import keys

_PLACE = "place"


class Place(NamedTuple):
    """A spot in the transcripts of one trial."""

    trial_id: int
    attempt_id: int
    first: int = 0
    """The message that is shown on top."""
    hint_id: str | None = None
    """The hint whose quote is shown, if any."""
    evidence: int = 0
    """Which of its quotes."""


def find_trial_id() -> int | None:
    """The trial that the URL names, or None."""
    named = st.query_params.get(keys.TRIAL, "")
    return int(named) if named.isdecimal() and len(named) < 19 else None


def open_trial(trial_id: int | None) -> None:
    """Go to a trial; None stays. For a button's callback, too."""
    if trial_id is not None:
        st.query_params[keys.TRIAL] = str(trial_id)


def find_neighbour(entries: Sequence[QueueEntry], trial_id: int, step: int) -> int | None:
    """The trial so many rows further in the list, or None at its end."""
    ids = [entry.trial_id for entry in entries]
    position = ids.index(trial_id) + step if trial_id in ids else 0
    return ids[position] if 0 <= position < len(ids) else None


def find_next_open(entries: Sequence[QueueEntry], trial_id: int) -> int | None:
    """The next undecided trial with hints after this one, from the start again at the end; None if all are decided."""
    ids = [entry.trial_id for entry in entries]
    begin = ids.index(trial_id) + 1 if trial_id in ids else 0
    following = [*entries[begin:], *entries[:begin]]
    return next(
        (
            entry.trial_id
            for entry in following
            if entry.status is TrialStatus.OPEN and entry.is_extracted and entry.trial_id != trial_id
        ),
        None,
    )


def get_place(trial_id: int, attempts: Sequence[Attempt], hints: Sequence[Hint], findings: Sequence[Finding]) -> Place:
    """Where the transcript stands; a trial that was just opened shows the quote that needs a look first."""
    place: Place | None = st.session_state.get(_PLACE)
    if place is None or place.trial_id != trial_id or place.attempt_id not in {item.id for item in attempts}:
        place = _build_first_place(trial_id, attempts, hints, findings)
        st.session_state[_PLACE] = place
    return place


def go_to(place: Place) -> None:
    """Show another spot. For a button's callback, too."""
    st.session_state[_PLACE] = place


def go_to_evidence(hint: Hint, number: int) -> None:
    """Show a quote where it stands. For a button's callback, too."""
    go_to(build_evidence_place(hint, number))


def build_evidence_place(hint: Hint, number: int) -> Place:
    """The spot of one of a hint's quotes."""
    item = hint.evidence[number]
    return Place(hint.trial_id, item.attempt_id, item.message, hint.id, number)


def find_shown(place: Place, hints: Sequence[Hint]) -> Evidence | None:
    """The quote that is shown, or None."""
    hint = next((item for item in hints if item.id == place.hint_id), None)
    return hint.evidence[place.evidence] if hint is not None and place.evidence < len(hint.evidence) else None


def list_quotes(hints: Sequence[Hint]) -> list[Place]:
    """Every quote of the trial's hints, in the order of the hints."""
    return [build_evidence_place(hint, number) for hint in hints for number in range(len(hint.evidence))]


def _build_first_place(
    trial_id: int, attempts: Sequence[Attempt], hints: Sequence[Hint], findings: Sequence[Finding]
) -> Place:
    rank = {
        item.hint_id: 0 if item.severity is Severity.BLOCK else 1
        for item in reversed(findings)
        if item.severity is not Severity.INFO and not item.overridden
    }
    undecided = [hint for hint in hints if hint.state is HintState.PROPOSED and hint.evidence]
    if not undecided:
        return Place(trial_id, attempts[0].id)
    hint = min(undecided, key=lambda item: (rank.get(item.id, 2), item.position))
    found = [i for i, item in enumerate(hint.evidence) if item.status is not EvidenceStatus.MISSING]
    return build_evidence_place(hint, found[0] if found else 0)
