"""Import jobs: started on two pages, watched on both."""

import streamlit as st

from core import pipeline
from core.models import Job, JobKind
from core.settings import PROJECT_ROOT, load_settings
from core.store import Store
from core.traces.options import ImportOptions
from core.traces.sources import SourceRequest
from core.worker import queueing
from pages.shared import jobs
from pages.shared.problems import problems_kept
from pages.shared.reviewer import get_reviewer
from pages.shared.unseen import name_unseen

SAMPLE = PROJECT_ROOT / "core" / "traces" / "sample.jsonl"


def start_import(request: SourceRequest, options: ImportOptions) -> None:
    """Queue an import and see to a worker; for a button's callback."""
    with problems_kept():
        params = pipeline.ImportParams(source=request, options=options)
        with queueing(load_settings()) as store:
            pipeline.start_import(store, params, created_by=get_reviewer())


def start_sample_import() -> None:
    """Queue the import of the traces that ship with the program."""
    start_import(SourceRequest(source=str(SAMPLE)), ImportOptions())


def find_last_import(store: Store) -> Job | None:
    """The newest import job, over or not; None before the first one."""
    return next(iter(store.jobs.list_jobs(JobKind.IMPORT, limit=1)), None)


def show_import_job(job: Job) -> None:
    """An import while it runs, or why it ended early."""
    with st.container(border=True):
        jobs.show_job(job, _draw)


def _draw(job: Job) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Import**", width="content")
        jobs.show_state(job)
        st.text(_name_source(job), width="stretch", wrap=False)
        if not job.is_over:
            st.button("Cancel", key=f"cancel_import_{job.id}", on_click=jobs.cancel_job, args=(job.id,))
    if job.is_over:
        jobs.show_reason(job)
    else:
        jobs.show_progress(job, noun="rows" if job.stage == "reading rows" else "")


def _name_source(job: Job) -> str:
    return name_unseen(pipeline.ImportParams.model_validate_json(job.params).source.source)
