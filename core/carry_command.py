"""What `carry-over` does: a job of the worker, and its report in words and as data."""

from typing import Any

from core.augment import LISTED, JobRunner, Say
from core.curation.carry_job import find_carrying, find_offer, start_carrying
from core.curation.carry_models import CarryReport
from core.models import Dataset
from core.settings import Settings
from core.store import open_store
from core.worker import queueing


def offer_decisions(settings: Settings, new: Dataset, *, say: Say) -> None:
    """Say if decisions on an earlier import of the same source could be carried over to this one, and how."""
    with open_store(settings.home) as store:
        offer = find_offer(store, new)
        if offer is None or find_carrying(store, offer.old, new) is not None:
            return
    say(
        f"{offer.counts.here} of {offer.counts.decided} decided trials of an earlier import, #{offer.old.id}, are here "
        f"too. To carry the decisions over: python -m core carry-over --from {offer.old.id} --to {new.id}"
    )


def carry_decisions(
    settings: Settings, old: Dataset, new: Dataset, *, dry_run: bool, run_job: JobRunner, say: Say, carried_by: str
) -> dict[str, Any]:
    """Carry decisions over, or say what would be; what `--json` prints of it.

    Raises:
        UsageError: The two are one dataset.
    """
    with queueing(settings) as store:
        job = start_carrying(store, old, new, carried_by=carried_by, dry_run=dry_run)
    report = CarryReport.model_validate_json(run_job(job).result or "")
    for line in describe_report(report):
        say(line)
    return report.model_dump(mode="json")


def describe_report(report: CarryReport) -> list[str]:
    """What was carried over, what was not and why."""
    verb = "would be carried" if report.dry_run else "carried"
    lines = [
        f"{report.carried_trials} of {report.trials} decided trials are here too; {verb} over: "
        f"{report.describe_carried()}"
    ]
    if report.known:
        lines.append(f"  {report.known} were carried over before and are left as they are here")
    if report.left:
        lines.append(f"{report.left} cannot be carried over; they stay as they are in the earlier import")
    lines += [f"  {item.trial}: {item.what} ({item.reason})" for item in report.left_behind[:LISTED]]
    rest = report.left - sum(item.count for item in report.left_behind[:LISTED])
    return [*lines, f"  and {rest} more"] if rest else lines
