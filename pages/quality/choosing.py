"""Numbers that open the hints behind them: a selected row of a table, or a button under a figure.

The choice is remembered until its list is closed. What is counted is a table's row, so that a number is never guessed
from a chart's pixels.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import streamlit as st

from core.store.quality import HintChoice

CHOICE = "quality_choice"
_ROUND = "quality_round"
_ROW_HEIGHT = 35
_MOST_ROWS = 9


class Choice(NamedTuple):
    """A list that a person wants to see."""

    title: str
    """Our own words, shown above it as plain text."""
    hints: HintChoice


def show_numbers(name: str, rows: Sequence[dict[str, Any]], choices: Sequence[Choice], **options: Any) -> None:
    """A table; a selected row opens its list.

    Args:
        name: Of the table on this page.
        rows: What is shown.
        choices: What each row opens, in the same order.
        options: More for `st.dataframe`, e.g. `column_config`.
    """
    key = f"quality_{name}_{st.session_state.get(_ROUND, 0)}"
    st.dataframe(
        list(rows),
        key=key,
        hide_index=True,
        on_select=lambda: _take(key, choices),
        selection_mode="single-row",
        height=_ROW_HEIGHT * (min(len(rows), _MOST_ROWS) + 1) + 3,
        **options,
    )


def show_opener(label: str, choice: Choice, count: int) -> None:
    """A small button that opens a list, off where nothing is in it; the label is our own words."""
    key = f"quality_open_{choice.hints.kind}"
    st.button(label, key=key, type="tertiary", on_click=choose, args=(choice,), disabled=not count)


def choose(choice: Choice) -> None:
    """Remember what a person wants to see."""
    st.session_state[CHOICE] = choice


def find_choice() -> Choice | None:
    """What a person wants to see, None if nothing."""
    choice: Choice | None = st.session_state.get(CHOICE)
    return choice


def forget_choice() -> None:
    """The list was closed; no row stays selected, so that the same one can be opened again."""
    st.session_state.pop(CHOICE, None)
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1


def _take(key: str, choices: Sequence[Choice]) -> None:
    rows = st.session_state[key].selection.rows
    if rows:
        choose(choices[rows[0]])
