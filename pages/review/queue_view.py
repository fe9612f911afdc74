"""The queue as the workbench shows it: rows in order, true counts, datasets, pace."""

from typing import Any

from core.models import TrialStatus
from core.store import Store
from pages.shared.datasets import describe_dataset


def build_queue(store: Store, query: dict[str, str], *, today_utc: str) -> dict[str, Any]:
    """The queue for a filter as it stands in the URL, as plain data; `dataset` None while there is none."""
    datasets = store.traces.list_datasets()
    offered = {item.id: describe_dataset(item) for item in datasets}
    named = query.get("dataset", "")
    chosen = int(named) if named.isdecimal() and int(named) in offered else next(iter(offered), None)
    if chosen is None:
        return {"dataset": None, "datasets": [], "rows": [], "counts": {}, "query": query}
    tasks = {trial.id: " ".join(trial.task_text[:300].split())[:120] for trial in store.traces.list_trials(chosen)}
    entries = [entry for entry in store.curation.list_queue(chosen) if entry.is_extracted]
    status = query.get("status", "open")
    open_ = [entry for entry in entries if entry.status is TrialStatus.OPEN]
    check = [entry for entry in open_ if entry.blocks or entry.warnings]
    listed = {"open": open_, "check": check}.get(status, entries)
    search = query.get("search", "")
    if search:
        found = store.curation.search_trials(chosen, search)
        listed = [entry for entry in listed if entry.trial_id in found]
    listed = sorted(listed, key=lambda entry: (-entry.blocks, -entry.warnings, entry.number))
    pace = store.overview.get_review_pace(chosen, today_utc=today_utc, yesterday_utc=today_utc)
    return {
        "dataset": chosen,
        "datasets": [[key, name] for key, name in offered.items()],
        "query": query,
        "counts": {"open": len(open_), "check": len(check), "all": len(entries)},
        "rows": [
            [
                entry.trial_id,
                entry.name,
                entry.status,
                list(entry.outcomes),
                entry.blocks,
                entry.warnings,
                tasks[entry.trial_id],
            ]
            for entry in listed
        ],
        "decided_today": pace.decided_today,
        "per_hour": pace.per_hour,
    }
