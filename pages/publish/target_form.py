"""Where to publish, and what; what was chosen the last time stands there again."""

from pathlib import Path
from typing import NamedTuple

import streamlit as st

from core import pipeline
from core.models import Dataset, JobKind
from core.publishing.options import PublishOptions
from core.publishing.publish import default_prefix
from core.store import Store
from pages.publish.options_form import show_options_form
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


def find_defaults(store: Store, dataset: Dataset) -> PublishOptions:
    """What was chosen for the newest preview, else for the newest publication, else what is usual."""
    jobs = [job for job in store.jobs.list_jobs(JobKind.PREVIEW) if job.dataset_id == dataset.id]
    if jobs:
        return pipeline.PreviewParams.model_validate_json(jobs[0].params).options
    publications = store.publications.list_publications(dataset_id=dataset.id, limit=1)
    if publications and publications[0].options != "{}":
        return PublishOptions.model_validate_json(publications[0].options)
    return PublishOptions(prefix=default_prefix(dataset.name))


def show_target_form(dataset: Dataset, defaults: PublishOptions) -> Target:
    """The form: the place first, then what is seldom changed."""
    st.subheader("Where to", anchor=False)
    has_token = _has_token()
    wants_folder = defaults.output_dir is not None or not has_token
    place = st.segmented_control(
        "Where to",
        [HUB, FOLDER],
        default=FOLDER if wants_folder and defaults.repo is None else HUB,
        required=True,
        key=f"publish_to_{dataset.id}",
        label_visibility="collapsed",
    )
    repo = folder = None
    is_private = creates_pr = False
    if place == HUB:
        repo = _ask("Repository", defaults.repo, "owner/name", key=f"repo_{dataset.id}")
        is_private = st.toggle("Private, if it is made now", defaults.private, key=f"private_{dataset.id}")
        creates_pr = st.toggle(
            "Open a pull request",
            defaults.create_pr,
            help="The repository stays as it is until somebody merges it there.",
            key=f"create_pr_{dataset.id}",
        )
        if not has_token:
            show_problem(NO_TOKEN)
    else:
        folder = _ask("Folder", defaults.output_dir, "/path/of/a/folder", key=f"folder_{dataset.id}")
    chosen = show_options_form(dataset, defaults)
    options = chosen.model_copy(
        update={
            "repo": repo,
            "output_dir": str(Path(folder).expanduser().resolve()) if folder else None,
            "private": is_private,
            "create_pr": creates_pr,
        }
    )
    return Target(options, is_complete=folder is not None or (repo is not None and has_token))


def _ask(label: str, default: str | None, placeholder: str, *, key: str) -> str | None:
    return st.text_input(label, default or "", placeholder=placeholder, key=key).strip() or None


def _has_token() -> bool:
    # imported late: it reads its address from the environment
    from huggingface_hub import get_token

    return get_token() is not None
