"""Who is looking at which trial. A reservation expires, can be taken over, and keeps nobody from deciding."""

from datetime import datetime, timedelta
from typing import NamedTuple

from core.store.part import Part

MINUTES = 5
"""How long a reservation lasts without being renewed."""


class Reservation(NamedTuple):
    """A reviewer has a trial open."""

    trial_id: int
    reviewer: str
    since_utc: str


class Reservations(Part):
    """One trial a reviewer at most: whoever opens another one has left the first."""

    def reserve(self, trial_id: int, reviewer: str, *, now_utc: str, take_over: bool = False) -> Reservation:
        """Who has the trial now: the reviewer, unless somebody else has it and it is not taken over.

        Args:
            trial_id: The trial that was opened.
            reviewer: By whom.
            now_utc: This moment, as `utc_now` gives it.
            take_over: Also if somebody else has it.
        """
        with self.write():
            current = self.find_reservation(trial_id, now_utc=now_utc)
            if current is not None and current.reviewer != reviewer and not take_over:
                return current
            since_utc = current.since_utc if current is not None and current.reviewer == reviewer else now_utc
            until_utc = (datetime.fromisoformat(now_utc) + timedelta(minutes=MINUTES)).isoformat("T", "microseconds")
            self._connection.execute(
                "DELETE FROM reservations WHERE trial_id = ? OR reviewer = ? OR until_utc <= ?",
                (trial_id, reviewer, now_utc),
            )
            self._connection.execute(
                "INSERT INTO reservations (trial_id, reviewer, since_utc, until_utc) VALUES (?, ?, ?, ?)",
                (trial_id, reviewer, since_utc, until_utc),
            )
        return Reservation(trial_id, reviewer, since_utc)

    def release(self, trial_id: int, reviewer: str) -> None:
        """The reviewer has left the trial; a reservation of somebody else stays."""
        with self.write():
            self._connection.execute(
                "DELETE FROM reservations WHERE trial_id = ? AND reviewer = ?", (trial_id, reviewer)
            )

    def find_reservation(self, trial_id: int, *, now_utc: str) -> Reservation | None:
        """Who has a trial open, or None."""
        row = self._row(
            "SELECT trial_id, reviewer, since_utc FROM reservations WHERE trial_id = ? AND until_utc > ?",
            (trial_id, now_utc),
        )
        return None if row is None else Reservation(**row)

    def list_reservations(self, dataset_id: int, *, now_utc: str) -> list[Reservation]:
        """All that hold in a dataset, in order of trials."""
        rows = self._rows(
            "SELECT r.trial_id, r.reviewer, r.since_utc FROM reservations r JOIN trials t ON t.id = r.trial_id "
            "WHERE t.dataset_id = ? AND r.until_utc > ? ORDER BY t.number",
            (dataset_id, now_utc),
        )
        return [Reservation(**row) for row in rows]
