"""What the command line does for a batch that runs elsewhere: write its requests to a folder, read the results."""

import json
from pathlib import Path
from typing import Any

from core import pipeline
from core.augment import ACTOR, JobRunner, Say, check_trial, describe_extraction
from core.errors import JobStopped, UsageError
from core.extraction.batch_files import MANIFEST_NAME, Manifest, build_mark, find_manifest
from core.models import Dataset, JobState
from core.settings import Settings
from core.store import Store, open_store
from core.store.batch_models import Batch, BatchConfig
from core.store.limits import LIMITS
from core.store.remote import WRITTEN
from core.worker import queueing


def write_requests(
    settings: Settings, dataset: Dataset, config: BatchConfig, *, run_job: JobRunner, say: Say
) -> dict[str, Any]:
    """Write a batch's requests to its folder; what `--json` prints.

    Raises:
        UsageError: The folder holds something else.
        JobStopped: It was paused or stopped before everything was written.
    """
    with queueing(settings) as store:
        check_trial(store, dataset, config)
        _check_free(store, config)
        job = pipeline.start_extraction(store, dataset, config, settings=settings, created_by=ACTOR, say=say)
        batch = store.batches.get_batch_of_job(job.id)
        before = store.batches.get_usage(batch.id)
    try:
        run_job(job)
    except JobStopped as error:
        # a batch that waits for its results is what was asked for
        if not _is_written(settings, batch):
            raise
        say(str(error))
    with open_store(settings.home) as store:
        parts = store.remote.list_open(batch.id)
    written = {"requests": sum(part.requests for part in parts), "files": [part.key for part in parts]}
    return describe_extraction(settings, batch.id, before=before, say=say) | {"written": written}


def read_results(settings: Settings, dataset: Dataset, folder: Path, *, run_job: JobRunner, say: Say) -> dict[str, Any]:
    """Read the results in a folder into the batch that its requests were written for; what `--json` prints.

    Raises:
        UsageError: The folder holds no requests of this workspace and dataset, or their batch was cancelled.
        JobStopped: There are no results yet, or it was paused or stopped.
    """
    with queueing(settings) as store:
        batch = _find_batch(store, dataset, folder)
        before = store.batches.get_usage(batch.id)
        with store.jobs.write():
            store.remote.save_folder(batch.id, str(folder))
            store.jobs.requeue_job(batch.job_id)
        job = store.jobs.get_job(batch.job_id)
    found: dict[str, Any] = json.loads(run_job(job).result or "{}")
    if found:
        say(_describe(found))
    return describe_extraction(settings, batch.id, before=before, say=say) | {"read": found}


def _check_free(store: Store, config: BatchConfig) -> None:
    """The folder is empty, or holds what exactly this batch wrote."""
    folder = Path(config.folder or "")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file. Give --write-requests a folder.")
    manifest = find_manifest(folder)
    if manifest is None:
        return
    batch = _find_own(store, manifest)
    if batch is None:
        raise UsageError(f"{folder} holds the requests of another workspace. Choose another folder.")
    is_over = store.jobs.get_job(batch.job_id).state in (JobState.FINISHED, JobState.CANCELLED)
    limits = config.model_dump(include=set(LIMITS))
    if is_over or batch.config.model_copy(update=limits) != config:
        raise UsageError(
            f"{folder} holds the requests of batch {batch.id}. Read its results with --read-results {folder}, or "
            "choose another folder."
        )


def _find_batch(store: Store, dataset: Dataset, folder: Path) -> Batch:
    manifest = find_manifest(folder)
    if manifest is None:
        raise UsageError(
            f"{folder} holds no {MANIFEST_NAME}. Give the folder that --write-requests filled, with the results in it."
        )
    batch = _find_own(store, manifest)
    if batch is None:
        raise UsageError(f"The requests in {folder} were written in another workspace. Set TRACE_HINTS_HOME to it.")
    if batch.dataset_id != dataset.id:
        raise UsageError(f"The requests in {folder} are of the dataset {manifest.dataset}, not of {dataset.name}.")
    if store.jobs.get_job(batch.job_id).state is JobState.CANCELLED:
        raise UsageError(f"Batch {batch.id} was cancelled, so its results are not read. Launch a new one.")
    return batch


def _find_own(store: Store, manifest: Manifest) -> Batch | None:
    if manifest.workspace != build_mark(store.workspace.get_secret()):
        return None
    try:
        return store.batches.get_batch(manifest.batch)
    except LookupError:
        return None


def _is_written(settings: Settings, batch: Batch) -> bool:
    with open_store(settings.home) as store:
        parts = store.remote.list_open(batch.id)
        return bool(parts) and all(part.status == WRITTEN for part in parts) and not store.remote.has_free(batch.id)


def _describe(found: dict[str, Any]) -> str:
    broken = f" ({', '.join(found['broken_at'])})" if found["broken"] else ""
    return (
        f"Read {found['lines']:,} lines in {found['files']:,} files: {found['answered']:,} requests answered, "
        f"{found['failed']:,} failed, {found['missing']:,} of them without a result; {found['duplicates']:,} lines "
        f"were duplicates, {found['foreign']:,} foreign, {found['broken']:,} broken{broken}."
    )
