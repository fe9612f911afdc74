"""Four figures over all hints, each with its list."""

import streamlit as st

from core.store.quality import WORD_BUDGET, HintChoice, HintTotals
from pages.quality.choosing import Choice, show_opener
from pages.shared.figures import describe_share, show_figure
from pages.shared.labels import describe_count


def show_totals(totals: HintTotals) -> None:
    """Hints, proven ones, blocked ones, and words per trial."""
    proven = totals.hints - totals.unproven
    columns = st.columns(4)
    with columns[0]:
        show_figure("Hints", f"{totals.hints:,}", f"in {describe_count(totals.trials, 'trial')}")
        show_opener("See all", Choice("All hints that are not rejected", HintChoice("all")), totals.hints)
    with columns[1]:
        show_figure("Proven by a quote", describe_share(proven, totals.hints), f"{totals.unproven:,} are not")
        show_opener("See those", Choice("No quote of these was found", HintChoice("unproven")), totals.unproven)
    with columns[2]:
        show_figure("Blocked", describe_share(totals.blocked, totals.hints), describe_count(totals.blocked, "hint"))
        blocked = Choice("A check blocks these, and nobody overrode it", HintChoice("blocked"))
        show_opener("See those", blocked, totals.blocked)
    with columns[3]:
        words = totals.words / totals.trials if totals.trials else 0
        show_figure("Words per trial", f"{words:,.0f}", f"the budget is {WORD_BUDGET}")
        over = Choice(f"Hints of trials over {WORD_BUDGET} words", HintChoice("over_budget", str(WORD_BUDGET)))
        show_opener("See those over it", over, totals.over_budget)
