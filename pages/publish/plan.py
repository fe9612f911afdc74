"""What would be published now, built again only when something changed."""

from pathlib import Path

import streamlit as st

from core.models import Dataset
from core.publishing.publish import Preview, PublishOptions, build_preview
from core.settings import load_settings
from core.store import Store, open_store

AT_ONCE = 500
"""More tasks than this are built only when somebody asks: it takes about 10 ms each."""
_ASKED = "asked_for_plan"
KEPT_SECONDS = 600
"""Source tasks may change without our knowing."""


def is_wanted(dataset: Dataset, approved: int) -> bool:
    """True if the tasks are to be built now; a button asks first where there are many."""
    if approved <= AT_ONCE or st.session_state.get(_ASKED) == dataset.id:
        return True
    st.text(f"{approved:,} trials are approved. Building their tasks takes about {approved // 100:,} seconds.")
    st.button("Build them", key="build_plan", on_click=_ask, args=(dataset.id,))
    return False


def _ask(dataset_id: int) -> None:
    st.session_state[_ASKED] = dataset_id


def build_plan(store: Store, dataset: Dataset, options: PublishOptions) -> Preview:
    """The tasks as they would be published.

    Raises:
        SourceError: The source tasks cannot be read.
        UsageError: The prefix is malformed.
    """
    newest = next(iter(store.publications.list_publications(dataset_id=dataset.id, limit=1)), None)
    stamp = (*store.queue.get_stamp(), 0 if newest is None else newest.id)
    # where it goes changes nothing about what it is
    contents = PublishOptions(prefix=options.prefix, tasks=options.tasks, source_episodes=options.source_episodes)
    return _build(load_settings().home, dataset, contents.model_dump_json(), stamp)


@st.cache_resource(
    max_entries=4, ttl=KEPT_SECONDS, show_spinner="Building the tasks", hash_funcs={Dataset: lambda d: d.id}
)
def _build(home: Path, dataset: Dataset, contents: str, stamp: tuple[int, ...]) -> Preview:  # noqa: ARG001 - a key
    with open_store(home) as store:
        return build_preview(store, dataset, PublishOptions.model_validate_json(contents))
