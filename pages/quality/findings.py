"""What the checks found, by code."""

from collections.abc import Sequence

import altair as alt
import pyarrow as pa
import streamlit as st

from core.models import Severity
from core.store.quality import FindingCount, HintChoice
from pages.quality.choosing import Choice, show_numbers
from pages.shared.labels import SEVERITIES

SHOWN_IN_CHART = 12
COLORS = {Severity.BLOCK: "#d6544a", Severity.WARN: "#d98324", Severity.INFO: "#4a86c8"}
"""Middle tones, readable on the light and on the dark page."""


def show_findings(findings: Sequence[FindingCount]) -> None:
    """A bar and a row per code.

    Args:
        findings: The gravest and most frequent first.
    """
    with st.container(border=True, height="stretch"):
        st.subheader("Findings", anchor=False)
        if not findings:
            st.text("No check found anything.")
            return
        st.altair_chart(_build_chart(findings), alt=_describe(findings))
        show_numbers(
            "findings",
            [
                {
                    "Severity": SEVERITIES[item.severity].word,
                    "Check": item.code,
                    "Hints": item.hints,
                    "Overridden": item.overridden,
                }
                for item in findings
            ],
            [Choice(f"Hints with the finding {item.code}", HintChoice("finding", item.code)) for item in findings],
            alt="Hints by what the checks found",
        )


def _build_chart(findings: Sequence[FindingCount]) -> alt.Chart:
    rows = [
        {"check": item.code, "hints": item.hints, "severity": SEVERITIES[item.severity].word}
        for item in findings[:SHOWN_IN_CHART]
    ]
    chart: alt.Chart = (
        alt.Chart(pa.Table.from_pylist(rows))
        .mark_bar(size=14)
        .encode(
            x=alt.X("hints:Q", title=None, axis=alt.Axis(tickMinStep=1, format="d")),
            y=alt.Y("check:N", title=None, sort=None, axis=alt.Axis(labelLimit=220)),
            color=alt.Color(
                "severity:N",
                title=None,
                scale=alt.Scale(
                    domain=[SEVERITIES[each].word for each in COLORS], range=[COLORS[each] for each in COLORS]
                ),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=["check:N", "severity:N", "hints:Q"],
        )
        .properties(height=60 + 22 * len(rows))
    )
    return chart


def _describe(findings: Sequence[FindingCount]) -> str:
    return "Hints by finding: " + ", ".join(f"{item.code} {item.hints}" for item in findings)
