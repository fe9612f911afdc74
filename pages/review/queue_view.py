"""The queue as the workbench shows it: rows in order, true counts, datasets, pace."""

from typing import Any

from core.curation.queue_view import build_queue_rows
from core.errors import TraceHintsError
from core.store import Store
from core.store.part import utc_now
from core.store.queue_models import QueueFilter, QueueStatus
from pages.review.bulk_view import list_audits
from pages.shared.datasets import describe_dataset
from pages.shared.keys import DATASET


def build_queue(store: Store, query: dict[str, str], *, today_utc: str, opened: int | None = None) -> dict[str, Any]:
    """The queue for a filter as it stands in the URL, as plain data; `dataset` None while there is none.

    Where the filter names no dataset, it is that of the trial `opened`, else the newest.

    `counts` are those of the chips, with search and filters; `totals` those of the whole dataset.
    """
    datasets = {item.id: describe_dataset(item) for item in store.traces.list_datasets()}
    named = query.get(DATASET, "")
    chosen = int(named) if named.isdecimal() and int(named) in datasets else _find_dataset(store, opened)
    if chosen is None:
        chosen = next(iter(datasets), None)
    if chosen is None:
        return {"dataset": None, "datasets": [], "rows": [], "counts": {}, "totals": {}, "query": query}
    wanted = QueueFilter.from_query(chosen, query)
    pace = store.overview.get_day_pace(chosen, since_utc=today_utc)
    return {
        "dataset": chosen,
        "datasets": list(datasets.items()),
        "query": query,
        "counts": {status.value: number for status, number in store.queue.count_by_status(wanted).items()},
        "totals": count_extracted(store, chosen),
        "rows": build_queue_rows(store.queue.list_entries(wanted)),
        "held": list_held(store, chosen),
        "audits": list_audits(store, chosen),
        "models": store.queue.list_models(chosen),
        "codes": store.queue.list_codes(chosen),
        "decided_today": pace.decided,
        "per_hour": pace.per_hour,
    }


def _find_dataset(store: Store, trial_id: int | None) -> int | None:
    try:
        return None if trial_id is None else store.traces.get_trial(trial_id).dataset_id
    except TraceHintsError:
        return None


def list_held(store: Store, dataset_id: int) -> list[Any]:
    """Trial, reviewer and time of every reservation in a dataset."""
    return [list(item) for item in store.reservations.list_reservations(dataset_id, now_utc=utc_now())]


def count_extracted(store: Store, dataset_id: int) -> dict[str, int]:
    """Trials of a dataset by status, of those that hints were looked for in; `all` is their sum."""
    counts = store.queue.count_by_status(QueueFilter(dataset_id=dataset_id))
    decided = {status: counts[status] for status in (QueueStatus.OPEN, QueueStatus.APPROVED, QueueStatus.REJECTED)}
    return {**{status.value: number for status, number in decided.items()}, "all": sum(decided.values())}
