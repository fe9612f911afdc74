"""The first visit: nothing was imported yet."""

import streamlit as st

from core.models import Job, JobState
from pages.shared import navigation
from pages.shared.imports import show_import_job, start_sample_import
from pages.shared.layout import show_title
from pages.shared.problems import show_kept_problem

STEPS = (
    (":material/database:", "Traces", "Import what agents did: conversations, attempt by attempt."),
    (":material/bolt:", "Batches", "Extract tools, steps, pitfalls and criteria, each with a quote as proof."),
    (":material/rate_review:", "Review", "Read each hint next to its proof. Accept, edit or reject it."),
    (":material/publish:", "Publish", "Write the approved tasks with their hints to the Hub or a folder."),
)


def show_welcome(job: Job | None) -> None:
    """One card that begins the first import, and what comes after it.

    Args:
        job: The newest import, if there was one.
    """
    show_title("Overview", "From the traces of agents to training tasks with hints that a person approved")
    show_kept_problem()
    is_importing = job is not None and not job.is_over
    with st.container(border=True):
        st.subheader("Import traces", anchor=False)
        st.text("The sample that ships is small. With it you can walk the whole way without a key or a network.")
        with st.container(horizontal=True):
            st.button(
                "Import the sample",
                type="primary",
                icon=":material/download:",
                on_click=start_sample_import,
                disabled=is_importing,
            )
            if st.button("Import your own traces", disabled=is_importing):
                navigation.open_page(navigation.TRACES)
    if job is not None and job.state is not JobState.FINISHED:
        show_import_job(job)
    for column, (icon, title, text) in zip(st.columns(len(STEPS)), STEPS, strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"{icon} **{title}**")
            st.caption(text)
