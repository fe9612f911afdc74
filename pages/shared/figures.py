"""A number with what it is made of."""

from typing import Literal

import streamlit as st


def show_figure(label: str, value: str, note: str, *, color: Literal["gray", "green"] = "gray") -> None:
    """One figure in a frame; label, value and note are our own words."""
    st.metric(label, value, note, delta_color=color, delta_arrow="off", border=True, height="stretch")
