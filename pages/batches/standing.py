"""How one batch stands, read in one go."""

from typing import NamedTuple

from core.models import Dataset, Job, JobState
from core.store import Store
from core.store.batch_models import Batch, BatchCounts, BatchUsage, FailureGroup, LastAnswer, LiveFigures, Throughput
from core.store.servers import ServedBy
from pages.batches.pace import find_current

LAST_ANSWERS = 5


class Standing(NamedTuple):
    """A batch with everything that this page says of it."""

    batch: Batch
    job: Job
    wanted: JobState | None
    """What somebody asked a running job to become."""
    dataset: Dataset
    counts: BatchCounts
    usage: BatchUsage
    live: LiveFigures | None
    """None unless it runs and the figures are of this moment."""
    mode: str
    """How its server is told the form of the answer; empty as long as that is not known."""
    refused: set[str]
    """Parameters that its server does not take for its model."""
    servers: list[ServedBy]
    """More than one if server or key changed on the way."""
    throughput: list[Throughput]
    failures: list[FailureGroup]
    last_answers: list[LastAnswer]
    at_unix: float
    """When this was read."""


def load_standing(store: Store, batch_id: int, job: Job, dataset: Dataset, *, now_unix: float) -> Standing:
    """Everything of a batch as it stands.

    Args:
        store: Of the workspace.
        batch_id: The batch.
        job: Its job, as just read.
        dataset: What it extracts from.
        now_unix: The time now.
    """
    batch = store.batches.get_batch(batch_id)
    live = find_current(batch.live, now_unix=now_unix) if job.state is JobState.RUNNING else None
    return Standing(
        batch=batch,
        job=job,
        wanted=store.jobs.find_wanted(job.id),
        dataset=dataset,
        counts=store.batches.count_requests(batch_id),
        usage=store.batches.get_usage(batch_id),
        live=live,
        mode=live.mode if live else _find_mode(store, batch),
        refused=_find_refused(store, batch),
        servers=store.servers.list_servers(batch_id),
        throughput=store.batches.list_throughput(batch_id),
        failures=store.answers.list_failures(batch_id),
        last_answers=store.answers.list_last_answers(batch_id, limit=LAST_ANSWERS),
        at_unix=now_unix,
    )


def _find_refused(store: Store, batch: Batch) -> set[str]:
    if batch.server is None or batch.model is None:
        return set()
    return store.workspace.find_refused_parameters(server=batch.server, model=batch.model)


def _find_mode(store: Store, batch: Batch) -> str:
    if batch.server is None or batch.model is None:
        return ""
    return store.workspace.find_server_mode(server=batch.server, model=batch.model) or ""
