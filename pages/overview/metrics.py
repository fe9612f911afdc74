"""Four figures of the review."""

import streamlit as st

from core.store.overview import DECISIONS_FOR_A_PACE as FEW
from core.store.overview import ReviewPace
from pages.shared.figures import describe_share, show_figure


def show_metrics(pace: ReviewPace) -> None:
    """Decided today, pace, share approved, share of hints edited; each with what it is made of.

    Args:
        pace: Of at least one decision.
    """
    more = pace.decided_today - pace.decided_yesterday
    today, speed, approved, edited = st.columns(4)
    with today:
        show_figure(
            "Decided today",
            f"{pace.decided_today:,}",
            f"{abs(more):,} {'more' if more > 0 else 'fewer'} than yesterday" if more else "as many as yesterday",
            color="green" if more > 0 else "gray",
        )
    with speed:
        show_figure(
            "Per hour",
            f"{pace.per_hour:,}" if pace.per_hour else "–",
            f"median {pace.median_seconds:.0f} s a trial" if pace.per_hour else f"known after {FEW} decisions",
        )
    with approved:
        share = describe_share(pace.approved, pace.decided)
        show_figure("Approved", share, f"{pace.approved:,} of {pace.decided:,} decided")
    with edited:
        show_figure(
            "Hints edited",
            describe_share(pace.edited_hints, pace.kept_hints),
            f"{pace.edited_hints:,} of {pace.kept_hints:,} kept hints",
        )
