"""What a publication would be, for a person to look at before anything leaves: built in full, compared, thrown away."""

from collections.abc import Iterable, Iterator
from tempfile import TemporaryFile
from typing import NamedTuple

from core.models import Dataset
from core.progress import Progress
from core.publishing import manifest
from core.publishing.building import Notes
from core.publishing.difference import Change, Changes, build_difference, choose_change, compare_files, compare_tasks
from core.publishing.files import CARD_PATH, CommitFiles
from core.publishing.folder import holds_files, open_staging
from core.publishing.held import Held, open_held
from core.publishing.options import PublishOptions, Seen
from core.publishing.preview_models import FileSize, Preview, SampleFile, SampleTask, TargetState
from core.publishing.publish import build_files
from core.publishing.recording import Basis, settle_unsettled
from core.publishing.spool import Spool
from core.publishing.targets import Patience, Targets, check_options, find_targets, make_calls
from core.publishing.tasks import BuiltTask
from core.settings import Settings, export_hub_settings
from core.store import Store
from core.store.previews import PreviewTaskRow

SAMPLES = 3
MAX_SHOWN_CHARACTERS = 20_000
"""Of one file."""


def run_preview(
    store: Store,
    dataset: Dataset,
    options: PublishOptions,
    *,
    settings: Settings,
    progress: Progress,
    job_id: int,
    patience: Patience | None = None,
) -> Preview:
    """What would be published now; saved under the job, with how each task differs from what the target holds.

    Raises:
        PublishError: The target would be refused, cannot be reached, or there is nothing to publish.
        SourceError: The source tasks cannot be read.
        UsageError: Neither repository nor folder, a malformed name, or no token.
        JobStopped: `progress` asked to stop.
    """
    check_options(options)
    export_hub_settings(settings)
    patience = patience or Patience()
    stamp = build_stamp(store)
    progress("checking the target")
    targets = find_targets(dataset, options, settings, patience, progress)
    calls = None
    if targets.hub is not None:
        settle_unsettled(store, targets.hub)
        progress("reading what is there now")
        size = sum(file.size for file in targets.hub.tree.values())
        calls = make_calls(patience, size, lambda: progress("reading what is there now"))
    with open_held(targets, calls) as held, open_staging(None) as staging, TemporaryFile() as aside:
        notes, look = Notes([], []), _Look(targets, held, Spool(aside))
        basis = _WatchedBasis(store, dataset, look)
        files = build_files(store, dataset, options, staging, notes, basis, progress)
        changes = compare_tasks(targets.list_held(), files.tasks)
        found = _Found(targets, held, files, changes, look, notes, trials=basis.trials)
        preview = _describe(store, dataset, options, found)
        progress("saving the preview")
        store.previews.save_preview(
            job_id=job_id,
            dataset_id=dataset.id,
            stamp=stamp,
            content=preview.model_dump_json(),
            tasks=look.iterate_rows(files, changes),
        )
    return preview


def build_stamp(store: Store) -> str:
    """What the workspace is like: under an equal stamp nothing was decided since."""
    return str(store.queue.get_stamp())


def find_preview(store: Store, job_id: int) -> Preview | None:
    """The preview that a job made; None if it is kept no more."""
    saved = store.previews.find_preview(job_id)
    return None if saved is None else Preview.model_validate_json(saved.content)


class _Look:
    """Looks at tasks while they are built, so that no more than one is in memory."""

    def __init__(self, targets: Targets, held: Held, differences: Spool[str]) -> None:
        self._differences = differences
        self.hints = self.with_verifier = 0
        self._before = {task.folder: task.content_sha256 for task in targets.list_held()}
        self._held = held
        self._first: list[SampleTask] = []
        self._new: list[SampleTask] = []

    @property
    def samples(self) -> list[SampleTask]:
        """Three tasks, at first those that are new or changed."""
        known = {sample.folder for sample in self._new}
        return [*self._new, *(sample for sample in self._first if sample.folder not in known)][:SAMPLES]

    def look(self, task: BuiltTask) -> None:
        self.hints += len(task.hints) if task.twin_of is None else 0
        self.with_verifier += task.has_verifier
        before = self._before.get(task.folder)
        if len(self._first) < SAMPLES:
            self._first.append(_build_sample(task))
        if before != task.content_hash and len(self._new) < SAMPLES:
            self._new.append(_build_sample(task))
        if before is not None and before != task.content_hash:
            files = self._held.find_files(task.folder)
            if files is not None:
                difference = compare_files(files, task.files)
                self._differences.put(task.folder, difference.encode("utf-8", "surrogatepass"))

    def iterate_rows(self, files: CommitFiles, changes: Changes) -> Iterator[PreviewTaskRow]:
        """Every task with what becomes of it, changed ones first and removed ones last."""
        for wanted in (Change.CHANGED, Change.ADDED, Change.SAME):
            for task in files.tasks:
                if choose_change(self._before.get(task.folder), task) is wanted:
                    difference = self._find_difference(task.folder)
                    yield PreviewTaskRow(task.folder, task.trial_name, wanted.value, difference)
        for held in changes.removed:
            yield PreviewTaskRow(held.folder, held.trial_name, Change.REMOVED.value)

    def _find_difference(self, folder: str) -> str | None:
        packed = self._differences.find(folder)
        return None if packed is None else packed.decode("utf-8", "surrogatepass")


