"""What speaks for a hint: how many attempts show it, and where its quotes stand."""

from collections.abc import Mapping

import streamlit as st

from core.models import Attempt, EvidenceStatus, Hint, Outcome
from pages.review.cursor import Place, go_to_evidence
from pages.shared.labels import EVIDENCE


def describe_support(hint: Hint, attempts: Mapping[int, Attempt]) -> str:
    """How many attempts show the hint, and who proposed it, e.g. `3 of 5 attempts, 2 successful, made by rules`."""
    makers = ", ".join(dict.fromkeys(_name_maker(item.extractor, item.model) for item in hint.origins))
    if len(attempts) == 1:
        return f"Seen in the only attempt; {makers}"
    good = sum(attempts[item].outcome is Outcome.SUCCESS for item in hint.attempt_ids if item in attempts)
    return f"{len(hint.attempt_ids)} of {len(attempts)} attempts, {good} successful; {makers}"


def _name_maker(extractor: str, model: str | None) -> str:
    if extractor == "rules":
        return "made by rules"
    # the caption is markdown, and the name of a model is somebody else's word
    name = "".join(char for char in model or "" if char.isalnum() or char in "-. ")
    return f"proposed by {name or 'a model'}" if extractor == "llm" else "written by a person"


def show_chips(hint: Hint, attempts: Mapping[int, Attempt], place: Place) -> None:
    """One button per quoted message; a click shows the quote where it stands."""
    with st.container(horizontal=True, gap="xxsmall", key=f"chips_{hint.id}", width="content"):
        shown: set[tuple[int, int]] = set()
        for number, item in enumerate(hint.evidence):
            if (item.attempt_id, item.message) in shown or item.attempt_id not in attempts:
                continue
            shown.add((item.attempt_id, item.message))
            is_here = (place.hint_id, place.evidence) == (hint.id, number)
            words = f"#{item.message}"
            if len(attempts) > 1:
                words = f"A{attempts[item.attempt_id].number} {words}"
            st.button(
                words,
                key=f"{'here' if is_here else 'chip'}_{hint.id}_{number}",
                icon=EVIDENCE[item.status].icon,
                help=None if item.status is EvidenceStatus.EXACT else EVIDENCE[item.status].word.capitalize(),
                on_click=go_to_evidence,
                args=(hint, number),
            )
