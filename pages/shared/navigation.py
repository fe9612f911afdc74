"""The pages by name, and how one leads to another."""

from typing import NoReturn

import streamlit as st

from core.models import Dataset, Trial
from pages.shared import keys

OVERVIEW = "pages/overview/page.py"
TRACES = "pages/traces/page.py"
BATCHES = "pages/batches/page.py"
REVIEW = "pages/review/page.py"
QUALITY = "pages/quality/page.py"
PUBLISH = "pages/publish/page.py"


def open_page(page: str, *, dataset: Dataset | None = None) -> NoReturn:
    """Go to a page.

    Args:
        page: One of the names above.
        dataset: What the page shows; None leaves it to the page.
    """
    if dataset is not None:
        # the URL's own parameter belongs to the picker that is on the screen now; the next page's takes this one
        st.session_state[keys.WANTED_DATASET] = dataset.id
    st.switch_page(page)


def open_trial(trial: Trial, *, dataset: Dataset) -> NoReturn:
    """Go to the Review page, to this trial."""
    st.session_state[keys.WANTED_DATASET] = dataset.id
    st.switch_page(REVIEW, query_params={keys.TRIAL: str(trial.id)})
