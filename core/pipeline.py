"""The whole way on one screen: import, extract, aggregate and check, publish. Called by the worker, job by job."""

import logging
from collections.abc import Callable, Sequence

from pydantic import BaseModel

from core.curation.curate import curate_dataset
from core.curation.near_duplicates import list_near_duplicates
from core.errors import JobPostponed
from core.extraction.batch import run_batch, wind_up_batch
from core.extraction.batch_policy import BatchPolicy
from core.extraction.estimate import estimate_batch
from core.extraction.launch import check_budget, check_has_server, describe_change
from core.extraction.prices import choose_price
from core.models import Dataset, Extractor, Job, JobKind
from core.progress import Progress
from core.publishing.options import PublishOptions, PublishResult
from core.publishing.preview import run_preview
from core.publishing.publish import Made, run_publish
from core.publishing.targets import check_options
from core.publishing.withdraw import run_withdrawal
from core.settings import Settings
from core.steering import resume_batch
from core.store import Store
from core.store.batch_models import Batch, BatchConfig, Estimate
from core.store.limits import LIMITS
from core.traces.importing import import_source
from core.traces.options import ImportOptions
from core.traces.sources import SourceRequest, load_source

logger = logging.getLogger(__name__)


class ImportParams(BaseModel):
    """What an import job does."""

    source: SourceRequest
    options: ImportOptions = ImportOptions()


class ImportDone(BaseModel):
    """What an import job leaves."""

    dataset_id: int
    was_there: bool
    """True if exactly this was imported before."""


class ExtractParams(BaseModel):
    """What an extraction job does; its batch holds the rest."""

    batch: BatchConfig


class PreviewParams(BaseModel):
    """What a preview job does."""

    options: PublishOptions


class PreviewDone(BaseModel):
    """What a preview job leaves; the preview itself is in the store, under the job."""

    tasks: int


class PublishParams(BaseModel):
    """What a publishing job does."""

    options: PublishOptions
    published_by: str
    withdraw: list[int] = []
    """Trials to take out of the repository instead, by id."""


def run_import(store: Store, params: ImportParams, *, progress: Progress) -> ImportDone:
    """Bring a source into the store.

    Raises:
        SourceError: It cannot be read, or holds no episode rows.
    """
    progress("opening the source")
    result = import_source(store, load_source(params.source), params.options, progress=progress)
    return ImportDone(dataset_id=result.dataset.id, was_there=result.was_there)


class WindUpParams(BaseModel):
    """What a job does that follows a cancelled extraction."""

    batch_id: int


def run_extraction(
    store: Store,
    job: Job,
    *,
    settings: Settings,
    progress: Progress,
    check_lease: Callable[[], None],
    policy: BatchPolicy | None = None,
) -> str | None:
    """Answer a batch's requests, then aggregate and check the trials that it touched; what the job leaves, as JSON.

    Raises:
        ModelServerError: Every request would fail in the same way.
        JobStopped: Paused, cancelled or taken over; what was answered is aggregated all the same.
    """
    batch = store.batches.get_batch_of_job(job.id)
    dataset = store.traces.get_dataset(batch.dataset_id)
    before = store.batches.count_requests(batch.id).done
    changed = describe_change(batch, settings)
    if changed is not None:
        logger.warning("batch %s: %s", batch.id, changed)
    try:
        result = run_batch(store, batch, settings=settings, progress=progress, check_lease=check_lease, policy=policy)
    except JobPostponed:
        # it comes back every few seconds, for a day
        if store.batches.count_requests(batch.id).done != before:
            curate_dataset(store, dataset, batch_id=batch.id, check_lease=check_lease)
        raise
    except Exception:
        # what was paid for is shown to the reviewer, although the batch is not through
        curate_dataset(store, dataset, batch_id=batch.id, check_lease=check_lease)
        raise
    curate_dataset(store, dataset, batch_id=batch.id, progress=progress, check_lease=check_lease)
    if batch.config.suggest_merges and batch.config.way == "live" and batch.extractor is Extractor.LLM:
        _suggest_merges(store, batch)
        run_batch(store, batch, settings=settings, progress=progress, check_lease=check_lease, policy=policy)
    return result


def _suggest_merges(store: Store, batch: Batch) -> None:
    """Have a model asked for one wording where hints of a trial nearly say the same; a person accepts it or not."""
    for trial_id in store.curation.list_extracted_trials(batch.dataset_id, batch_id=batch.id):
        groups = list_near_duplicates(store.curation.list_hints(trial_id))
        if groups:
            store.batches.ensure_merges(batch.id, {store.traces.list_attempts(trial_id)[0].id: groups})


