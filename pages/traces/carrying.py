"""Decisions on an earlier import of the same source: offered, carried over by the worker, and what stays behind."""

import streamlit as st

from core.curation.carry_job import (
    CarryParams,
    Offer,
    find_carrying,
    find_offer,
    name_step,
    start_carrying,
    start_taking_back,
)
from core.curation.carry_models import CarryReport, TakenBack
from core.models import Dataset, Job, JobState
from core.settings import load_settings
from core.store import Store
from core.worker import queueing
from pages.shared import jobs
from pages.shared.datasets import describe_dataset
from pages.shared.labels import describe_count
from pages.shared.problems import problems_kept
from pages.shared.reviewer import get_reviewer
from pages.shared.times import describe_time
from pages.shared.unseen import name_unseen


def show_carrying(store: Store, dataset: Dataset) -> None:
    """Nothing where no earlier import of the same source has decided trials that are here, too.

    Args:
        store: Of the workspace.
        dataset: The later import.
    """
    offer = find_offer(store, dataset)
    if offer is None:
        return
    job = find_carrying(store, offer.old, dataset)
    with st.container(border=True):
        if job is None:
            st.text(_describe_offer(offer))
            _show_buttons(offer.old, dataset, with_look=True)
        elif job.state is JobState.FINISHED:
            _show_report(store, offer, dataset, job)
        else:
            jobs.show_job(job, _draw)


def _describe_offer(offer: Offer) -> str:
    here, decided = offer.counts.here, describe_count(offer.counts.decided, "decided trial")
    return f"{here:,} of {decided} of {describe_dataset(offer.old)} {'is' if here == 1 else 'are'} here too."


def _show_buttons(old: Dataset, new: Dataset, *, with_look: bool) -> None:
    with st.container(horizontal=True):
        _show_button("Carry over the decisions", old, new, dry_run=False)
        if with_look:
            _show_button("See what cannot be carried over", old, new, dry_run=True)


def _show_button(label: str, old: Dataset, new: Dataset, *, dry_run: bool) -> None:
    key = "look_what_stays" if dry_run else "carry_over"
    st.button(label, key=key, on_click=_start, args=(old, new), kwargs={"dry_run": dry_run})


def _start(old: Dataset, new: Dataset, *, dry_run: bool) -> None:
    with problems_kept(), queueing(load_settings()) as store:
        start_carrying(store, old, new, carried_by=get_reviewer(), dry_run=dry_run)


def _show_report(store: Store, offer: Offer, dataset: Dataset, job: Job) -> None:
    taken = CarryParams.model_validate_json(job.params).take_back
    if taken is not None:
        stayed = TakenBack.model_validate_json(job.result or "").stayed
        if stayed:
            trials = describe_count(stayed, "trial was", "trials were")
            st.text(f"{trials} changed since and not taken back.")
        job = store.jobs.get_job(taken)
    report = CarryReport.model_validate_json(job.result or "")
    step = store.steps.find_step(name_step(job))
    if report.dry_run or (step is not None and step.undone_by is not None):
        st.text(_describe_offer(offer))
        words = "Would be carried over" if report.dry_run else "Was carried over and taken back"
        st.text(f"{words}: {report.describe_carried()}.")
        _show_buttons(offer.old, dataset, with_look=False)
    else:
        _show_done(store, offer, dataset, job, report)
    _show_left(report)


def _show_done(store: Store, offer: Offer, dataset: Dataset, job: Job, report: CarryReport) -> None:
    signed = CarryParams.model_validate_json(job.params).carried_by
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(":green[:material/check_circle:]", width="content")
        st.text(
            f"Carried over from {describe_dataset(offer.old)}: {report.describe_carried()} "
            f"({name_unseen(signed)}, {describe_time(job.finished_utc)}).",
            width="stretch",
        )
        if report.has_carried:
            st.button("Take it back", key="take_back_carried", on_click=_take_back, args=(job,))
    if report.known:
        words = describe_count(report.known, "decision was", "decisions were")
        left = "is left as it is" if report.known == 1 else "are left as they are"
        st.text(f"{words} carried over before and {left} here.")
    if store.carrying.has_news(offer.old.id, job.finished_utc or ""):
        _show_button("Carry over what was decided since", offer.old, dataset, dry_run=False)


def _take_back(job: Job) -> None:
    with problems_kept(), queueing(load_settings()) as store:
        start_taking_back(store, job, taken_back_by=get_reviewer())


def _show_left(report: CarryReport) -> None:
    if not report.left:
        return
    named = sum(item.count for item in report.left_behind)
    more = f" The first {named:,} are listed." if named < report.left else ""
    words = describe_count(report.left, "decision")
    stays = "it stays as it is" if report.left == 1 else "they stay as they are"
    st.text(f"{words} cannot be carried over; {stays} in the earlier import.{more}")
    st.dataframe(
        [
            {"Trial": name_unseen(item.trial), "What": name_unseen(item.what), "Why": name_unseen(item.reason)}
            for item in report.left_behind
        ],
        hide_index=True,
        key="left_behind",
        alt="What cannot be carried over, and why",
    )


def _draw(job: Job) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        is_back = CarryParams.model_validate_json(job.params).take_back is not None
        st.markdown("**Taking back**" if is_back else "**Carrying decisions over**", width="content")
        jobs.show_state(job)
        if not job.is_over:
            st.button("Cancel", key=f"cancel_carrying_{job.id}", on_click=jobs.cancel_job, args=(job.id,))
    if job.is_over:
        jobs.show_reason(job)
        st.button("Resume", key=f"resume_carrying_{job.id}", on_click=jobs.resume_job, args=(job.id,))
    else:
        jobs.show_progress(job, noun="trials")
