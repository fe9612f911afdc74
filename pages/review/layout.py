"""How the review fills the window: three panes that scroll on their own. The styles hold no text from anywhere."""

import streamlit as st

HEIGHT = 520
"""Of a pane in pixels, before the styles fit it to the window."""

_STYLES = """
<style>
.stMainBlockContainer { padding: 3.75rem 1rem 0.75rem; }
.stMainBlockContainer h1 { font-size: 1.25rem; line-height: 2.5rem; font-weight: 650; padding: 0; }
.stMainBlockContainer [data-testid="stText"] { font-size: 0.875rem; line-height: 1.25rem; }
.st-key-trial_name [data-testid="stText"] { font-size: 1rem; font-weight: 650; }
[class*="st-key-quote_"] {
    background: rgba(255, 204, 0, 0.33); border-left: 3px solid #b98900; border-radius: 2px; padding: 2px 8px;
}
[class*="st-key-cited_"] { border-left: 3px solid #b98900; padding-left: 10px; }
[class*="st-key-output_"] [data-testid="stText"], [class*="st-key-cited_output_"] [data-testid="stText"],
[class*="st-key-tool_"] [data-testid="stText"] { font-family: var(--st-code-font, monospace); font-size: 0.78rem; }
[class*="st-key-open_"] { border-color: #b98900; }
</style>
"""


def show_styles() -> None:
    """Once, on top of the page."""
    st.html(_STYLES)
