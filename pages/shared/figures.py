"""A number with what it is made of."""

from typing import Literal

import streamlit as st


def show_figure(label: str, value: str, note: str, *, color: Literal["gray", "green"] = "gray") -> None:
    """One figure in a frame; label, value and note are our own words."""
    st.metric(label, value, note, delta_color=color, delta_arrow="off", border=True, height="stretch")


def describe_share(part: int, whole: int) -> str:
    """A share in percent, e.g. `92 %`; a dash where there is nothing to have a share of."""
    return f"{part / whole:.0%}".replace("%", " %") if whole else "\u2013"
