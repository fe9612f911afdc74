"""What the command line does with launched batches: list them, and say how one stands."""

from typing import Any

from core.models import Dataset
from core.settings import Settings
from core.store import Store, open_store
from core.store.batch_models import Batch
from core.store.limits import LIMITS

UNLIMITED = -1


def list_batches(settings: Settings, dataset_name: str | None) -> list[dict[str, Any]]:
    """Every batch as it stands, newest first, as `--json` prints it.

    Args:
        settings: Of the workspace.
        dataset_name: Name or id of a dataset; None means all.

    Raises:
        UsageError: There is no such dataset.
    """
    with open_store(settings.home) as store:
        dataset_id = None if dataset_name is None else store.traces.get_dataset_by_name(dataset_name).id
        batches = store.batches.list_batches(dataset_id=dataset_id, limit=UNLIMITED)
        datasets = {item.id: item for item in store.traces.list_datasets()}
        return [describe_batch(store, batch, datasets[batch.dataset_id]) for batch in batches]


def describe_batch(store: Store, batch: Batch, dataset: Dataset) -> dict[str, Any]:
    """How a batch stands. As everywhere on the command line, `done`, `failed` and `left` count attempts."""
    job, counts, usage = (
        store.jobs.get_job(batch.job_id),
        store.batches.count_attempts(batch.id),
        store.batches.get_usage(batch.id),
    )
    failures: dict[str, int] = {}
    for group in store.answers.list_failures(batch.id):
        failures[group.reason] = failures.get(group.reason, 0) + group.requests
    return {
        "batch": batch.id,
        "dataset": dataset.name,
        "extractor": batch.extractor.value,
        "model": batch.model,
        "state": job.state.value,
        "wanted": store.jobs.find_wanted(job.id),
        "reason": job.reason,
        "attempts": counts.total,
        "done": counts.done,
        "failed": counts.failed,
        "left": counts.pending,
        "failures": failures,
        "requests": usage.sent,
        "tokens_in": usage.tokens_in,
        "tokens_out": usage.tokens_out,
        "cost_usd": usage.cost_usd if batch.model else 0.0,
        "servers": [item.server for item in store.servers.list_servers(batch.id)],
        "limits": batch.config.model_dump(include=set(LIMITS)) if batch.model else {},
        "created_by": job.created_by,
        "started_utc": job.started_utc,
        "finished_utc": job.finished_utc,
    }


def describe_line(found: dict[str, Any]) -> str:
    """A batch in a line or two, e.g. `3  sample, gpt-4o-mini: paused; 12 of 26 attempts done, 14 left, $0.0123`."""
    parts = [f"{found['done']:,} of {found['attempts']:,} attempts done"]
    parts += [f"{found['failed']:,} failed"] if found["failed"] else []
    parts += [f"{found['left']:,} left"] if found["left"] else []
    if found["model"]:
        parts.append("cost unknown" if found["cost_usd"] is None else f"${found['cost_usd']:.4f}")
        budget = found["limits"]["budget_usd"]
        parts += [] if budget is None else [f"budget ${budget:g}"]
    wanted = f" ({found['wanted']} was asked for)" if found["wanted"] else ""
    line = f"{found['batch']}  {found['dataset']}, {found['model'] or 'rules'}: {found['state']}{wanted}; "
    line += ", ".join(parts)
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in found["failures"].items())
    more = [found["reason"] or "", f"failed: {reasons}" if reasons else ""]
    return "\n     ".join([line, *filter(None, more)])
