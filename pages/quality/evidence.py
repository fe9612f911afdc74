"""What code found of the quotes."""

from collections.abc import Sequence

import altair as alt
import pyarrow as pa
import streamlit as st

from core.models import EvidenceStatus
from core.store.quality import HintChoice, QuoteCount
from pages.quality.choosing import Choice, show_numbers
from pages.shared.labels import EVIDENCE

_COLORS = {
    EvidenceStatus.EXACT: "#2f9e63",
    EvidenceStatus.REPOINTED: "#4a86c8",
    EvidenceStatus.APPROXIMATE: "#8a7bd8",
    EvidenceStatus.MISSING: "#d98324",
}
"""Middle tones, readable on the light and on the dark page."""


def show_evidence(quotes: Sequence[QuoteCount]) -> None:
    """One bar of all quotes, and a row per status.

    Args:
        quotes: In the order of the statuses.
    """
    with st.container(border=True, height="stretch"):
        st.subheader("Evidence", anchor=False)
        total = sum(item.quotes for item in quotes)
        if not total:
            st.text("No hint has a quote.")
            return
        st.altair_chart(_build_chart(quotes), alt=_describe(quotes))
        shown = [item for item in quotes if item.quotes]
        show_numbers(
            "evidence",
            [
                {
                    "Quotes": f"{EVIDENCE[item.status].sign} {EVIDENCE[item.status].word}",
                    "Count": item.quotes,
                    "Share": f"{item.quotes / total:.1%}",
                    "Hints": item.hints,
                }
                for item in shown
            ],
            [
                Choice(f"Hints with a quote: {EVIDENCE[item.status].word}", HintChoice("quotes", item.status))
                for item in shown
            ],
            alt="Quotes by what code found",
        )


def _build_chart(quotes: Sequence[QuoteCount]) -> alt.Chart:
    rows = [{"status": EVIDENCE[item.status].word, "quotes": item.quotes, "place": i} for i, item in enumerate(quotes)]
    words = [EVIDENCE[item.status].word for item in quotes]
    chart: alt.Chart = (
        alt.Chart(pa.Table.from_pylist(rows))
        .mark_bar(size=18)
        .encode(
            x=alt.X("quotes:Q", stack="normalize", axis=None),
            color=alt.Color(
                "status:N",
                title=None,
                scale=alt.Scale(domain=words, range=[_COLORS[item.status] for item in quotes]),
                legend=alt.Legend(orient="bottom", columns=2, labelLimit=240),
            ),
            order="place:Q",
            tooltip=["status:N", "quotes:Q"],
        )
        .properties(height=90)
    )
    return chart


def _describe(quotes: Sequence[QuoteCount]) -> str:
    return "Quotes: " + ", ".join(f"{EVIDENCE[item.status].word} {item.quotes}" for item in quotes)
