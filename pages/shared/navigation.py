"""The pages by name, and how one leads to another."""

from typing import NoReturn

import streamlit as st

from core.models import Dataset
from pages.shared import keys
from pages.shared.datasets import describe_dataset

OVERVIEW = "pages/overview/page.py"
TRACES = "pages/traces/page.py"
BATCHES = "pages/batches/page.py"
REVIEW = "pages/review/page.py"
PUBLISH = "pages/publish/page.py"


def open_page(page: str, *, dataset: Dataset | None = None) -> NoReturn:
    """Go to a page.

    Args:
        page: One of the names above.
        dataset: What the page shows; None leaves it to the page.
    """
    st.switch_page(page, query_params=None if dataset is None else {keys.DATASET: describe_dataset(dataset)})
