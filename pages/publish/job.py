"""The newest publication: under way, done, or refused."""

import streamlit as st

from core.models import Dataset, Job, JobKind, JobState
from core.publishing.publish import PublishResult
from core.store import Store
from pages.shared import jobs, keys
from pages.shared.labels import describe_count


def show_last_job(store: Store, dataset: Dataset) -> None:
    """How the dataset's newest publication stands; nothing of one that ended before this session."""
    job = next((item for item in store.jobs.list_jobs(JobKind.PUBLISH) if item.dataset_id == dataset.id), None)
    if job is None or (job.is_over and st.session_state.get(keys.PUBLISH_JOB) != job.id):
        return
    with st.container(border=True):
        jobs.show_job(job, _draw)


def _draw(job: Job) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Publication**", width="content")
        jobs.show_state(job)
        if not job.is_over:
            st.space("stretch")
            st.button("Cancel", key=f"cancel_publish_{job.id}", on_click=jobs.cancel_job, args=(job.id,))
    if job.state is JobState.FINISHED:
        _show_result(PublishResult.model_validate_json(job.result or ""))
    elif job.is_over:
        jobs.show_reason(job)
    else:
        jobs.show_progress(job)


def _show_result(result: PublishResult) -> None:
    count = describe_count(result.trials, "task")
    if result.unchanged:
        st.text(f"The target holds exactly these {count} already. Nothing was changed.")
    else:
        st.text(f"{count} published" + (f", {len(result.removed)} removed." if result.removed else "."))
    if result.path:
        st.text(result.path)
    if result.url:
        st.text(f"{result.url}, commit {(result.revision or '')[:12]}")
        st.link_button("Open the repository", result.url, icon=":material/open_in_new:")
