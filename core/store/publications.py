"""What was published where, and from which trials."""

from collections.abc import Mapping

from pydantic import BaseModel

from core.store.part import Part, utc_now


class Publication(BaseModel):
    """One commit to a repository, or one local export."""

    id: int
    dataset_id: int
    job_id: int | None = None
    repo: str | None = None
    path: str | None = None
    """Folder of a local export."""
    revision: str | None = None
    """The commit; None for a folder."""
    url: str | None = None
    private: bool = False
    prefix: str
    trials: int
    unchanged: bool = False
    """True if the target held exactly this already: no commit was made."""
    published_by: str
    created_utc: str


class Publications(Part):
    """The history of publishing."""

    def create_publication(
        self,
        *,
        dataset_id: int,
        job_id: int | None,
        repo: str | None,
        path: str | None,
        revision: str | None,
        url: str | None,
        private: bool,
        prefix: str,
        unchanged: bool,
        published_by: str,
        content_hashes: Mapping[int, str],
    ) -> Publication:
        """A publication with the content hash of each trial in it, by trial id."""
        with self.write():
            publication_id = self._connection.execute(
                "INSERT INTO publications (dataset_id, job_id, repo, path, revision, url, private, prefix, trials, "
                "unchanged, published_by, created_utc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    dataset_id,
                    job_id,
                    repo,
                    path,
                    revision,
                    url,
                    private,
                    prefix,
                    len(content_hashes),
                    unchanged,
                    published_by,
                    utc_now(),
                ),
            ).lastrowid
            self._connection.executemany(
                "INSERT INTO publication_trials (publication_id, trial_id, content_hash) VALUES (?, ?, ?)",
                [(publication_id, trial_id, content_hash) for trial_id, content_hash in content_hashes.items()],
            )
        row = self._row("SELECT * FROM publications WHERE id = ?", (publication_id,))
        return Publication.model_validate(row)

    def list_publications(self, *, dataset_id: int | None = None, limit: int = 50) -> list[Publication]:
        """The newest publications, newest first."""
        rows = self._rows(
            "SELECT * FROM publications WHERE (?1 IS NULL OR dataset_id = ?1) ORDER BY id DESC LIMIT ?2",
            (dataset_id, limit),
        )
        return [Publication.model_validate(row) for row in rows]

    def find_last_hashes(self, dataset_id: int) -> dict[int, str]:
        """Content hash by trial id, of the dataset's newest publication; empty before the first one."""
        rows = self._rows(
            "SELECT trial_id, content_hash FROM publication_trials WHERE publication_id = ("
            "SELECT MAX(id) FROM publications WHERE dataset_id = ?)",
            (dataset_id,),
        )
        return {row["trial_id"]: row["content_hash"] for row in rows}
