"""Publishing on one screen: find the target, build the files, commit, read back, record. Approved trials only.

`hub` is imported late: huggingface_hub reads its address from the environment when it is imported.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import PublishConflictError, PublishError, WorkspaceFullError
from core.models import Dataset
from core.progress import Progress
from core.publishing import manifest
from core.publishing.building import Notes, build_tasks, load_source_facts, open_tasks
from core.publishing.difference import compare_tasks
from core.publishing.files import CommitFiles, Staging, write_files
from core.publishing.folder import FolderTarget, holds_files, move_files, open_staging
from core.publishing.hint_files import write_hints_file
from core.publishing.layouts import HINTS_PATH
from core.publishing.names import check_repo_name, default_prefix
from core.publishing.options import PublishOptions, PublishResult, TrialNote
from core.publishing.recording import Basis, Made, Record, settle_unsettled
from core.publishing.targets import Patience, Targets, check_options, find_targets, make_calls
from core.settings import Settings, export_hub_settings
from core.store import Store
from core.store.publications import PublicationKind

if TYPE_CHECKING:
    from core.publishing.hub import HubResult
    from core.publishing.hub_target import HubTarget

__all__ = [
    "Made",
    "PublishOptions",
    "PublishResult",
    "TrialNote",
    "check_repo_name",
    "default_prefix",
    "run_publish",
]


def run_publish(
    store: Store,
    dataset: Dataset,
    options: PublishOptions,
    *,
    settings: Settings,
    progress: Progress,
    made: Made,
    patience: Patience | None = None,
) -> PublishResult:
    """Publish the dataset's approved trials to a repository, a folder, or both.

    Args:
        store: Holds the decisions; gets the record of the publication.
        dataset: The dataset.
        options: Where to, and what.
        settings: The Hub's address and token.
        progress: May stop everything up to the commit.
        made: Who publishes; for the history in the workspace.
        patience: For tests.

    Raises:
        PublishError: Nothing was published, or the message names the commit that is in place and what is wrong.
        PublishConflictError: Target or decisions are not what the preview showed; nothing was published.
        SourceError: The source tasks cannot be read.
        UsageError: Neither repository nor folder, a malformed name, or no token.
        JobStopped: `progress` asked to stop; nothing was published.
    """
    check_options(options)
    export_hub_settings(settings)
    patience = patience or Patience()
    progress("checking the target")
    targets = _find_targets(dataset, options, settings, patience, progress)
    if targets.hub is not None:
        settle_unsettled(store, targets.hub)
    notes, basis = Notes([], []), Basis(store, dataset)
    with open_staging(targets.folder) as staging:
        files = build_files(store, dataset, options, staging, notes, basis, progress)
        if not files.tasks:
            raise PublishError(_explain_nothing(notes))
        manifest_sha256 = _check_as_seen(options, files)
        hints_file = _export_hints(options, files)
        changes = compare_tasks(targets.list_held(), files.tasks)
        record = Record(
            store,
            dataset,
            options,
            made=made,
            targets=targets,
            files=files,
            changes=changes,
            basis=basis,
            manifest_sha256=manifest_sha256,
        )
        pushed = None if targets.hub is None else _push(targets.hub, files, options, record, made, patience, progress)
        is_exported = _export(targets.folder, files, record, pushed)
        is_unchanged = not is_exported if pushed is None else pushed.is_unchanged
        _finish(record, pushed, is_unchanged=is_unchanged)
    return PublishResult(
        trials=basis.trials,
        repo=targets.hub.repo if targets.hub else None,
        revision=pushed.revision if pushed else None,
        path=str(targets.folder.path) if targets.folder else None,
        hints_file=None if hints_file is None else str(hints_file),
        url=targets.hub.url if targets.hub else None,
        pull_request=pushed.pull_request if pushed else None,
        unchanged=is_unchanged,
        added=changes.added,
        changed=changes.changed,
        left_out=notes.left_out,
        warnings=[note.model_copy(update={"diff": ""}) for note in notes.warnings],
        removed=changes.removed_trials,
    )


def _find_targets(
    dataset: Dataset, options: PublishOptions, settings: Settings, patience: Patience, progress: Progress
) -> Targets:
    try:
        return find_targets(dataset, options, settings, patience, progress)
    except PublishError as error:
        raise PublishError(f"{error} Nothing was published.") from None


def build_files(
    store: Store,
    dataset: Dataset,
    options: PublishOptions,
    staging: Staging,
    notes: Notes,
    basis: Basis,
    progress: Progress,
) -> CommitFiles:
    """The commit's files; without any task there is no card and no manifest.

    Raises:
        PublishError: There is no room to write.
        SourceError: The source tasks cannot be read.
    """
    try:
        with open_tasks(store, dataset, options) as source_tasks:
            tasks = build_tasks(store, dataset, options, source_tasks=source_tasks, notes=notes, progress=progress)
            return write_files(
                staging,
                basis.watch(tasks),
                dataset=dataset,
                options=options,
                source=load_source_facts(store, dataset),
                tasks_identity=None if source_tasks is None else source_tasks.identity,
            )
    except OSError as error:
        raise PublishError(
            f"{staging.folder.parent} cannot be written ({error.strerror or error}). Make room there. "
            "Nothing was published."
        ) from None


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


def _check_as_seen(options: PublishOptions, files: CommitFiles) -> str:
    """Hash of the manifest, which is the preview's if there was one."""
    found = files.read_hash(manifest.FILE_NAME)
    if options.seen is not None and options.seen.manifest_sha256 != found:
        raise PublishConflictError(
            "What would be published is not what the preview showed: decisions or source tasks changed since. "
            "Nothing was published. Look at a new preview, then publish again."
        )
    return found


