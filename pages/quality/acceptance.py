"""What people made of the hints, by who proposed them and by what the checks had said."""

from collections.abc import Sequence

import altair as alt
import pyarrow as pa
import streamlit as st

from core.store.quality import FindingCount, HintChoice, ModelAcceptance
from pages.quality.choosing import Choice, show_numbers

_VERDICTS = ("accepted", "edited", "rejected")
_COLORS = ("#2f9e63", "#4a86c8", "#d6544a")
"""Middle tones, readable on the light and on the dark page."""


def show_acceptance(models: Sequence[ModelAcceptance], findings: Sequence[FindingCount]) -> None:
    """By model and by check, side by side.

    Args:
        models: What people decided, by extractor and model.
        findings: What people decided, by check.
    """
    left, right = st.columns(2)
    with left.container(border=True, height="stretch"):
        st.subheader("Acceptance by model", anchor=False)
        _show_models([item for item in models if item.extractor != "person"])
    with right.container(border=True, height="stretch"):
        st.subheader("Acceptance by check", anchor=False)
        _show_checks([item for item in findings if item.accepted + item.rejected])


def _show_models(models: Sequence[ModelAcceptance]) -> None:
    decided = [item for item in models if item.accepted + item.edited + item.rejected]
    if not decided:
        st.text("No reviewer decided on a hint yet.")
        return
    st.altair_chart(_build_chart(decided), alt=_describe(decided))
    rows, choices = [], []
    for item in decided:
        whole = item.accepted + item.edited + item.rejected
        for verdict in _VERDICTS:
            count = getattr(item, verdict)
            if count:
                rows.append({"Model": _name(item), "Verdict": verdict, "Hints": count, "Share": f"{count / whole:.0%}"})
                value = f"{item.extractor}/{item.model}"
                choices.append(Choice(f"{_name(item)}, {verdict}", HintChoice("model", value, verdict)))
    show_numbers("models", rows, choices, alt="Decisions of reviewers by model")


def _show_checks(findings: Sequence[FindingCount]) -> None:
    if not findings:
        st.text("No reviewer decided on a hint that a check had found something in.")
        return
    show_numbers(
        "checks",
        [
            {
                "Check": item.code,
                "Accepted all the same": item.accepted,
                "Rejected": item.rejected,
                "Agreed": f"{item.rejected / (item.accepted + item.rejected):.0%}",
            }
            for item in findings
        ],
        [Choice(f"Hints with the finding {item.code}", HintChoice("finding", item.code)) for item in findings],
        alt="Decisions of reviewers by check",
    )


def _name(item: ModelAcceptance) -> str:
    return item.model or item.extractor


def _build_chart(models: Sequence[ModelAcceptance]) -> alt.Chart:
    rows = [
        {"model": _name(item), "verdict": verdict, "hints": getattr(item, verdict), "place": place}
        for item in models
        for place, verdict in enumerate(_VERDICTS)
    ]
    chart: alt.Chart = (
        alt.Chart(pa.Table.from_pylist(rows))
        .mark_bar(size=18)
        .encode(
            x=alt.X("hints:Q", title=None, stack="normalize", axis=alt.Axis(format="%")),
            y=alt.Y("model:N", title=None, sort=None, axis=alt.Axis(labelLimit=200)),
            color=alt.Color(
                "verdict:N",
                title=None,
                scale=alt.Scale(domain=list(_VERDICTS), range=list(_COLORS)),
                legend=alt.Legend(orient="top"),
            ),
            order="place:Q",
            tooltip=["model:N", "verdict:N", "hints:Q"],
        )
        .properties(height=70 + 34 * len(models))
    )
    return chart


def _describe(models: Sequence[ModelAcceptance]) -> str:
    return "Decided by people: " + ", ".join(
        f"{_name(item)} {item.accepted} accepted, {item.edited} edited, {item.rejected} rejected" for item in models
    )