class _WatchedBasis(Basis):
    """Lets somebody look at each task on its way."""

    def __init__(self, store: Store, dataset: Dataset, look: _Look) -> None:
        super().__init__(store, dataset)
        self._look = look

    def watch(self, tasks: Iterable[BuiltTask]) -> Iterator[BuiltTask]:
        for task in super().watch(tasks):
            self._look.look(task)
            yield task


def _build_sample(task: BuiltTask) -> SampleTask:
    files = [_build_sample_file(path, task.files.contents[path]) for path in sorted(task.files.contents, key=_rank)]
    return SampleTask(folder=task.folder, trial_name=task.trial.name, files=files)


def _rank(path: str) -> tuple[bool, str]:
    return path != "instruction.md", path


def _build_sample_file(path: str, content: bytes) -> SampleFile:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return SampleFile(path=path, size=len(content), text=None)
    is_cut = len(text) > MAX_SHOWN_CHARACTERS
    return SampleFile(path=path, size=len(content), text=text[:MAX_SHOWN_CHARACTERS], is_cut=is_cut)


class _Found(NamedTuple):
    targets: Targets
    held: Held
    files: CommitFiles
    changes: Changes
    look: _Look
    notes: Notes
    trials: int


def _describe(store: Store, dataset: Dataset, options: PublishOptions, found: _Found) -> Preview:
    targets, files, changes = found.targets, found.files, found.changes
    paths = files.paths if files.tasks else ()
    card = (files.folder / CARD_PATH).read_text("utf-8") if paths else ""
    stages = store.overview.count_stages(dataset.id)
    return Preview(
        options=options.model_copy(update={"seen": None}),
        target=_describe_target(targets),
        is_same=bool(paths) and _holds_exactly(targets, files),
        seen=Seen(
            head=targets.hub.head if targets.hub else None,
            manifest_sha256=files.read_hash(manifest.FILE_NAME) if paths else "",
        ),
        trials=found.trials,
        tasks=len(files.tasks),
        with_verifier=found.look.with_verifier,
        hints=found.look.hints,
        added=changes.added,
        changed=changes.changed,
        same=changes.same,
        removed=len(changes.removed),
        removed_trials=changes.removed_trials,
        removed_files=_list_removed_files(targets, files) if paths else [],
        undecided=stages.trials - stages.reviewed,
        rejected=stages.rejected,
        left_out=found.notes.left_out,
        warnings=found.notes.warnings,
        samples=found.look.samples,
        card=card,
        card_difference=build_difference(found.held.card, card, name=CARD_PATH) if found.held.card and card else "",
        files=[FileSize(path=path, size=(files.folder / path).stat().st_size) for path in paths],
        note=found.held.note,
    )


def _describe_target(targets: Targets) -> TargetState:
    hub, folder = targets.hub, targets.folder
    if hub is not None:
        return TargetState(
            place=hub.repo,
            url=hub.url,
            is_there=hub.head is not None,
            is_private=hub.is_private,
            tasks=len(targets.list_held()),
            is_ours=hub.is_ours,
            user=hub.rights.user,
            role=hub.rights.role,
        )
    return TargetState(
        place=str(folder.path) if folder else "",
        is_there=folder is not None and folder.is_there,
        tasks=len(targets.list_held()),
    )


def _holds_exactly(targets: Targets, files: CommitFiles) -> bool:
    in_folder = targets.folder is None or (targets.folder.is_there and holds_files(targets.folder, files))
    if targets.hub is None:
        return in_folder
    # imported late: huggingface_hub reads its address from the environment
    from core.publishing.hub import list_stale
    from core.publishing.hub_tree import holds_files as holds_in_tree

    return in_folder and not list_stale(targets.hub, files) and holds_in_tree(targets.hub.tree, files)


def _list_removed_files(targets: Targets, files: CommitFiles) -> list[str]:
    if targets.hub is None:
        return []
    # imported late: huggingface_hub reads its address from the environment
    from core.publishing.hub import list_stale

    return list_stale(targets.hub, files)
