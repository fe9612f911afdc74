"""Review: one workbench of queue, hints and transcript. It decides in the browser; this page saves and reads."""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from pydantic import ValidationError

from core.errors import TraceHintsError
from pages.review.component import read_sent, show_workbench
from pages.review.exchange import answer
from pages.review.outgoing import Outgoing
from pages.shared import keys
from pages.shared.reviewer import get_reviewer
from pages.shared.times import begin_of_day_utc
from pages.shared.workspace import open_workspace

_STYLES = """
<style>
.stMainBlockContainer { padding: 3.75rem 1rem 0.75rem; }
.stMainBlockContainer > div { gap: 0; }
/* the frame pales what waits for an answer; the workbench goes on meanwhile */
.stMainBlockContainer [data-stale="true"] { opacity: 1 !important; }
h1.review-title {
    position: fixed; top: 1.125rem; left: 3.5rem; z-index: 999991; padding: 0; margin: 0;
    font-size: 1rem; font-weight: 400; line-height: 1.5rem; letter-spacing: 0; pointer-events: none;
}
.review-title b { font-weight: 650; margin-right: 0.5rem; }
.stApp:has(.stSidebar[aria-expanded="true"]) .review-title { display: none; }
</style>
<h1 class="review-title"><b>Trace Hints</b> Review</h1>
"""


def build_reply() -> dict[str, Any]:
    """The answer to what the browser last sent; a problem of ours is said in it and shown there."""
    try:
        sent = Outgoing.model_validate(read_sent() or read_url(st.query_params))
    except ValidationError:
        return {"problem": "The browser sent something that this version does not read. Reload the page."}
    try:
        with open_workspace() as store:
            return answer(store, sent, reviewer=get_reviewer(), today_utc=begin_of_day_utc())
    except TraceHintsError as error:
        return {"to": sent.seq, "problem": str(error)}


def read_url(query: Mapping[str, str]) -> dict[str, Any]:
    """What the browser will want first, from the URL: it is answered before it asks."""
    trial = query.get(keys.TRIAL, "")
    opened = int(trial) if trial.isdecimal() and len(trial) < 16 else None
    return {
        "query": {name: value for name, value in query.items() if name not in (keys.TRIAL, "hint")},
        "opened": opened,
    }


@st.fragment
def show_page() -> None:
    """The workbench; only this runs again when the browser sends something."""
    show_workbench({**build_reply(), "wanted_dataset": st.session_state.pop(keys.WANTED_DATASET, None)})


st.html(_STYLES)
show_page()
