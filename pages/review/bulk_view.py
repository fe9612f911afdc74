"""What deciding many trials at once would do, before it is done, and what audits of earlier ones say."""

from typing import Any

from pydantic import ValidationError

from core.curation.audit import list_audit_reports
from core.curation.bulk import BulkWish, describe_plan, plan_bulk
from core.errors import TraceHintsError
from core.store import Store
from core.store.queue_models import QueueFilter
from pages.review.outgoing import BulkWanted
from pages.shared.keys import DATASET


def build_bulk_plan(store: Store, wanted: BulkWanted) -> dict[str, Any]:
    """The question to ask before it, and the payload of the action that does it, as plain data."""
    try:
        wish = _read_wish(wanted.wish)
        plan = plan_bulk(store, wish, action_id=wanted.id)
    except (TraceHintsError, ValidationError) as error:
        return {"n": wanted.n, "trials": 0, "title": "This cannot be done", "words": str(error)}
    title, _, words = describe_plan(wish, plan).partition("? ")
    return {
        "n": wanted.n,
        "trials": len(plan.trial_ids),
        "title": f"{title}?" if plan.trial_ids else f"Nothing here to {wish.operation}",
        "words": words,
        "button": f"{wish.operation.capitalize()} {len(plan.trial_ids):,}",
        "payload": wish.model_dump(mode="json"),
    }


def _read_wish(wish: dict[str, Any]) -> BulkWish:
    """A filter comes as it stands in the URL."""
    query = wish.get("query")
    chosen = {name: value for name, value in wish.items() if name != "query"}
    if isinstance(query, dict):
        chosen["filter"] = QueueFilter.from_query(int(query[DATASET]), query)
    return BulkWish.model_validate(chosen)


def list_audits(store: Store, dataset_id: int) -> list[dict[str, Any]]:
    """Every audit of a dataset that is not settled by its undo, newest first, as plain data."""
    return [
        {
            **report.counts._asdict(),
            "rate": report.rate,
            "low": report.low,
            "high": report.high,
            "offers_undo": report.offers_undo,
        }
        for report in list_audit_reports(store, dataset_id)
    ]
