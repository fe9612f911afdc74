"""Which attempts a new batch reads: the fields of the form that choose them."""

from typing import NamedTuple, cast, get_args

import streamlit as st

from core.store.batch_models import BatchConfig, Selection
from pages.batches.words import SELECTIONS


def show_selection(config: BatchConfig) -> BatchConfig:
    """The choice that most need; two fields in the row that stands."""
    only, first = st.columns([1.4, 1], vertical_alignment="top")
    chosen = only.segmented_control(
        "From which attempts",
        get_args(Selection),
        default="all",
        required=True,
        format_func=SELECTIONS.__getitem__,
        key="selection",
    )
    first_trials = first.number_input(
        "Only the first trials", min_value=1, value=None, placeholder="all", key="first_trials"
    )
    return config.model_copy(update={"only": cast(Selection, chosen or "all"), "first_trials": first_trials})


def show_more_selection(config: BatchConfig) -> BatchConfig:
    """The choices that few need: one trial, or trials by how often they succeeded."""
    name, shares = st.columns(2, gap="medium")
    trial = name.text_input("Only the trial named", placeholder="all", key="trial_name").strip()
    bounds = _show_shares(shares)
    return config.model_copy(
        update={"trial": trial or None, "min_success": bounds.lowest, "max_success": bounds.highest}
    )


class _Bounds(NamedTuple):
    lowest: float | None
    highest: float | None


def _show_shares(place: st.delta_generator.DeltaGenerator) -> _Bounds:
    lowest, highest = place.slider(
        "Only trials with this share of successes",
        min_value=0,
        max_value=100,
        value=(0, 100),
        step=5,
        format="%d %%",
        key="success_share",
        help="Of a trial's attempts. From 5 to 95 % leaves those that succeeded and failed: there is most to compare.",
    )
    return _Bounds(lowest / 100 if lowest > 0 else None, highest / 100 if highest < 100 else None)
