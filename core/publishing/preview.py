"""What would be published now, for a person to look at before anything leaves."""

from core.models import Dataset
from core.progress import no_progress
from core.publishing.building import Notes, build_tasks, open_tasks
from core.publishing.names import check_prefix
from core.publishing.options import Preview, PreviewTask, PublishOptions
from core.publishing.targets import Patience, check_options, find_targets
from core.settings import Settings, export_hub_settings
from core.store import Store


def build_preview(store: Store, dataset: Dataset, options: PublishOptions) -> Preview:
    """What would be published now: every task with its instruction, and what would be left out and why.

    Reads source tasks if there are any, from the Hub too; asks nothing of the target, see `list_removals`.

    Raises:
        SourceError: The source tasks cannot be read.
        UsageError: The prefix is malformed.
    """
    check_prefix(options.prefix)
    before = store.publications.find_last_hashes(dataset.id)
    notes, tasks = Notes([], []), []
    with open_tasks(store, dataset, options) as source_tasks:
        for task in build_tasks(store, dataset, options, source_tasks=source_tasks, notes=notes, progress=no_progress):
            if task.twin_of is not None:
                continue
            known = before.pop(task.trial.id, None)
            tasks.append(
                PreviewTask(
                    folder=task.folder,
                    trial_id=task.trial.id,
                    trial_name=task.trial.name,
                    instruction=task.instruction,
                    content_hash=task.content_hash,
                    change="new" if known is None else "same" if known == task.content_hash else "changed",
                )
            )
    removed = [store.traces.get_trial(trial_id).name for trial_id in sorted(before)]
    return Preview(tasks=tasks, left_out=notes.left_out, warnings=notes.warnings, removed=removed)


def list_removals(preview: Preview, dataset: Dataset, options: PublishOptions, *, settings: Settings) -> list[str]:
    """Trials whose tasks the repository or folder holds now and would lose; asks the Hub.

    Raises:
        PublishError: The target would be refused, or cannot be reached.
        UsageError: Neither repository nor folder, a malformed name, or no token.
    """
    check_options(options)
    export_hub_settings(settings)
    targets = find_targets(dataset, options, settings, Patience(), no_progress)
    return targets.list_removed({task.trial_name for task in preview.tasks})
