"""Who works: one owner at a time, known by a heartbeat and an epoch that grows with every change of owner."""

from collections.abc import Callable
from typing import NamedTuple

from core.errors import WorkerReplaced
from core.store.part import Part

LEASE_SECONDS = 5.0


class Lease(NamedTuple):
    """The last owner."""

    owner: str
    epoch: int
    pid: int
    fingerprint: str
    """Of code, schema and settings: a worker with another one is replaced."""
    heartbeat: float
    """Unix time in seconds; 0 after a release."""
    should_leave: bool

    def is_live(self, now: float) -> bool:
        """True if the owner showed itself recently; a heartbeat from the future is from before a clock was set back."""
        return abs(now - self.heartbeat) < LEASE_SECONDS


class Leases(Part):
    """The one lease of a workspace."""

    def find_lease(self) -> Lease | None:
        """The last owner, live or not; None if nobody ever worked here."""
        row = self._row("SELECT owner, epoch, pid, fingerprint, heartbeat, should_leave FROM lease")
        return None if row is None else Lease(**{**row, "should_leave": bool(row["should_leave"])})

    def acquire(
        self,
        *,
        owner: str,
        pid: int,
        fingerprint: str,
        clock: Callable[[], float],
        patience_seconds: float | None = None,
    ) -> int | None:
        """The epoch of a new owner, or None while another one is live.

        Args:
            owner: Unlike every other.
            pid: Of the process.
            fingerprint: Of code, schema and settings.
            clock: Unix time in seconds; asked once the write lock is there.
            patience_seconds: How long to wait for that lock; None means as long as every write does.

        Raises:
            WorkspaceBusyError: The lock was not to be had.
        """
        with self.write(patience_seconds=patience_seconds):
            now = clock()
            lease = self.find_lease()
            if lease is not None and lease.is_live(now):
                return None
            epoch = (lease.epoch if lease else 0) + 1
            self._connection.execute(
                "INSERT OR REPLACE INTO lease (id, owner, epoch, pid, fingerprint, heartbeat) "
                "VALUES (1, ?, ?, ?, ?, ?)",
                (owner, epoch, pid, fingerprint, now),
            )
        return epoch

    def renew(self, epoch: int, *, clock: Callable[[], float]) -> bool:
        """True if the lease is still ours; the heartbeat is the moment at which the write lock was there."""
        with self.write():
            cursor = self._connection.execute("UPDATE lease SET heartbeat = ? WHERE epoch = ?", (clock(), epoch))
        return cursor.rowcount == 1

    def release(self, epoch: int) -> None:
        """Give the lease up; somebody else may take it at once."""
        with self.write():
            self._connection.execute("UPDATE lease SET heartbeat = 0 WHERE epoch = ?", (epoch,))

    def release_if_idle(self, epoch: int) -> bool:
        """Give the lease up unless work came in meanwhile; True if it was given up."""
        with self.write():
            if self._value("SELECT 1 FROM jobs WHERE state = 'queued' LIMIT 1") is not None:
                return False
            self._connection.execute("UPDATE lease SET heartbeat = 0 WHERE epoch = ?", (epoch,))
        return True

    def ask_to_leave(self, epoch: int) -> None:
        """Ask the owner to hand over as soon as it can without losing anything."""
        with self.write():
            self._connection.execute("UPDATE lease SET should_leave = 1 WHERE epoch = ?", (epoch,))

    def check(self, epoch: int) -> None:
        """Called inside every write of the worker.

        Raises:
            WorkerReplaced: Another worker took over; nothing more may be saved.
        """
        if self._value("SELECT epoch FROM lease") != epoch:
            raise WorkerReplaced("Another worker took over.")
