"""The frame around the pages: `streamlit run app.py`. Page config, navigation, and who is reviewing."""

from pathlib import Path

import streamlit as st

from core.settings import export_hub_settings, load_settings
from pages.review.unsent import show_unsent
from pages.shared import navigation
from pages.shared.cold_start import take_back_page_not_found
from pages.shared.problems import problems_shown
from pages.shared.reviewer import show_reviewer

REVIEW_PATH = "review"
# a file of ours: the browser would fetch a named icon from elsewhere
ICON = Path(__file__).with_name("pages") / "shared" / "icon.svg"

st.set_page_config(page_title="Trace Hints", page_icon=ICON, layout="wide")
with problems_shown():
    # before any import of huggingface_hub, which reads its address and token only then
    export_hub_settings(load_settings())
page = st.navigation(
    {
        "Trace Hints": [
            st.Page(navigation.OVERVIEW, title="Overview", icon=":material/dashboard:", default=True),
            st.Page(navigation.TRACES, title="Traces", icon=":material/database:", url_path="traces"),
            st.Page(navigation.BATCHES, title="Batches", icon=":material/bolt:", url_path="batches"),
            st.Page(navigation.REVIEW, title="Review", icon=":material/rate_review:", url_path=REVIEW_PATH),
            st.Page(navigation.QUALITY, title="Quality", icon=":material/verified:", url_path="quality"),
            st.Page(navigation.PUBLISH, title="Publish", icon=":material/publish:", url_path="publish"),
        ]
    }
)
is_review = page.url_path == REVIEW_PATH
# it needs all of the width
st.set_page_config(initial_sidebar_state="collapsed" if is_review else "expanded")
with st.sidebar:
    show_reviewer()
    take_back_page_not_found(page)
    if not is_review:
        show_unsent()
page.run()
