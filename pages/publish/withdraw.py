"""Taking published trials out of a repository: chosen by name, asked for once, done by one commit."""

from collections.abc import Sequence

import streamlit as st

from core import pipeline
from core.models import Dataset
from core.publishing.options import PublishOptions
from core.settings import load_settings
from core.store import Store
from core.store.publications import Publication
from core.worker import queueing
from pages.shared import keys
from pages.shared.labels import describe_count, escape_label
from pages.shared.problems import problems_kept
from pages.shared.reviewer import get_reviewer


def show_withdraw(store: Store, dataset: Dataset, publications: Sequence[Publication]) -> None:
    """The choice of trials, folded.

    Args:
        store: Of the workspace.
        dataset: The dataset.
        publications: What each repository holds now.
    """
    if not publications:
        return
    with st.expander("Withdraw published trials"):
        st.text(
            "One commit removes their tasks, and the trials are under review again. "
            "The repository's history keeps the earlier commits."
        )
        by_id = {item.id: item for item in publications}
        chosen = st.selectbox(
            "Repository", list(by_id), format_func=lambda key: by_id[key].repo or "", key=f"withdraw_from_{dataset.id}"
        )
        names = store.publications.list_trial_names(chosen)
        trials = st.multiselect("Trials", list(names), format_func=names.__getitem__, key=f"withdraw_{chosen}")
        sure = st.toggle("Yes, remove them", key=f"withdraw_sure_{chosen}", disabled=not trials)
        st.button(
            f"Withdraw {describe_count(len(trials), 'trial')} from {escape_label(by_id[chosen].repo or '')}",
            key="withdraw",
            disabled=not (trials and sure),
            on_click=_withdraw,
            args=(dataset, by_id[chosen], trials),
        )


def _withdraw(dataset: Dataset, publication: Publication, trial_ids: list[int]) -> None:
    with problems_kept(), queueing(load_settings()) as store:
        options = PublishOptions(repo=publication.repo, prefix=publication.prefix)
        job = pipeline.start_publishing(
            store, dataset, options, published_by=get_reviewer(), withdraw=sorted(trial_ids)
        )
        st.session_state[keys.PUBLISH_JOB] = job.id
