"""What goes into the tasks; the usual choice is made already."""

from pathlib import Path

import streamlit as st

from core.models import Dataset
from core.publishing.options import PublishOptions


def show_options_form(dataset: Dataset, defaults: PublishOptions) -> PublishOptions:
    """The options but for the place.

    Args:
        dataset: The dataset.
        defaults: What stands there at first.
    """
    with st.expander("More", key=f"more_{dataset.id}"):
        prefix = st.text_input("Prefix of the tasks", defaults.prefix, key=f"prefix_{dataset.id}")
        tasks = st.text_input(
            "Source tasks",
            defaults.tasks or "",
            placeholder="folder, .parquet or .jsonl file, or Hub id",
            help="Their environments and tests are carried over; only the instruction changes.",
            key=f"tasks_{dataset.id}",
        ).strip()
        names_episodes = st.toggle(
            "Name source episodes behind pitfalls", defaults.source_episodes, key=f"episodes_{dataset.id}"
        )
        replaces = st.toggle("Replace the tasks of another dataset", defaults.replace, key=f"replace_{dataset.id}")
    return PublishOptions(
        prefix=prefix.strip(),
        tasks=_resolve(tasks),
        source_episodes=names_episodes,
        replace=replaces,
    )


def _resolve(tasks: str) -> str | None:
    """The whole path if it is one: the worker has a folder of its own."""
    if tasks and Path(tasks).expanduser().exists():
        return str(Path(tasks).expanduser().resolve())
    return tasks or None
