"""How many trials reached each stage."""

import json
from typing import Literal

import altair as alt
import pyarrow as pa
import streamlit as st

from core.store.overview import StageCounts

BAR = 18


def show_funnel(stages: StageCounts) -> None:
    """The stages from import to publication as bars.

    Args:
        stages: Of the datasets that are shown.
    """
    with st.container(border=True, height="stretch"):
        st.subheader("Where the trials stand", anchor=False)
        st.altair_chart(_build_chart(stages), alt=_describe(stages))


def list_bars(stages: StageCounts) -> list[tuple[str, int, str]]:
    """Stage, trials, and what to say of it, in order."""
    waiting = max(stages.extracted - stages.reviewed, 0)
    ready = max(stages.approved - stages.published, 0)
    return [
        ("Imported", stages.trials, " trials"),
        ("Extracted", stages.extracted, _add(stages.failed_attempts, "attempts failed")),
        ("Reviewed", stages.reviewed, _add(waiting, "wait")),
        ("Approved", stages.approved, _add(stages.rejected, "rejected")),
        ("Published", stages.published, _add(ready, "ready")),
    ]


def _add(count: int, word: str) -> str:
    return f", {count:,} {word}" if count else ""


def _build_chart(stages: StageCounts) -> alt.LayerChart | alt.FacetChart:
    bars = list_bars(stages)
    rows = [{"stage": stage, "count": count, "all": stages.trials} for stage, count, _ in bars]
    scale = alt.Scale(domain=[0, max(stages.trials, 1)], nice=False)
    base = alt.Chart(pa.Table.from_pylist(rows))
    left = alt.Y("stage:N", sort=None, title=None, axis=_build_axis("left"))
    track = base.mark_bar(size=BAR, cornerRadius=3, color="gray", opacity=0.15).encode(
        x=alt.X("all:Q", scale=scale, axis=None), y=left
    )
    bar = base.mark_bar(size=BAR, cornerRadius=3).encode(x=alt.X("count:Q", scale=scale, axis=None), y=left)
    # the words are labels of a second axis, because those follow the theme and marks do not
    words = {stage: f"{count:,}{note}" for stage, count, note in bars}
    right = alt.Y("stage:N", sort=None, title=None, axis=_build_axis("right", f"{json.dumps(words)}[datum.label]"))
    labels = base.mark_bar(opacity=0).encode(x=alt.X("all:Q", scale=scale, axis=None), y=right)
    chart: alt.LayerChart = alt.layer(alt.layer(track, bar), labels).resolve_scale(y="independent")
    return chart.properties(height=170)


def _build_axis(side: Literal["left", "right"], words: str = "datum.label") -> alt.Axis:
    return alt.Axis(
        orient=side, ticks=False, domain=False, labelFontSize=14, labelPadding=12, labelLimit=220, labelExpr=words
    )


def _describe(stages: StageCounts) -> str:
    return "Trials by stage: " + ", ".join(f"{stage.lower()} {count}" for stage, count, _ in list_bars(stages))
