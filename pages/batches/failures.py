"""Which attempts failed and why."""

from collections.abc import Sequence

import streamlit as st

from core.models import Job
from core.store.batch_models import Batch, FailureGroup
from pages.batches.actions import retry_failed


def show_failures(batch: Batch, job: Job, failures: Sequence[FailureGroup], *, count: int) -> None:
    """The failed attempts by reason, with the button that retries them; nothing if none failed.

    Args:
        batch: The batch.
        job: Its job: a running one cannot be retried.
        failures: By reason.
        count: Of the attempts that failed.
    """
    if not failures:
        return
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader("What failed", anchor=False)
            st.button(
                f"Retry {count:,}",
                key=f"retry_{batch.id}",
                icon=":material/refresh:",
                on_click=retry_failed,
                args=(batch,),
                disabled=not job.is_over,
            )
        st.dataframe(
            [
                {
                    "Reason": group.reason.capitalize(),
                    "Attempts": group.attempts,
                    "Newest": group.trial_name,
                    "What the server said": group.detail or "",
                }
                for group in failures
            ],
            hide_index=True,
            alt="Failed attempts by reason",
        )
        st.caption("The raw replies are kept. A retry sends only these.")
