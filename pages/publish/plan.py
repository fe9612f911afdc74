"""What would be published now, built again only when something changed."""

from pathlib import Path

import streamlit as st

from core.models import Dataset
from core.publishing.publish import Preview, PublishOptions, build_preview
from core.settings import load_settings
from core.store import Store, open_store

KEPT_SECONDS = 600
"""Source tasks may change without our knowing."""


def build_plan(store: Store, dataset: Dataset, options: PublishOptions) -> Preview:
    """The tasks as they would be published.

    Raises:
        SourceError: The source tasks cannot be read.
        UsageError: The prefix is malformed.
    """
    newest = next(iter(store.publications.list_publications(dataset_id=dataset.id, limit=1)), None)
    stamp = (*store.curation.get_queue_stamp(), 0 if newest is None else newest.id)
    # where it goes changes nothing about what it is
    contents = PublishOptions(prefix=options.prefix, tasks=options.tasks, source_episodes=options.source_episodes)
    return _build(load_settings().home, dataset, contents.model_dump_json(), stamp)


@st.cache_resource(
    max_entries=4, ttl=KEPT_SECONDS, show_spinner="Building the tasks", hash_funcs={Dataset: lambda d: d.id}
)
def _build(home: Path, dataset: Dataset, contents: str, stamp: tuple[int, ...]) -> Preview:  # noqa: ARG001 - a key
    with open_store(home) as store:
        return build_preview(store, dataset, PublishOptions.model_validate_json(contents))
