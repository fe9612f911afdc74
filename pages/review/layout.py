"""How the review fills the window: three panes that scroll on their own. The styles hold no text from anywhere."""

import streamlit as st

HEIGHT = 520
"""Of a pane in pixels, before the styles fit it to the window."""

_STYLES = """
<style>
.stSidebar[data-collapsed="false"] { width: 232px !important; }
.stMainBlockContainer { padding: 3.75rem 1rem 0.75rem; }
.stMainBlockContainer h1 { font-size: 1.25rem; line-height: 2.5rem; font-weight: 650; padding: 0; }
.stMainBlockContainer [data-testid="stText"] { font-size: 0.875rem; line-height: 1.25rem; }
.stMainBlockContainer [data-testid="stMarkdownContainer"] p { font-size: 0.8125rem; }

/* the window without header, top bar, decision bar and the gaps between them */
div:has(> [class*="st-key-review_hints"]), div:has(> .st-key-review_right) {
    height: auto; min-height: 0; flex: 0 0 max(100dvh - 196px, 300px) !important;
}
div:has(> .st-key-review_queue) { height: auto; min-height: 0; flex: 0 0 max(100dvh - 128px, 368px) !important; }
[class*="st-key-review_hints"], .st-key-review_right, .st-key-review_queue { height: 100%; }
.st-key-review_right, .st-key-review_queue { overflow: hidden; }
div:has(> [class*="st-key-review_transcript"]) { flex: 1 1 0; min-height: 0; }
[class*="st-key-review_transcript"] { height: 100%; overflow-y: auto; padding-right: 6px; }
[class*="st-key-review_hints"] { padding-right: 6px; }

.st-key-decision_bar { padding: 7px 12px; min-height: 56px; }
.st-key-decision_bar [class*="st-key-reason_"] button { padding: 0 8px; font-size: 0.8125rem; }
.stMainBlockContainer pre code { font-size: 0.8125rem; }
.st-key-trial_name [data-testid="stText"] { font-size: 1rem; font-weight: 650; }
[class*="st-key-hint_"], [class*="st-key-open_"] { padding: 9px 12px; }
[class*="st-key-open_"] { border-color: #b98900; }
.st-key-review_queue [data-testid="stElementToolbar"] { display: none; }
[class*="st-key-instruction_"] code { font-size: 0.78rem; }
[class*="st-key-hint_"] pre, [class*="st-key-open_"] pre { padding: 4px 8px; }
[class*="st-key-hint_"] code, [class*="st-key-open_"] code { font-size: 0.78rem; }
[class*="st-key-chips_"] button, [class*="st-key-actions_"] button, [class*="st-key-decided_"] button {
    min-height: 1.5rem; padding: 0 7px; font-size: 0.78rem;
}
[class*="st-key-here_"] button { background: rgba(255, 204, 0, 0.33); border-color: #b98900; }

[class*="st-key-quote_"] {
    background: rgba(255, 204, 0, 0.33); border-left: 3px solid #b98900; border-radius: 2px; padding: 2px 8px;
}
[class*="st-key-cited_"] { border-left: 3px solid #b98900; padding-left: 10px; }
[class*="_unseen"] [data-testid="stText"] { opacity: 0.75; }
[class*="st-key-output_"] [data-testid="stText"] *, [class*="st-key-cited_output_"] [data-testid="stText"] *,
[class*="st-key-tool_"] [data-testid="stText"] * {
    font-family: "Source Code Pro", monospace; font-size: 0.78rem; line-height: 1.15rem;
}
[class*="st-key-tool_"] [data-testid="stText"] { font-weight: 600; font-size: 0.84rem; }
</style>
"""


def show_styles() -> None:
    """Once, on top of the page."""
    st.html(_STYLES)
