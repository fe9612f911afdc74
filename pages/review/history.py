"""Every decision on a trial and its hints: who, when, what and why."""

from collections.abc import Sequence

import streamlit as st

from core.models import Decision, Hint
from pages.shared.times import describe_time


def show_history(decisions: Sequence[Decision], hints: Sequence[Hint]) -> None:
    """The decisions, newest first, folded; nothing before the first one.

    Args:
        decisions: Oldest first.
        hints: Of the trial, in order: decisions name them by number.
    """
    if not decisions:
        return
    numbers = {hint.id: str(number) for number, hint in enumerate(hints, start=1)}
    with st.expander(f"History, {len(decisions)}"):
        st.dataframe(
            [
                {
                    "When": describe_time(item.at_utc),
                    "Who": item.reviewer,
                    "What": item.action,
                    "Hint": numbers.get(item.hint_id or "", "" if item.hint_id is None else "removed"),
                    "Why": item.reason or "",
                }
                for item in reversed(decisions)
            ],
            hide_index=True,
            alt="Decisions on this trial, newest first",
        )
