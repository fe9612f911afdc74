"""How many attempts show a hint, and how much there is to read per trial."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import altair as alt
import pyarrow as pa
import streamlit as st

from core.store.quality import WORDS_PER_BAR, Bar, HintChoice, ListKind
from pages.quality.choosing import Choice, show_numbers


class _Distribution(NamedTuple):
    """One of the three charts, in our own words."""

    name: str
    kind: ListKind
    value: str
    """What a bar stands for."""
    counted: str
    describe: Callable[[int], str]


_SUPPORT = _Distribution(
    "Support", "support", "Attempts", "Hints", lambda value: f"{value:,}" if value else "a person's"
)
_HINTS = _Distribution("Hints per trial", "trial_hints", "Hints", "Trials", lambda value: f"{value:,}")
_WORDS = _Distribution(
    "Words per trial",
    "trial_words",
    "Words",
    "Trials",
    lambda value: f"{value * WORDS_PER_BAR:,} to {(value + 1) * WORDS_PER_BAR - 1:,}",
)


def show_sizes(support: Sequence[Bar], hints: Sequence[Bar], words: Sequence[Bar]) -> None:
    """Three distributions side by side, each bar with its list.

    Args:
        support: Hints by attempts.
        hints: Trials by hints.
        words: Trials by words, in steps.
    """
    for column, each, bars in zip(st.columns(3), (_SUPPORT, _HINTS, _WORDS), (support, hints, words), strict=True):
        with column.container(border=True, height="stretch"):
            st.subheader(each.name, anchor=False)
            _show_distribution(each, bars)


def _show_distribution(each: _Distribution, bars: Sequence[Bar]) -> None:
    if not bars:
        st.text("Nothing to count.")
        return
    st.altair_chart(_build_chart(each, bars), alt=_describe(each, bars))
    show_numbers(
        each.kind,
        [{each.value: each.describe(bar.value), each.counted: bar.frequency} for bar in bars],
        [Choice(f"{each.name}: {each.describe(bar.value)}", HintChoice(each.kind, str(bar.value))) for bar in bars],
        alt=_describe(each, bars),
    )


def _build_chart(each: _Distribution, bars: Sequence[Bar]) -> alt.Chart:
    rows = [{"value": each.describe(bar.value), "frequency": bar.frequency} for bar in bars]
    chart: alt.Chart = (
        alt.Chart(pa.Table.from_pylist(rows))
        .mark_bar()
        .encode(
            x=alt.X("value:N", title=each.value, sort=None, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            y=alt.Y(
                "frequency:Q",
                title=each.counted,
                axis=alt.Axis(tickMinStep=1, tickCount=4, format="d"),
                scale=alt.Scale(nice=True),
            ),
            tooltip=[alt.Tooltip("value:N", title=each.value), alt.Tooltip("frequency:Q", title=each.counted)],
        )
        .properties(height=220)
    )
    return chart


def _describe(each: _Distribution, bars: Sequence[Bar]) -> str:
    listed = ", ".join(f"{each.describe(bar.value)}: {bar.frequency}" for bar in bars)
    return f"{each.counted} by {each.value.lower()}: {listed}"
