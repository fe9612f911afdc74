"""The preview: asked for, under way, refused, or there to look at; with the button that publishes exactly that."""

import streamlit as st

from core import pipeline
from core.models import Dataset, Job, JobKind, JobState
from core.publishing.preview import build_stamp, find_preview
from core.publishing.preview_models import Preview
from core.settings import load_settings
from core.store import Store
from core.worker import queueing
from pages.publish.confirm import show_publish_button
from pages.publish.look import show_look
from pages.publish.summary import show_left_out, show_summary
from pages.publish.target_form import Target
from pages.shared import jobs
from pages.shared.problems import problems_kept
from pages.shared.reviewer import get_reviewer
from pages.shared.times import describe_time

EXPLANATION = (
    "A preview builds every task, looks for secrets, asks the Hub what the token may do, and compares with what is "
    "there now. Nothing is sent."
)


def find_preview_job(store: Store, dataset: Dataset) -> Job | None:
    """The dataset's newest preview, over or not; None before the first one."""
    return next((job for job in store.jobs.list_jobs(JobKind.PREVIEW) if job.dataset_id == dataset.id), None)


def show_preview(store: Store, dataset: Dataset, target: Target, job: Job | None, *, is_publishing: bool) -> None:
    """What would be published, and the button for it.

    Args:
        store: Of the workspace.
        dataset: The dataset.
        target: What the form asks for now.
        job: The newest preview.
        is_publishing: True while a publication of the dataset is under way.
    """
    preview = find_preview(store, job.id) if job is not None and job.state is JobState.FINISHED else None
    stale = None if preview is None or job is None else _find_stale(store, target, preview, job)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("What will be published", anchor=False)
        if job is not None and not job.is_over:
            st.button("Cancel", key="cancel_preview", on_click=jobs.cancel_job, args=(job.id,))
        else:
            st.button(
                "Preview" if preview is None else "Preview again",
                type="secondary" if preview is not None and stale is None else "primary",
                icon=":material/visibility:",
                key="preview",
                disabled=not target.is_complete or is_publishing,
                on_click=_start_preview,
                args=(dataset, target),
            )
    if job is not None and not job.is_over:
        jobs.show_job(job, jobs.show_progress)
    elif preview is None or job is None:
        st.text(EXPLANATION if target.is_complete else f"Name a place first. {EXPLANATION}")
        if job is not None:
            jobs.show_reason(job)
    else:
        _show_found(store, dataset, preview, job, stale, is_publishing=is_publishing)


def _show_found(
    store: Store, dataset: Dataset, preview: Preview, job: Job, stale: str | None, *, is_publishing: bool
) -> None:
    st.caption(f"Previewed {describe_time(job.finished_utc)}")
    if stale is not None:
        st.badge(stale, icon=":material/history:", color="orange")
    show_summary(preview)
    show_publish_button(dataset, preview, is_current=stale is None, is_publishing=is_publishing)
    show_left_out(preview)
    show_look(store, preview, job)


def _find_stale(store: Store, target: Target, preview: Preview, job: Job) -> str | None:
    """Why the preview shows no longer what would be published, in fixed words; None if it does."""
    if preview.options != target.options:
        return "The choice on the left changed since. Preview again."
    newest = next(iter(store.publications.list_publications(dataset_id=job.dataset_id, limit=1)), None)
    if newest is not None and newest.created_utc > (job.finished_utc or ""):
        return "Something was published since. Preview again."
    saved = store.previews.find_preview(job.id)
    if saved is None or saved.stamp != build_stamp(store):
        return "Somebody decided on trials since. Preview again."
    return None


def _start_preview(dataset: Dataset, target: Target) -> None:
    with problems_kept(), queueing(load_settings()) as store:
        pipeline.start_preview(store, dataset, target.options, created_by=get_reviewer())
