"""Carrying decisions over as a job of the worker: thousands of trials take longer than a click."""

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID, uuid5

from pydantic import BaseModel

from core.curation.carry_models import CarryReport, TakenBack
from core.curation.carry_over import carry_over
from core.curation.undo import undo
from core.errors import UsageError
from core.models import Dataset, Job, JobKind, JobState
from core.progress import Progress
from core.store import Store
from core.store.carrying import DecidedCounts

_NAMESPACE = UUID("e7a1c0de-5a3b-4b7e-8f10-2c9d4b6a8e31")


class CarryParams(BaseModel):
    """What such a job does; its dataset is the one that decisions are brought to."""

    from_dataset: int
    carried_by: str
    dry_run: bool = False
    take_back: int | None = None
    """Id of the job whose step is undone instead."""


class Offer(NamedTuple):
    """An earlier import whose decisions could be carried over to a later one."""

    old: Dataset
    counts: DecidedCounts


def find_offer(store: Store, new: Dataset) -> Offer | None:
    """The newest earlier import of the same source with decided trials that this one has, too; None if none has."""
    offers = (Offer(old, store.carrying.count_decided(old.id, new.id)) for old in store.carrying.list_earlier(new.id))
    return next((offer for offer in offers if offer.counts.here), None)


def start_carrying(store: Store, old: Dataset, new: Dataset, *, carried_by: str, dry_run: bool = False) -> Job:
    """A queued job; the one that already does exactly this if there is one.

    Raises:
        UsageError: The two are one dataset.
    """
    if old.id == new.id:
        raise UsageError(f"Both are the same import, #{old.id}. Name two imports, by their ids if the names are equal.")
    values = CarryParams(from_dataset=old.id, carried_by=carried_by, dry_run=dry_run).model_dump(mode="json")
    return store.jobs.continue_or_create(JobKind.CARRY_OVER, params=values, dataset_id=new.id, created_by=carried_by)


def start_taking_back(store: Store, job: Job, *, taken_back_by: str) -> Job:
    """A queued job that undoes what a finished one carried over; the one that already does if there is one."""
    params = CarryParams.model_validate_json(job.params)
    back = params.model_copy(update={"carried_by": taken_back_by, "take_back": job.id}).model_dump(mode="json")
    return store.jobs.continue_or_create(
        JobKind.CARRY_OVER, params=back, dataset_id=job.dataset_id, created_by=taken_back_by
    )


def run_carrying(
    store: Store, job: Job, *, progress: Progress, check_lease: Callable[[], None]
) -> CarryReport | TakenBack:
    """Do such a job; after an interruption, the rest of it.

    Raises:
        JobStopped: Paused, cancelled or taken over; what was carried over stays, and the next run does the rest.
    """
    params = CarryParams.model_validate_json(job.params)
    if params.take_back is not None:
        progress("taking back")
        return _take_back(store, job, store.jobs.get_job(params.take_back), params.carried_by)
    return carry_over(
        store,
        store.traces.get_dataset(params.from_dataset),
        store.traces.get_dataset(job.dataset_id or 0),
        carried_by=params.carried_by,
        action_id=name_step(job),
        dry_run=params.dry_run,
        progress=progress,
        check_lease=check_lease,
    )


def _take_back(store: Store, job: Job, carried: Job, reviewer: str) -> TakenBack:
    step, action_id = store.steps.find_step(name_step(carried)), name_step(job)
    if step is None or step.undone_by not in (None, action_id):
        # it carried nothing over, or somebody was faster
        return TakenBack(stayed=0)
    return TakenBack(stayed=undo(store, reviewer=reviewer, action_id=action_id, step_id=step.id).stayed)


def name_step(job: Job) -> str:
    """Id of the step that such a job takes, if it changes anything."""
    return str(uuid5(_NAMESPACE, f"{job.id} {job.created_utc}"))


def find_carrying(store: Store, old: Dataset, new: Dataset) -> Job | None:
    """The newest such job between two imports that was not cancelled; None before the first one."""
    return next(
        (
            job
            for job in store.jobs.list_jobs(JobKind.CARRY_OVER, limit=100)
            if job.dataset_id == new.id
            and job.state is not JobState.CANCELLED
            and CarryParams.model_validate_json(job.params).from_dataset == old.id
        ),
        None,
    )