def _push(
    target: "HubTarget",
    files: CommitFiles,
    options: PublishOptions,
    record: Record,
    made: Made,
    patience: Patience,
    progress: Progress,
) -> "HubResult":
    # imported late: huggingface_hub reads its address from the environment
    from core.publishing.hub import Listener, publish_files

    earlier = record.find_earlier()
    if earlier is not None:
        record.go_on_with(earlier)
    result = publish_files(
        target,
        files,
        seen=options.seen,
        title=_build_title(files, made.kind),
        as_pull_request=options.create_pr,
        must_verify=earlier is not None,
        listener=Listener(record.begin, record.refuse, record.note_commit),
        calls=make_calls(patience, files.count_bytes(), lambda: progress("uploading")),
        progress=progress,
    )
    # a commit that this very job made before it was interrupted is its own
    is_own = earlier is not None and earlier.job_id is not None and earlier.job_id == made.job_id
    return result._replace(is_unchanged=result.is_unchanged and not is_own)


def _build_title(files: CommitFiles, kind: PublicationKind) -> str:
    count = f"{len(files.tasks)} task{'' if len(files.tasks) == 1 else 's'} with hints"
    return f"Withdraw tasks, keep {count}" if kind is PublicationKind.WITHDRAW else f"Publish {count}"


def _export(target: FolderTarget | None, files: CommitFiles, record: Record, pushed: "HubResult | None") -> bool:
    """True if the folder is written, False if it held all this already or nobody asked for one."""
    if target is None or (target.is_there and holds_files(target, files)):
        return False
    try:
        move_files(target, files)
    except PublishError as error:
        if pushed is None:
            raise
        record.finish(pushed, with_folder=False, is_unchanged=pushed.is_unchanged)
        raise PublishError(f"{record.repo} holds commit {pushed.revision}, but: {error}") from None
    return True


def _finish(record: Record, pushed: "HubResult | None", *, is_unchanged: bool) -> None:
    try:
        record.finish(pushed, with_folder=True, is_unchanged=is_unchanged)
    except WorkspaceFullError as error:
        where = "The folder is written" if pushed is None else f"Commit {pushed.revision} is in {record.repo}, complete"
        raise PublishError(
            f"{where}, but the workspace has no room to note it. Make room, then publish again: "
            f"what is there is recognised. ({error})"
        ) from None
