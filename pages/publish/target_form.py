"""Where to publish, and under which names."""

from pathlib import Path
from typing import NamedTuple

import streamlit as st

from core.models import Dataset
from core.publishing.publish import PublishOptions, default_prefix
from pages.shared.problems import show_problem

HUB, FOLDER = "Hub repository", "Local folder"
NO_TOKEN = (
    "No token for the Hub is set. Set HF_TOKEN to one that may write, in the environment or in "
    ".streamlit/secrets.toml, and start again. A folder needs none."
)


class Target(NamedTuple):
    """What the person asks for."""

    options: PublishOptions
    is_complete: bool
    """False while it names no place, or a token is missing."""


def show_target_form(dataset: Dataset) -> Target:
    """The form: the place first, then what is seldom changed."""
    has_token = _has_token()
    place = st.segmented_control(
        "Where to",
        [HUB, FOLDER],
        default=HUB if has_token else FOLDER,
        required=True,
        key="publish_to",
        label_visibility="collapsed",
    )
    repo = folder = None
    is_private = False
    if place == HUB:
        repo = (
            st.text_input("Repository", placeholder="owner/name", key="repo", persist_state="session").strip() or None
        )
        is_private = st.toggle("Private, if it is made now", key="private")
        if not has_token:
            show_problem(NO_TOKEN)
    else:
        folder = (
            st.text_input("Folder", placeholder="/path/of/a/folder", key="folder", persist_state="session").strip()
            or None
        )
    prefix = st.text_input("Prefix of the tasks", value=default_prefix(dataset.name), key=f"prefix_{dataset.id}")
    with st.expander("More"):
        tasks = st.text_input(
            "Source tasks",
            placeholder="folder, .parquet or .jsonl file, or Hub id",
            help="Their environments and tests are carried over; only the instruction changes.",
            key="tasks",
        ).strip()
        is_replacing = st.toggle("Replace the tasks of another dataset", key="replace")
    options = PublishOptions(
        repo=repo,
        output_dir=_resolve(folder) if folder else None,
        prefix=prefix.strip(),
        private=is_private,
        replace=is_replacing,
        tasks=_resolve(tasks) if tasks and Path(tasks).expanduser().exists() else tasks or None,
    )
    return Target(options, is_complete=folder is not None or (repo is not None and has_token))


def _has_token() -> bool:
    # imported late: it reads its address from the environment
    from huggingface_hub import get_token

    return get_token() is not None


def _resolve(path: str) -> str:
    """The whole path: the worker has a folder of its own."""
    return str(Path(path).expanduser().resolve())
