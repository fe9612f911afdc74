"""What was published before."""

from collections.abc import Sequence

import streamlit as st

from core.store.publications import Publication
from pages.shared.times import describe_time


def show_history(publications: Sequence[Publication]) -> None:
    """The publications of a dataset.

    Args:
        publications: Newest first.
    """
    st.subheader("Published so far", anchor=False)
    if not publications:
        st.text("Nothing was published from this dataset yet.")
        return
    st.dataframe(
        [_build_row(item) for item in publications],
        hide_index=True,
        column_config={"Link": st.column_config.LinkColumn(display_text="Open")},
        alt="Publications of this dataset, newest first",
    )


def _build_row(item: Publication) -> dict[str, object]:
    return {
        "When": describe_time(item.created_utc),
        "Where": item.repo or item.path or "",
        "Tasks": item.trials,
        "Commit": (item.revision or "")[:12],
        "What": "unchanged, no commit" if item.unchanged else "published",
        "By": item.published_by,
        "Link": item.url,
    }
