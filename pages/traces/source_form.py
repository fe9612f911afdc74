"""Which source to look at."""

import streamlit as st

from core.traces.sources import SourceRequest
from pages.shared.problems import problems_shown
from pages.traces.sample import look_at

_LOOK = "look"


def show_source_form() -> None:
    """The form; looking at a source that cannot be read says why, right below."""
    with st.container(border=True), st.form("source", border=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            source = st.text_input(
                "Hub dataset or file",
                placeholder="owner/name, or the path of a .parquet, .jsonl or .json file",
                key="source_name",
            )
            is_asked = st.form_submit_button("Look", type="primary", icon=":material/search:", key=_LOOK)
        config, split, revision = st.columns(3)
        request = SourceRequest(
            source=source.strip(),
            config=_read(config.text_input("Configuration", placeholder="default", key="source_config")),
            split=_read(split.text_input("Split", placeholder="train", key="source_split")),
            revision=_read(revision.text_input("Revision", placeholder="newest", key="source_revision")),
        )
    if is_asked and request.source:
        with problems_shown(), st.spinner("Reading the first rows"):
            look_at(request)
    elif is_asked:
        st.text("Give the id of a Hub dataset, or the path of a file.")


def _read(text: str | None) -> str | None:
    return (text or "").strip() or None
