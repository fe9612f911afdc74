"""The hints of a trial by kind."""

from collections.abc import Sequence
from itertools import groupby

import streamlit as st

from core.models import Hint
from pages.review.hint_card import Context, show_hint
from pages.shared.labels import KINDS


def show_hints(hints: Sequence[Hint], context: Context) -> None:
    """Every hint, in publishing order, numbered through.

    Args:
        hints: Of the trial.
        context: What they share.
    """
    if not hints:
        st.text("No hints were found in this trial. Approve it without hints, or reject it.")
    numbered = enumerate(hints, start=1)
    for kind, group in groupby(numbered, key=lambda item: item[1].kind):
        members = list(group)
        label = KINDS[kind]
        st.markdown(f":{label.color}[{label.icon}] **{label.word}** :gray[{len(members)}]")
        for number, hint in members:
            show_hint(hint, number, context)
