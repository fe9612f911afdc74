"""Which requests failed and why."""

import streamlit as st

from core.models import JobState, RequestKind
from core.store.batch_models import FailureGroup
from pages.batches.actions import retry_failed
from pages.batches.standing import Standing
from pages.batches.words import shorten
from pages.shared.unseen import name_unseen

SHOWN_REASONS = 3
_NOTES = {RequestKind.CONTRAST: " (comparison)", RequestKind.MERGE: " (merge)"}


def show_failures(standing: Standing) -> None:
    """The failed requests by reason, with the button that retries them; nothing if none failed."""
    if not standing.failures:
        return
    with st.container(border=True, height="stretch"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader("What failed", anchor=False)
            # a cancelled one is cancelled for good
            if standing.job.state is not JobState.CANCELLED:
                _show_retry(standing)
        st.dataframe(
            [
                {
                    "Reason": name_unseen(describe_reason(group)),
                    "Requests": group.requests,
                    "Newest": name_unseen(group.trial_name),
                }
                for group in standing.failures
            ],
            hide_index=True,
            column_config={"Requests": {"width": 70}},
            alt="Failed requests by reason",
        )
        said = [f"{describe_reason(group)}: {group.detail}" for group in standing.failures if group.detail]
        if said:
            # the server's words, so plain text
            st.text("\n".join(shorten(line) for line in said[:SHOWN_REASONS]))
        st.caption(_describe_retry(standing))


def _show_retry(standing: Standing) -> None:
    st.button(
        f"Retry {standing.counts.failed:,}",
        key=f"retry_{standing.batch.id}",
        icon=":material/refresh:",
        on_click=retry_failed,
        args=(standing.batch,),
        # a running one cannot be retried
        disabled=not standing.job.is_over,
    )


def _describe_retry(standing: Standing) -> str:
    if standing.job.state is JobState.CANCELLED:
        return (
            "The raw replies are kept. A cancelled batch is not retried: a new one over what failed before asks again."
        )
    return "The raw replies are kept. A retry sends only these."


def describe_reason(group: FailureGroup) -> str:
    """Why the requests failed; of comparisons and merges it says that they are."""
    reason = group.reason.capitalize()
    return reason + _NOTES.get(group.kind, "")
