"""Previews of publications: what a job of the worker found, for the page to show. Only the newest few are kept."""

from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from pydantic import BaseModel

from core.store.packing import pack_text, unpack_text
from core.store.part import Part, utc_now

KEPT = 3
"""Previews of a dataset."""
ROWS_AT_ONCE = 500


class StoredPreview(BaseModel):
    """A preview as it was saved."""

    id: int
    job_id: int
    dataset_id: int
    stamp: str
    """What the workspace was like; under an equal stamp nothing was decided since."""
    content: str
    """JSON."""
    created_utc: str


class PreviewTaskRow(NamedTuple):
    """A task, and how it differs from what the target holds."""

    folder: str
    trial_name: str
    change: str
    """`added`, `changed`, `removed` or `same`."""
    difference: str | None = None
    """A unified diff, if it changed."""


class Previews(Part):
    """What publications would be."""

    def save_preview(
        self, *, job_id: int, dataset_id: int, stamp: str, content: str, tasks: Iterable[PreviewTaskRow]
    ) -> int:
        """The id of a preview; a job's earlier one and the dataset's oldest ones are forgotten."""
        with self.write():
            self._connection.execute("DELETE FROM previews WHERE job_id = ?", (job_id,))
            preview_id = self._connection.execute(
                "INSERT INTO previews (job_id, dataset_id, stamp, content, created_utc) VALUES (?, ?, ?, ?, ?)",
                (job_id, dataset_id, stamp, pack_text(content), utc_now()),
            ).lastrowid
        numbered = enumerate(tasks)
        while rows := list(islice(numbered, ROWS_AT_ONCE)):
            with self.write():
                self._connection.executemany(
                    "INSERT INTO preview_tasks (preview_id, position, folder, trial_name, change, difference) "
                    "VALUES (?, ?, ?, ?, ?, ?)",
                    [
                        (preview_id, position, *row[:3], None if row.difference is None else pack_text(row.difference))
                        for position, row in rows
                    ],
                )
        with self.write():
            self._connection.execute(
                "DELETE FROM previews WHERE dataset_id = ?1 AND id NOT IN ("
                "SELECT id FROM previews WHERE dataset_id = ?1 ORDER BY id DESC LIMIT ?2)",
                (dataset_id, KEPT),
            )
        return int(preview_id or 0)

    def find_preview(self, job_id: int) -> StoredPreview | None:
        """What a job found; None if it was forgotten."""
        row = self._row("SELECT * FROM previews WHERE job_id = ?", (job_id,))
        return None if row is None else StoredPreview.model_validate(row | {"content": unpack_text(row["content"])})

    def list_tasks(self, preview_id: int) -> list[PreviewTaskRow]:
        """Every task without its difference, in publishing order, what is removed last."""
        rows = self._rows(
            "SELECT folder, trial_name, change FROM preview_tasks WHERE preview_id = ? ORDER BY position", (preview_id,)
        )
        return [PreviewTaskRow(**row) for row in rows]

    def find_difference(self, preview_id: int, folder: str) -> str | None:
        """How a task differs; None if it does not, or there is no such task."""
        packed = self._value(
            "SELECT difference FROM preview_tasks WHERE preview_id = ? AND folder = ? AND difference IS NOT NULL",
            (preview_id, folder),
        )
        return None if packed is None else unpack_text(packed)
