"""What was decided today, over time and by reviewer."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import altair as alt
import pyarrow as pa
import streamlit as st

from core.store.overview import Agreement, ReviewerDay, TrialDecision
from pages.shared.figures import describe_share
from pages.shared.labels import describe_count
from pages.shared.unseen import name_unseen

BAR = 40
FINE_MINUTES = 10
COARSE_MINUTES = 60
FINE_SPAN = timedelta(hours=3)
"""A longer day is shown by the hour."""
_COLUMNS = {
    # a long name must not push the figures out of sight
    "Reviewer": st.column_config.Column(width=120),
    **{
        name: st.column_config.Column(width=64, alignment="right")
        for name in ("Today", "Per hour", "Approved", "Edited")
    },
}


def show_decisions(decisions: Sequence[TrialDecision], reviewers: Sequence[ReviewerDay], agreement: Agreement) -> None:
    """Bars over time and a table by reviewer; nothing on a day without decisions.

    Args:
        decisions: Of today, oldest first.
        reviewers: Their day, who decided most first.
        agreement: Of all days.
    """
    if not decisions:
        return
    times = [datetime.fromisoformat(item.at_utc).astimezone() for item in decisions]
    minutes = FINE_MINUTES if times[-1] - times[0] <= FINE_SPAN else COARSE_MINUTES
    left, right = st.columns([1.25, 1])
    with left.container(border=True, height="stretch"):
        st.subheader(f"Decisions per {'10 minutes' if minutes == FINE_MINUTES else 'hour'}, today", anchor=False)
        st.altair_chart(_build_chart(decisions, times, minutes), alt="Decisions today over time, by reviewer")
    with right.container(border=True, height="stretch"):
        st.subheader("By reviewer", anchor=False)
        st.dataframe(
            [_build_row(day) for day in reviewers],
            hide_index=True,
            column_config=_COLUMNS,
            alt="Decisions today by reviewer",
        )
        st.caption(describe_agreement(agreement))


def _build_chart(decisions: Sequence[TrialDecision], times: Sequence[datetime], minutes: int) -> alt.Chart:
    slotted = zip(decisions, times, strict=True)
    counts = Counter((_begin_slot(time, minutes), name_unseen(item.reviewer)) for item, time in slotted)
    slots = _list_slots(_begin_slot(times[0], minutes), _begin_slot(times[-1], minutes), minutes)
    rows = [{"time": f"{slot:%H:%M}", "reviewer": who, "trials": count} for (slot, who), count in counts.items()]
    chart: alt.Chart = (
        alt.Chart(pa.Table.from_pylist(rows))
        .mark_bar(size=BAR)
        .encode(
            x=alt.X(
                "time:N",
                title=None,
                sort=[f"{slot:%H:%M}" for slot in slots],
                scale=alt.Scale(domain=[f"{slot:%H:%M}" for slot in slots]),
                axis=alt.Axis(labelAngle=0, labelOverlap=True),
            ),
            y=alt.Y("trials:Q", title=None, axis=alt.Axis(tickMinStep=1, format="d")),
            color=alt.Color("reviewer:N", title=None, legend=alt.Legend(orient="top")),
            tooltip=["time:N", "reviewer:N", "trials:Q"],
        )
        .properties(height=220)
    )
    return chart


def _begin_slot(time: datetime, minutes: int) -> datetime:
    return time.replace(minute=time.minute - time.minute % minutes if minutes < 60 else 0, second=0, microsecond=0)


def _list_slots(first: datetime, last: datetime, minutes: int) -> list[datetime]:
    step = timedelta(minutes=minutes)
    return [first + i * step for i in range(int((last - first) / step) + 1)]


def _build_row(day: ReviewerDay) -> dict[str, object]:
    return {
        "Reviewer": name_unseen(day.reviewer),
        "Today": f"{day.decided:,}",
        "Per hour": f"{day.per_hour:,}" if day.per_hour else "\u2013",
        "Approved": describe_share(day.approved, day.decided),
        "Edited": describe_share(day.edited_hints, day.kept_hints),
    }


def describe_agreement(agreement: Agreement) -> str:
    """In words, e.g. `They agree on 11 of 12 trials that two or more people decided`; a sentence without any, too."""
    parts = [
        f"{alike:,} of {describe_count(of, noun)}"
        for alike, of, noun in (
            (agreement.trials_alike, agreement.trials, "trial"),
            (agreement.hints_alike, agreement.hints, "hint"),
        )
        if of
    ]
    if not parts:
        return "Nothing was decided by two people yet, so there is no agreement to tell."
    return f"They agree on {' and '.join(parts)} that two or more people decided."
