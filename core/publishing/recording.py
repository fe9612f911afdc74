"""What the workspace's history keeps of a publication, noted as it happens: before the commit, after it, at the end.

A process may die, and an answer be lost, between any two of these; the next look at the repository settles it.
"""

from array import array
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from core.models import Dataset
from core.publishing.difference import Changes
from core.publishing.files import CommitFiles
from core.publishing.manifest import ManifestTask
from core.publishing.options import PublishOptions
from core.publishing.targets import Targets
from core.publishing.tasks import BuiltTask
from core.store import Store
from core.store.publications import (
    NewPublication,
    Publication,
    PublicationKind,
    PublicationState,
    PublishedTrial,
)

if TYPE_CHECKING:
    from core.publishing.hub import HubResult
    from core.publishing.hub_target import HubTarget


class Made(NamedTuple):
    """Who publishes, and why; never published."""

    published_by: str
    job_id: int | None = None
    kind: PublicationKind = PublicationKind.PUBLISH


class Basis:
    """What the tasks are made of, taken down while they are built."""

    def __init__(self, store: Store, dataset: Dataset) -> None:
        """Begins before anything is built: what is decided meanwhile counts as decided after."""
        self.last_decision = store.words.find_last_decision()
        # as bytes: there is one for each approved trial, published or not
        self._words = {trial_id: bytes.fromhex(words) for trial_id, words in store.words.iterate_words(dataset.id)}
        self._trial_ids = array("q")

    def watch(self, tasks: Iterable[BuiltTask]) -> Iterator[BuiltTask]:
        """The same tasks; of each trial the first one, which has the hints, is taken down."""
        for task in tasks:
            if task.twin_of is None:
                self._trial_ids.append(task.trial.id)
            yield task

    @property
    def trials(self) -> int:
        """How many were taken down."""
        return len(self._trial_ids)

    def iterate_trials(self, tasks: Iterable[ManifestTask]) -> Iterator[tuple[int, PublishedTrial]]:
        """Id and content of each trial, in publishing order.

        Args:
            tasks: What was written of all that was watched.
        """
        published = (task for task in tasks if task.twin_of is None)
        for trial_id, task in zip(self._trial_ids, published, strict=True):
            words = self._words.get(trial_id)
            yield trial_id, PublishedTrial(task.content_sha256, task.decisions, None if words is None else words.hex())


class Record:
    """One publication in the history."""

    def __init__(
        self,
        store: Store,
        dataset: Dataset,
        options: PublishOptions,
        *,
        made: Made,
        targets: Targets,
        files: CommitFiles,
        changes: Changes,
        basis: Basis,
        manifest_sha256: str,
    ) -> None:
        """Nothing is saved yet."""
        self._store = store
        self._row: Publication | None = None
        self._hub, self._folder = targets.hub, targets.folder
        self._new = NewPublication(
            dataset_id=dataset.id,
            job_id=made.job_id,
            kind=made.kind,
            state=PublicationState.PENDING,
            repo=self._hub.repo if self._hub else None,
            url=self._hub.url if self._hub else None,
            private=self._hub is not None and self._hub.is_private,
            prefix=options.prefix,
            options=options.model_dump_json(exclude_defaults=True, exclude={"seen"}),
            manifest_sha256=manifest_sha256,
            tasks=len(files.tasks),
            added=changes.added,
            changed=changes.changed,
            removed=len(changes.removed),
            last_decision=basis.last_decision,
            published_by=made.published_by,
            trials=basis.trials,
        )
        self._basis, self._tasks = basis, files.tasks

    @property
    def repo(self) -> str | None:
        """The repository, if it goes to one."""
        return self._new.repo

    def find_earlier(self) -> Publication | None:
        """An earlier try at exactly this, whose commit was not read back; the newest one."""
        if self._hub is None:
            return None
        earlier = self._store.publications.list_unsettled(self._hub.repo)
        return next((row for row in reversed(earlier) if row.manifest_sha256 == self._new.manifest_sha256), None)

    def go_on_with(self, earlier: Publication) -> None:
        """This publication is the end of that one."""
        self._row = earlier

    def begin(self, parent: str | None) -> None:
        """The commit is about to be made."""
        if self._row is not None:
            # that one was never made, or is there no more
            self._store.publications.drop_publication(self._row.id)
        self._row = self._create(self._new.model_copy(update={"parent": parent}))

    def refuse(self) -> None:
        """The commit was never made."""
        if self._row is not None:
            self._store.publications.drop_publication(self._row.id)
            self._row = None

    def note_commit(self, result: "HubResult") -> None:
        """The commit is made, and not read back yet."""
        if self._row is not None:
            self._store.publications.save_outcome(
                self._row.id,
                PublicationState.UNVERIFIED,
                revision=result.revision,
                pull_request=result.pull_request,
            )

    def finish(self, result: "HubResult | None", *, with_folder: bool, is_unchanged: bool) -> None:
        """All of it is done; or, without the folder, the repository's part is."""
        if self._hub is None and self._folder is None:
            # a file of hints alone is no publication
            return
        path = str(self._folder.path) if self._folder and with_folder else None
        is_proposed = result is not None and result.pull_request is not None
        state = PublicationState.PROPOSED if is_proposed else PublicationState.PUBLISHED
        revision = result.revision if result else None
        pull_request = result.pull_request if result else None
        if self._row is None:
            new = self._new.model_copy(update={"state": state, "unchanged": is_unchanged, "revision": revision})
            self._row = self._create(new)
        self._store.publications.save_outcome(
            self._row.id, state, revision=revision, pull_request=pull_request, path=path
        )

    def _create(self, new: NewPublication) -> Publication:
        return self._store.publications.create_publication(new, self._basis.iterate_trials(self._tasks))


def settle_unsettled(store: Store, target: "HubTarget") -> None:
    """Look at the head for commits whose answer was lost: what is there is noted, what was never made is forgotten."""
    for row in store.publications.list_unsettled(target.repo):
        if row.state is not PublicationState.PENDING or PublishOptions.model_validate_json(row.options).create_pr:
            continue
        if target.manifest_sha256 is not None and target.manifest_sha256 == row.manifest_sha256:
            store.publications.save_outcome(row.id, PublicationState.UNVERIFIED, revision=target.head)
        elif target.head == row.parent or target.head is None:
            store.publications.drop_publication(row.id)
