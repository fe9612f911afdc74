"""The newest publication: its real stages while it runs, then how it ended and what that means for the repository."""

import streamlit as st

from core import pipeline
from core.models import Dataset, Job, JobKind, JobState
from core.publishing.options import PublishResult
from core.store import Store
from pages.shared import jobs, keys
from pages.shared.labels import describe_count

STAGES = {
    "checking the target": "Check",
    "building tasks": "Build",
    "uploading": "Upload",
    "committing": "Commit",
    "reading back": "Read back",
}
"""In their order; making a repository belongs to the upload."""
_PLACES = {stage: place for place, stage in enumerate(STAGES)} | {"creating the repository": 2}
_COMMITTING = _PLACES["committing"]


def find_running(store: Store, dataset: Dataset) -> Job | None:
    """The dataset's publication that is under way."""
    job = _find_last(store, dataset)
    return None if job is None or job.is_over else job


def show_last_job(store: Store, dataset: Dataset) -> None:
    """How the dataset's newest publication stands; one that ended well before this session is in the history only."""
    job = _find_last(store, dataset)
    if job is None:
        return
    is_ours = st.session_state.get(keys.PUBLISH_JOB) == job.id
    if job.is_over and not is_ours and job.state is not JobState.STOPPED:
        return
    with st.container(border=True):
        jobs.show_job(job, _draw)


def _find_last(store: Store, dataset: Dataset) -> Job | None:
    return next((job for job in store.jobs.list_jobs(JobKind.PUBLISH) if job.dataset_id == dataset.id), None)


def _draw(job: Job) -> None:
    params = pipeline.PublishParams.model_validate_json(job.params)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Withdrawal**" if params.withdraw else "**Publication**", width="content")
        jobs.show_state(job)
        if not job.is_over:
            is_late = _PLACES.get(job.stage, 0) >= _COMMITTING
            st.space("stretch")
            st.button(
                "Cancel",
                key=f"cancel_publish_{job.id}",
                disabled=is_late,
                help="The commit is being made; it can be stopped no more." if is_late else None,
                on_click=jobs.cancel_job,
                args=(job.id,),
            )
    if job.state is JobState.FINISHED:
        _show_result(PublishResult.model_validate_json(job.result or ""))
    elif job.is_over:
        _show_stop(job)
    else:
        _show_stages(job)
        jobs.show_progress(job)


def _show_stages(job: Job) -> None:
    here = _PLACES.get(job.stage, -1)
    with st.container(horizontal=True, gap="xsmall"):
        for place, word in enumerate(STAGES.values()):
            if place < here:
                st.badge(word, icon=":material/check:", color="green")
            elif place == here:
                st.badge(word, icon=":material/autorenew:", color="blue")
            else:
                st.badge(word, icon=":material/radio_button_unchecked:", color="gray")


def _show_stop(job: Job) -> None:
    jobs.show_reason(job)
    if job.state is JobState.CANCELLED:
        return
    st.button(
        "Resume" if job.state is JobState.PAUSED else "Try again",
        icon=":material/refresh:",
        key=f"retry_publish_{job.id}",
        on_click=jobs.resume_job,
        args=(job.id,),
    )


def _show_result(result: PublishResult) -> None:
    for sentence in describe_result(result):
        st.text(sentence)
    if result.pull_request:
        st.link_button("Open the pull request", result.pull_request, icon=":material/open_in_new:")
    elif result.url and result.repo:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.link_button("Open the repository", result.url, icon=":material/open_in_new:")
            st.code(f'load_dataset("{result.repo}")', language="python", width="content")


def describe_result(result: PublishResult) -> list[str]:
    """What happened, in whole sentences: how many tasks, where, and that it was compared."""
    count = describe_count(result.trials, "trial")
    place = result.repo or result.path or ""
    if result.withdrawn:
        gone = describe_count(len(result.withdrawn), "trial")
        return [
            f"{gone} withdrawn from {place}, {count} left there. Commit {_cut(result)}, read back and compared.",
            "What was withdrawn is under review again.",
        ]
    if result.unchanged:
        return [f"{place} held exactly these {count} already. No commit was made."]
    changes = f"{result.added:,} new, {result.changed:,} changed"
    removed = f", {describe_count(len(result.removed), 'trial')} removed" if result.removed else ""
    if result.pull_request:
        return [f"A pull request proposes {count}: {changes}{removed}. The repository is as it was until it is merged."]
    how = f"Commit {_cut(result)}, read back and compared." if result.revision else "Written and complete."
    return [f"{count} published to {place}: {changes}{removed}. {how}"]


def _cut(result: PublishResult) -> str:
    return (result.revision or "")[:12]
