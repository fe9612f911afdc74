"""Publishing on one screen: find the target, build the files, commit, record. Approved trials only.

`hub` is imported late: huggingface_hub reads its address from the environment when it is imported.
"""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from core.errors import PublishError
from core.models import Dataset
from core.progress import Progress
from core.publishing.building import Notes, build_tasks, load_source_facts, open_tasks
from core.publishing.files import CommitFiles, write_files
from core.publishing.folder import FolderTarget, holds_files, move_files, open_staging
from core.publishing.hint_files import write_hints_file
from core.publishing.layouts import HINTS_PATH
from core.publishing.names import check_repo_name, default_prefix
from core.publishing.options import Preview, PreviewTask, PublishOptions, PublishResult, TrialNote
from core.publishing.preview import build_preview, list_removals
from core.publishing.targets import Patience, Targets, check_options, find_targets, make_calls
from core.settings import Settings, export_hub_settings
from core.store import Store

if TYPE_CHECKING:
    from core.publishing.hub import HubResult, HubTarget

__all__ = [
    "Preview",
    "PreviewTask",
    "PublishOptions",
    "PublishResult",
    "TrialNote",
    "build_preview",
    "check_repo_name",
    "default_prefix",
    "list_removals",
    "run_publish",
]


def run_publish(
    store: Store,
    dataset: Dataset,
    options: PublishOptions,
    *,
    settings: Settings,
    progress: Progress,
    published_by: str,
    job_id: int | None = None,
    patience: Patience | None = None,
) -> PublishResult:
    """Publish the dataset's approved trials to a repository, a folder, or both.

    Args:
        store: Holds the decisions; gets the record of the publication.
        dataset: The dataset.
        options: Where to, and what.
        settings: The Hub's address and token.
        progress: May stop everything up to the commit.
        published_by: For the history in the workspace; never published.
        job_id: The worker's job, for the history.
        patience: For tests.

    Raises:
        PublishError: Nothing was published, or the message names the commit that is in place and what is wrong.
        SourceError: The source tasks cannot be read.
        UsageError: Neither repository nor folder, a malformed name, or no token.
        JobStopped: `progress` asked to stop; nothing was published.
    """
    check_options(options)
    export_hub_settings(settings)
    patience = patience or Patience()
    progress("checking the target")
    targets = find_targets(dataset, options, settings, patience, progress)
    notes = Notes([], [])
    with open_staging(targets.folder) as staging:
        files = _write_files(store, dataset, options, staging, notes, progress)
        hints_file = _export_hints(options, files)
        removed = targets.list_removed({task.trial_name for task in files.tasks})
        if removed:
            progress(f"removing {len(removed)} tasks that are not published any more")
        pushed = None if targets.hub is None else _push(targets.hub, files, patience, progress)
        record = _Record(store, dataset, options, targets, files, pushed, published_by, job_id)
        is_exported = _export(targets.folder, files, record)
    is_unchanged = not is_exported if pushed is None else pushed.is_unchanged
    record.save(with_folder=True, is_unchanged=is_unchanged)
    return PublishResult(
        trials=len(files.content_hashes),
        repo=targets.hub.repo if targets.hub else None,
        revision=pushed.revision if pushed else None,
        path=str(targets.folder.path) if targets.folder else None,
        hints_file=None if hints_file is None else str(hints_file),
        url=targets.hub.url if targets.hub else None,
        unchanged=is_unchanged,
        left_out=notes.left_out,
        warnings=[note.model_copy(update={"diff": ""}) for note in notes.warnings],
        removed=removed,
    )


def _write_files(
    store: Store, dataset: Dataset, options: PublishOptions, staging: Path, notes: Notes, progress: Progress
) -> CommitFiles:
    try:
        with open_tasks(store, dataset, options) as source_tasks:
            files = write_files(
                staging,
                build_tasks(store, dataset, options, source_tasks=source_tasks, notes=notes, progress=progress),
                dataset=dataset,
                options=options,
                source=load_source_facts(store, dataset),
                tasks_identity=None if source_tasks is None else source_tasks.identity,
            )
    except OSError as error:
        raise PublishError(f"{staging.parent} cannot be written ({error.strerror}). Make room there.") from None
    if not files.tasks:
        raise PublishError(_explain_nothing(notes))
    return files


def _export_hints(options: PublishOptions, files: CommitFiles) -> Path | None:
    if options.export_hints is None:
        return None
    path = Path(options.export_hints)
    write_hints_file(files.folder / HINTS_PATH, path)
    return path


def _explain_nothing(notes: Notes) -> str:
    if not notes.left_out:
        return "No trial is approved yet, so there is nothing to publish. Approve a trial in the review first."
    first = notes.left_out[0]
    return (
        f"None of the {len(notes.left_out)} approved trials can be published. The first, {first.trial}: {first.reason}"
    )


def _push(target: "HubTarget", files: CommitFiles, patience: Patience, progress: Progress) -> "HubResult":
    # imported late: huggingface_hub reads its address from the environment
    from core.publishing.hub import publish_files

    calls = make_calls(patience, files.count_bytes(), lambda: progress("uploading"))
    return publish_files(target, files, calls=calls, progress=progress)


class _Record(NamedTuple):
    """Everything that the workspace's history keeps of a publication."""

    store: Store
    dataset: Dataset
    options: PublishOptions
    targets: Targets
    files: CommitFiles
    pushed: "HubResult | None"
    published_by: str
    job_id: int | None

    def save(self, *, with_folder: bool, is_unchanged: bool) -> None:
        hub, folder = self.targets.hub, self.targets.folder if with_folder else None
        if hub is None and folder is None:
            # a file of hints alone is no publication
            return
        self.store.publications.create_publication(
            dataset_id=self.dataset.id,
            job_id=self.job_id,
            repo=hub.repo if hub else None,
            path=str(folder.path) if folder else None,
            revision=self.pushed.revision if self.pushed else None,
            url=hub.url if hub else None,
            private=hub is not None and hub.is_private,
            prefix=self.options.prefix,
            unchanged=is_unchanged,
            published_by=self.published_by,
            content_hashes=self.files.content_hashes,
        )


def _export(target: FolderTarget | None, files: CommitFiles, record: _Record) -> bool:
    """True if the folder is written, False if it held all this already or nobody asked for one."""
    if target is None or (target.is_there and holds_files(target, files)):
        return False
    try:
        move_files(target, files)
    except PublishError as error:
        if record.pushed is None:
            raise
        record.save(with_folder=False, is_unchanged=record.pushed.is_unchanged)
        raise PublishError(f"{record.options.repo} holds commit {record.pushed.revision}, but: {error}") from None
    return True
