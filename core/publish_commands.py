"""What `publish` does beside publishing: a preview, and taking published trials back."""

from collections.abc import Sequence
from typing import Any

from core import pipeline
from core.augment import LISTED, JobRunner, PublishWish, Say
from core.errors import UsageError
from core.models import Dataset
from core.publishing.options import PublishOptions, PublishResult
from core.publishing.preview import find_preview
from core.publishing.preview_models import Preview
from core.publishing.publish import default_prefix
from core.publishing.withdraw import find_published, find_trials
from core.settings import Settings
from core.store import open_store
from core.worker import queueing

COUNTS = {"trials", "tasks", "hints", "added", "changed", "same", "removed", "removed_trials", "left_out", "is_same"}
"""What `--json` prints of a preview."""


def preview_trials(
    settings: Settings, dataset: Dataset, wish: PublishWish, *, run_job: JobRunner, say: Say
) -> dict[str, Any]:
    """What would be published and what it would change, in words to `say` and as data; nothing is sent."""
    options = PublishOptions(**wish.model_dump(exclude={"prefix"}), prefix=wish.prefix or default_prefix(dataset.name))
    with queueing(settings) as store:
        job = pipeline.start_preview(store, dataset, options, created_by="command line")
    run_job(job)
    with open_store(settings.home) as store:
        preview = find_preview(store, job.id)
    if preview is None:
        raise UsageError("The preview is not kept any more. Ask for it again.")
    for line in describe_preview(preview):
        say(line)
    return preview.model_dump(include=COUNTS)


def describe_preview(preview: Preview) -> list[str]:
    """The counts, what the target would lose, and what is left out and why."""
    lines = [
        f"{preview.tasks} tasks with {preview.hints} hints would be published to {preview.target.place}: "
        f"{preview.added} new, {preview.changed} changed, {preview.same} as before, {preview.removed} removed"
    ]
    if preview.is_same:
        lines.append("  it holds exactly this already")
    lines += [f"  would be removed: {name}" for name in preview.removed_trials[:LISTED]]
    lines += [f"  left out: {note.trial} ({note.reason})" for note in preview.left_out[:LISTED]]
    rest = max(0, len(preview.removed_trials) - LISTED) + max(0, len(preview.left_out) - LISTED)
    return [*lines, f"  and {rest} more; --json lists them all"] if rest else lines


def withdraw_trials(
    settings: Settings,
    dataset: Dataset,
    wish: PublishWish,
    names: Sequence[str],
    *,
    run_job: JobRunner,
    say: Say,
    published_by: str,
) -> dict[str, Any]:
    """Take published trials out of a repository; what `--json` prints of it.

    Raises:
        UsageError: No repository is named, or it does not hold these trials.
    """
    if wish.repo is None:
        raise UsageError("Say where to withdraw from: --repo-name owner/name.")
    with queueing(settings) as store:
        publication = find_published(store, dataset, wish.repo)
        options = PublishOptions(repo=publication.repo, prefix=publication.prefix)
        trial_ids = find_trials(store, publication, names)
        job = pipeline.start_publishing(store, dataset, options, published_by=published_by, withdraw=trial_ids)
    result = PublishResult.model_validate_json(run_job(job).result or "")
    for name in result.withdrawn:
        say(f"  withdrawn: {name}; it is under review again")
    for name in result.removed:
        if name not in result.withdrawn:
            say(f"  removed, too: {name}, which is not approved any more")
    say(f"{result.trials} trials are left in {result.url}")
    return dict(result.model_dump(include={"trials", "repo", "revision", "path", "withdrawn"}))
