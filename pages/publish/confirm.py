"""The button that publishes. What the target would lose is listed first, and asked for once."""

from typing import NamedTuple

import streamlit as st

from core import pipeline
from core.models import Dataset
from core.publishing.publish import Preview, PublishOptions, list_removals
from core.settings import load_settings
from core.worker import queueing
from pages.publish.target_form import Target
from pages.shared import keys
from pages.shared.labels import describe_count
from pages.shared.problems import problems_kept
from pages.shared.reviewer import get_reviewer

_ASKED = "asked_removals"


class Asked(NamedTuple):
    """A publication that waits for a yes."""

    options: PublishOptions
    removed: list[str]


def show_publish_button(dataset: Dataset, target: Target, plan: Preview) -> None:
    """The button; or, if the target would lose tasks, which ones and the buttons to go on or stop."""
    options = target.options
    asked: Asked | None = st.session_state.get(_ASKED)
    if asked is None or asked.options != options:
        st.button(
            f"Publish {describe_count(len(plan.tasks), 'task')}",
            type="primary",
            icon=":material/publish:",
            key="publish",
            disabled=not plan.tasks or not target.is_complete,
            on_click=_check_and_publish,
            args=(dataset, options, plan),
        )
        return
    st.text(f"{describe_count(len(asked.removed), 'task')} that the target holds now will be removed:")
    st.dataframe([{"Trial": name} for name in asked.removed], hide_index=True, alt="Tasks that will be removed")
    with st.container(horizontal=True):
        st.button(
            "Publish all the same", type="primary", key="publish_anyway", on_click=_publish, args=(dataset, options)
        )
        st.button("Cancel", key="publish_cancel", on_click=_stop_asking)


def _check_and_publish(dataset: Dataset, options: PublishOptions, plan: Preview) -> None:
    with problems_kept():
        removed = list_removals(plan, dataset, options, settings=load_settings())
        if removed:
            st.session_state[_ASKED] = Asked(options, removed)
        else:
            _publish(dataset, options)


def _publish(dataset: Dataset, options: PublishOptions) -> None:
    with problems_kept():
        _stop_asking()
        with queueing(load_settings()) as store:
            job = pipeline.start_publishing(store, dataset, options, published_by=get_reviewer())
            st.session_state[keys.PUBLISH_JOB] = job.id


def _stop_asking() -> None:
    st.session_state.pop(_ASKED, None)
