"""Who answered a batch: noted by a trigger whenever server or key of a batch change."""

from typing import NamedTuple

from core.store.part import Part


class ServedBy(NamedTuple):
    """A server and key with which a batch went on."""

    server: str
    key_mark: str | None
    done: int
    """Requests of the batch that were answered by then."""


class Servers(Part):
    """The servers of batches."""

    def list_servers(self, batch_id: int) -> list[ServedBy]:
        """In the order in which they were asked; one that was asked again later is there again."""
        rows = self._rows(
            "SELECT server, key_mark, done FROM batch_servers WHERE batch_id = ? ORDER BY id", (batch_id,)
        )
        return [ServedBy(**row) for row in rows]

    def list_waiting(self) -> list[int]:
        """Batches that wait or run, by id: a worker with other settings will go on with them."""
        rows = self._rows(
            "SELECT b.id FROM batches b JOIN jobs j ON j.id = b.job_id WHERE j.state IN ('queued', 'running') "
            "ORDER BY b.id"
        )
        return [row["id"] for row in rows]
