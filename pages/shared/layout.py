"""What every page has in common to look at: its title, and the few styles that the theme has no setting for.

The styles hold no text from anywhere; sizes are those of the design's table of type.
"""

import streamlit as st

_STYLES = """
<style>
.stSidebar[data-collapsed="false"] { width: 232px !important; }
.stMainBlockContainer { padding: 4.25rem 2.5rem 3rem; }
.stMainBlockContainer h1 { font-size: 1.75rem; line-height: 2.125rem; font-weight: 650; padding: 0 0 0.5rem; }
.stMainBlockContainer h3 { font-size: 1.125rem; line-height: 1.5rem; font-weight: 650; padding: 0 0 0.5rem; }
.stMainBlockContainer [data-testid="stText"] { font-size: 0.875rem; line-height: 1.25rem; }
.stMainBlockContainer pre code { font-size: 0.8125rem; }
</style>
"""


def show_title(title: str, subtitle: str = "") -> None:
    """The page's title and a line below it; both our own words."""
    st.html(_STYLES)
    with st.container(gap="xxsmall"):
        st.title(title, anchor=False)
        if subtitle:
            st.caption(subtitle)
