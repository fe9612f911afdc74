"""What was published where, how far each publication got, and from which trials and decisions.

A commit is noted as pending before it is made, so that a process that dies in between leaves a trace to follow.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

import orjson
from pydantic import BaseModel

from core.store.part import Part, utc_now


class PublicationKind(StrEnum):
    """What the commit was for."""

    PUBLISH = "publish"
    WITHDRAW = "withdraw"


class PublicationState(StrEnum):
    """How far a publication got."""

    PENDING = "pending"
    """The commit was about to be made; whether it was, only the repository knows."""
    UNVERIFIED = "unverified"
    """The commit is made, but could not be read back and compared."""
    PROPOSED = "proposed"
    """A pull request holds it."""
    PUBLISHED = "published"
    """Read back and compared; or the target held exactly this already."""


class Publication(BaseModel):
    """One commit to a repository, or one local export."""

    id: int
    dataset_id: int
    job_id: int | None = None
    kind: PublicationKind = PublicationKind.PUBLISH
    state: PublicationState = PublicationState.PUBLISHED
    repo: str | None = None
    path: str | None = None
    """Folder of a local export."""
    parent: str | None = None
    """The head that the commit was made on; None: there was no repository, or it is a folder."""
    revision: str | None = None
    """The commit; None for a folder, and while it is pending."""
    url: str | None = None
    pull_request: str | None = None
    """Address of the pull request, if it is one."""
    private: bool = False
    prefix: str
    options: str = "{}"
    """What was asked for, as JSON."""
    manifest_sha256: str | None = None
    """Of the manifest, which holds the hashes of everything else."""
    trials: int
    tasks: int | None = None
    """More than trials where twins are published; None for what older versions published."""
    added: int | None = None
    changed: int | None = None
    removed: int | None = None
    """Tasks that the target held before and no more."""
    unchanged: bool = False
    """True if the target held exactly this already: no commit was made."""
    last_decision: int | None = None
    """Number of the workspace's last decision before the tasks were built."""
    published_by: str
    created_utc: str


class PublishedTrial(NamedTuple):
    """A trial within a publication."""

    content_hash: str
    """Of its task's files."""
    decisions: Sequence[str] = ()
    """Ids of the decisions that it was made of."""
    words_sha256: str | None = None
    """See `TrialWords.iterate_words`."""


class NewPublication(BaseModel):
    """What is noted of a publication before anything happens; see `Publication`."""

    dataset_id: int
    job_id: int | None = None
    kind: PublicationKind = PublicationKind.PUBLISH
    state: PublicationState
    repo: str | None = None
    path: str | None = None
    parent: str | None = None
    revision: str | None = None
    url: str | None = None
    private: bool = False
    prefix: str
    options: str = "{}"
    manifest_sha256: str | None = None
    tasks: int | None = None
    added: int | None = None
    changed: int | None = None
    removed: int | None = None
    unchanged: bool = False
    last_decision: int | None = None
    published_by: str
    trials: int


class Publications(Part):
    """The history of publishing."""

    def create_publication(self, new: NewPublication, content: Iterable[tuple[int, PublishedTrial]]) -> Publication:
        """A publication with its trials.

        Args:
            new: The publication.
            content: Id and content of each trial.
        """
        values = new.model_dump(mode="json") | {"created_utc": utc_now()}
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        with self.write():
            publication_id = self._connection.execute(
                f"INSERT INTO publications ({names}) VALUES ({marks})", tuple(values.values())
            ).lastrowid
            self._connection.executemany(
                "INSERT INTO publication_trials (publication_id, trial_id, content_hash, decisions, words_sha256) "
                "VALUES (?, ?, ?, ?, ?)",
                (
                    (publication_id, trial_id, trial.content_hash, _dump(trial.decisions), trial.words_sha256)
                    for trial_id, trial in content
                ),
            )
        return self.get_publication(int(publication_id or 0))

    def get_publication(self, publication_id: int) -> Publication:
        """A publication by its id, which is known to be there."""
        return Publication.model_validate(self._row("SELECT * FROM publications WHERE id = ?", (publication_id,)))

    def save_outcome(
        self,
        publication_id: int,
        state: PublicationState,
        *,
        revision: str | None,
        pull_request: str | None = None,
        path: str | None = None,
    ) -> None:
        """How far it got; `path` if its files were exported, too."""
        with self.write():
            self._connection.execute(
                "UPDATE publications SET state = ?, revision = COALESCE(?, revision), "
                "pull_request = COALESCE(?, pull_request), path = COALESCE(?, path) WHERE id = ?",
                (state, revision, pull_request, path, publication_id),
            )

    def drop_publication(self, publication_id: int) -> None:
        """Forget a pending publication whose commit was never made."""
        with self.write():
            self._connection.execute("DELETE FROM publications WHERE id = ? AND state = 'pending'", (publication_id,))

    def list_publications(self, *, dataset_id: int | None = None, limit: int = 50) -> list[Publication]:
        """The newest publications, newest first, pending ones included."""
        rows = self._rows(
            "SELECT * FROM publications WHERE (?1 IS NULL OR dataset_id = ?1) ORDER BY id DESC LIMIT ?2",
            (dataset_id, limit),
        )
        return [Publication.model_validate(row) for row in rows]

    def list_unsettled(self, repo: str) -> list[Publication]:
        """Publications to a repository that are pending or unverified, oldest first."""
        rows = self._rows(
            "SELECT * FROM publications WHERE repo = ? AND state IN ('pending', 'unverified') ORDER BY id", (repo,)
        )
        return [Publication.model_validate(row) for row in rows]

    def list_newest(self, dataset_id: int) -> list[Publication]:
        """The newest publication at each place that holds tasks of a dataset, newest first."""
        rows = self._rows(
            "SELECT * FROM publications WHERE id IN (SELECT MAX(id) FROM publications WHERE dataset_id = ? "
            "AND state IN ('published', 'unverified') GROUP BY COALESCE(repo, path)) ORDER BY id DESC",
            (dataset_id,),
        )
        return [Publication.model_validate(row) for row in rows]

    def list_trial_names(self, publication_id: int) -> dict[int, str]:
        """Names of the trials in a publication, by id, in order of first appearance."""
        rows = self._rows(
            "SELECT t.id, t.name FROM publication_trials p JOIN trials t ON t.id = p.trial_id "
            "WHERE p.publication_id = ? ORDER BY t.number",
            (publication_id,),
        )
        return {row["id"]: row["name"] for row in rows}

    def list_trials(self, publication_id: int) -> dict[int, PublishedTrial]:
        """What was published of each trial, by trial id."""
        rows = self._rows(
            "SELECT trial_id, content_hash, decisions, words_sha256 FROM publication_trials "
            "WHERE publication_id = ? ORDER BY trial_id",
            (publication_id,),
        )
        return {
            row["trial_id"]: PublishedTrial(
                row["content_hash"], tuple(orjson.loads(row["decisions"])), row["words_sha256"]
            )
            for row in rows
        }


def _dump(ids: Sequence[str]) -> str:
    return orjson.dumps(list(ids)).decode()
