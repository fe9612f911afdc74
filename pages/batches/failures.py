"""Which attempts failed and why."""

import streamlit as st

from pages.batches.actions import retry_failed
from pages.batches.standing import Standing
from pages.batches.words import shorten

SHOWN_REASONS = 3


def show_failures(standing: Standing) -> None:
    """The failed attempts by reason, with the button that retries them; nothing if none failed."""
    if not standing.failures:
        return
    with st.container(border=True, height="stretch"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader("What failed", anchor=False)
            st.button(
                f"Retry {standing.counts.failed:,}",
                key=f"retry_{standing.batch.id}",
                icon=":material/refresh:",
                on_click=retry_failed,
                args=(standing.batch,),
                # a running one cannot be retried
                disabled=not standing.job.is_over,
            )
        st.dataframe(
            [
                {
                    "Reason": group.reason.capitalize(),
                    "Attempts": group.attempts,
                    "Newest": group.trial_name,
                }
                for group in standing.failures
            ],
            hide_index=True,
            column_config={"Attempts": {"width": 70}},
            alt="Failed attempts by reason",
        )
        said = [f"{group.reason.capitalize()}: {group.detail}" for group in standing.failures if group.detail]
        if said:
            # the server's words, so plain text
            st.text("\n".join(shorten(line) for line in said[:SHOWN_REASONS]))
        st.caption("The raw replies are kept. A retry sends only these.")