def run_winding_up(
    store: Store,
    job: Job,
    *,
    settings: Settings,
    progress: Progress,
    check_lease: Callable[[], None],
    policy: BatchPolicy | None = None,
) -> None:
    """Cancel what a server still has of a cancelled batch; what it answered till then is aggregated.

    Raises:
        ModelServerError: The server refuses.
        JobStopped: It is not over yet, or another worker took over.
    """
    batch = store.batches.get_batch(WindUpParams.model_validate_json(job.params).batch_id)
    wind_up_batch(store, batch, settings=settings, progress=progress, check_lease=check_lease, policy=policy)
    dataset = store.traces.get_dataset(batch.dataset_id)
    curate_dataset(store, dataset, batch_id=batch.id, progress=progress, check_lease=check_lease)


def run_previewing(store: Store, job: Job, *, settings: Settings, progress: Progress) -> PreviewDone:
    """Look at what a publication would be; changes nothing.

    Raises:
        PublishError: It would be refused.
    """
    params = PreviewParams.model_validate_json(job.params)
    dataset = store.traces.get_dataset(job.dataset_id or 0)
    preview = run_preview(store, dataset, params.options, settings=settings, progress=progress, job_id=job.id)
    return PreviewDone(tasks=preview.tasks)


def run_publishing(store: Store, job: Job, *, settings: Settings, progress: Progress) -> PublishResult:
    """Publish a dataset's approved trials, or withdraw published ones.

    Raises:
        PublishError: Nothing was published; the target is as it was.
    """
    params = PublishParams.model_validate_json(job.params)
    dataset = store.traces.get_dataset(job.dataset_id or 0)
    if params.withdraw:
        return run_withdrawal(
            store,
            dataset,
            params.options.repo or "",
            params.withdraw,
            settings=settings,
            progress=progress,
            made=Made(params.published_by, job.id),
        )
    return run_publish(
        store,
        dataset,
        params.options,
        settings=settings,
        progress=progress,
        made=Made(params.published_by, job.id),
    )


def start_import(store: Store, params: ImportParams, *, created_by: str = "") -> Job:
    """A queued import; the job that already does exactly this if there is one."""
    values = params.model_dump(mode="json")
    return store.jobs.continue_or_create(JobKind.IMPORT, params=values, created_by=created_by)


def start_extraction(
    store: Store,
    dataset: Dataset,
    config: BatchConfig,
    *,
    settings: Settings,
    created_by: str = "",
    say: Callable[[str], None] | None = None,
) -> Job:
    """A queued batch over the chosen attempts; the one that already asks exactly this is continued instead.

    Args:
        store: Of the workspace.
        dataset: Whose attempts.
        config: Its limits hold from now on, also if the batch was launched with others before.
        settings: Of this process.
        created_by: Who launches it.
        say: Told if limits of an earlier batch change.

    Raises:
        UsageError: The `llm` extractor without a server, or a budget that cannot be held.
    """
    if config.extractor is Extractor.LLM:
        if config.way != "files":
            check_has_server(settings)
        check_budget(config)
    # what has its default is left out, so that a new field of the configuration makes no paused batch unknown
    values = ExtractParams(batch=config).model_dump(mode="json", exclude_defaults=True)
    # reckoned before anybody is kept from writing
    estimate = _estimate(store, dataset, config)
    with store.jobs.write():
        job = store.jobs.find_open_job(
            JobKind.EXTRACT,
            params=values,
            dataset_id=dataset.id,
            with_stopped=True,
            apart_from=[f"$.batch.{name}" for name in LIMITS],
        )
        if job is None:
            job = store.jobs.create_job(JobKind.EXTRACT, params=values, dataset_id=dataset.id, created_by=created_by)
            store.batches.create_batch(job_id=job.id, dataset_id=dataset.id, config=config, estimate=estimate)
    batch = store.batches.get_batch_of_job(job.id)
    store.batches.ensure_requests(batch.id)
    changed = resume_batch(store, batch.id, limits=config.model_dump(include=set(LIMITS)))
    if changed and say is not None:
        say(changed)
    return store.jobs.get_job(job.id)


def _estimate(store: Store, dataset: Dataset, config: BatchConfig) -> Estimate | None:
    if config.extractor is Extractor.RULES:
        return None
    return estimate_batch(store, dataset.id, config, price=choose_price(config))


def start_preview(store: Store, dataset: Dataset, options: PublishOptions, *, created_by: str) -> Job:
    """A queued preview.

    Raises:
        UsageError: Neither repository nor folder, or a malformed name.
    """
    check_options(options)
    values = PreviewParams(options=options).model_dump(mode="json")
    return store.jobs.continue_or_create(JobKind.PREVIEW, params=values, dataset_id=dataset.id, created_by=created_by)


def start_publishing(
    store: Store, dataset: Dataset, options: PublishOptions, *, published_by: str, withdraw: Sequence[int] = ()
) -> Job:
    """A queued publication, or withdrawal of published trials.

    Raises:
        UsageError: Neither repository nor folder, or a malformed name.
    """
    check_options(options)
    params = PublishParams(options=options, published_by=published_by, withdraw=list(withdraw))
    values = params.model_dump(mode="json")
    return store.jobs.continue_or_create(JobKind.PUBLISH, params=values, dataset_id=dataset.id, created_by=published_by)
