"""How full every minute of a batch was, beside the limit."""

from collections.abc import Sequence
from datetime import datetime

import altair as alt
import pyarrow as pa
import streamlit as st

from pages.batches.pace import Bar, list_bars
from pages.batches.standing import Standing

TITLE = "Requests in any sliding minute"
HEIGHT = 200
LABELS = 6
RED, RED_ON_DARK = "#b3261e", "#ff9a92"
"""The theme's own reds: marks of a chart do not follow it by themselves."""


def show_rate(standing: Standing) -> None:
    """The chart in its frame, of a batch of live calls that has sent something."""
    bars = list_bars(standing.throughput)
    limit = standing.batch.config.max_rpm
    with st.container(border=True, height="stretch"):
        st.subheader(TITLE, anchor=False)
        most = max(bar.requests for bar in bars)
        st.altair_chart(
            build_chart(bars, limit=limit, red=RED_ON_DARK if st.context.theme.type == "dark" else RED),
            key=f"rate_{standing.batch.id}",
            alt=f"{TITLE}, {most:,} at most of {limit:,} allowed",
        )


def build_chart(bars: Sequence[Bar], *, limit: int, red: str) -> alt.LayerChart | alt.FacetChart:
    """Bars over time, and the limit as a dashed line.

    Args:
        bars: Oldest first, at least one.
        limit: Requests a minute.
        red: Colour of the limit.
    """
    names = [_name_time(bar.at_unix) for bar in bars]
    rows = [{"begin": name, "requests": bar.requests} for name, bar in zip(names, bars, strict=True)]
    labelled = names[:: -(-len(names) // LABELS)]
    top = max(limit, *(bar.requests for bar in bars))
    base = alt.Chart(pa.Table.from_pylist(rows))
    columns = base.mark_bar(cornerRadiusTopLeft=2, cornerRadiusTopRight=2).encode(
        x=alt.X(
            "begin:O",
            title=None,
            sort=None,
            scale=alt.Scale(paddingInner=0.25, paddingOuter=0.1),
            axis=alt.Axis(values=labelled, labelExpr="slice(datum.label, 11)", labelAngle=0, ticks=False),
        ),
        y=alt.Y(
            "requests:Q",
            title=None,
            scale=alt.Scale(domain=[0, top * 1.12], nice=False),
            axis=alt.Axis(tickCount=4, tickMinStep=1, format="d"),
        ),
        tooltip=[alt.Tooltip("begin:O", title="From"), alt.Tooltip("requests:Q", title="Requests in 60 s")],
    )
    return alt.layer(columns, *_build_limit(limit, red)).properties(height=HEIGHT)


def _build_limit(limit: int, red: str) -> list[alt.Chart]:
    at = alt.Chart(pa.Table.from_pylist([{"limit": limit, "words": f"limit {limit:,} a minute"}]))
    line = at.mark_rule(color=red, strokeDash=[5, 4], strokeWidth=1.5).encode(y="limit:Q")
    words = at.mark_text(color=red, align="right", baseline="bottom", dy=-3, fontSize=12).encode(
        x=alt.value("width"), y="limit:Q", text="words:N"
    )
    return [line, words]


def _name_time(at_unix: int) -> str:
    return f"{datetime.fromtimestamp(at_unix).astimezone():%Y-%m-%d %H:%M:%S}"
