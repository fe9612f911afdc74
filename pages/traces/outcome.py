"""The newest import: running, failed, or just done."""

import streamlit as st

from core import pipeline
from core.models import Dataset, Job, JobState
from core.store import Store
from pages.shared import keys, navigation
from pages.shared.imports import show_import_job
from pages.shared.labels import describe_count


def show_outcome(store: Store, job: Job | None) -> None:
    """How the newest import stands; nothing of one that ended before this session.

    Args:
        store: Of the workspace.
        job: The newest import, if there was one.
    """
    if job is None:
        return
    if not job.is_over:
        st.session_state[keys.IMPORT_JOB] = job.id
        show_import_job(job)
    elif st.session_state.get(keys.IMPORT_JOB) == job.id:
        if job.state is JobState.FINISHED:
            _show_done(store, pipeline.ImportDone.model_validate_json(job.result or ""))
        else:
            show_import_job(job)


def _show_done(store: Store, done: pipeline.ImportDone) -> None:
    dataset = store.traces.get_dataset(done.dataset_id)
    stages = store.overview.count_stages(dataset.id)
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(":green[:material/check_circle:]", width="content")
        st.text(_describe(dataset, done.was_there, stages.trials, stages.attempts), width="stretch")
        if st.button("Extract hints", type="primary", key="extract_hints"):
            navigation.open_page(navigation.BATCHES, dataset=dataset)


def _describe(dataset: Dataset, was_there: bool, trials: int, attempts: int) -> str:
    counts = f"{describe_count(trials, 'trial')}, {describe_count(attempts, 'attempt')}"
    if was_there:
        return f"{dataset.name} was imported before with the same options: {counts}. Nothing was imported twice."
    return f"{dataset.name} is imported: {counts}."
