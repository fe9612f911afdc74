"""What `carry-over` does: a job of the worker, and its report in words and as data."""

from typing import Any

from core.augment import LISTED, JobRunner, Say
from core.curation.carry_job import start_carrying
from core.curation.carry_models import CarryReport
from core.models import Dataset
from core.settings import Settings
from core.worker import queueing


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
