"""The one button that publishes: it says what it will do, and does exactly what the preview shows."""

import streamlit as st

from core import pipeline
from core.models import Dataset
from core.publishing.preview_models import Preview
from core.settings import load_settings
from core.worker import queueing
from pages.shared import keys
from pages.shared.labels import describe_count, escape_label
from pages.shared.problems import problems_kept
from pages.shared.reviewer import get_reviewer


def show_publish_button(dataset: Dataset, preview: Preview, *, is_current: bool, is_publishing: bool) -> None:
    """The button, or why there is nothing for it to do.

    Args:
        dataset: The dataset.
        preview: What is published.
        is_current: False if something changed since the preview.
        is_publishing: True while a publication is under way.
    """
    if not preview.tasks:
        st.text("There is nothing to publish: every approved trial is left out, for the reasons below.")
        return
    if preview.is_same:
        st.text(f"{preview.target.place} holds exactly this already. There is nothing to publish.")
        return
    st.button(
        describe_button(preview),
        type="primary",
        icon=":material/publish:",
        key="publish",
        disabled=not is_current or is_publishing,
        on_click=_publish,
        args=(dataset, preview),
    )


def describe_button(preview: Preview) -> str:
    """What the button does, e.g. `Publish 57 tasks to you/repo`."""
    count = describe_count(preview.tasks, "task")
    if preview.options.repo is None:
        return f"Write {count} to the folder"
    place = escape_label(preview.target.place)
    if preview.options.create_pr:
        return f"Open a pull request with {count} at {place}"
    return f"Publish {count} to {place}"


def _publish(dataset: Dataset, preview: Preview) -> None:
    options = preview.options.model_copy(update={"seen": preview.seen})
    with problems_kept(), queueing(load_settings()) as store:
        job = pipeline.start_publishing(store, dataset, options, published_by=get_reviewer())
        st.session_state[keys.PUBLISH_JOB] = job.id
