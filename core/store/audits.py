"""Bulk approvals of which a random part was set aside, and what people then decided on that part."""

from collections.abc import Sequence
from typing import NamedTuple

from core.store.part import Part


class AuditCounts(NamedTuple):
    """An approval with its audit, as far as it got."""

    bulk_id: str
    reviewer: str
    at_utc: str
    seed: int
    """Of the random choice: the same seed and trials, the same choice."""
    percent: float
    """Of the trials that were set aside, 0 to 100."""
    bound: float
    """The rejection rate above which the approval is offered for undo, 0 to 1."""
    approved: int
    """Trials that the approval approved."""
    audited: int
    """Trials that were set aside."""
    decided: int
    """Audited trials that were approved or rejected since."""
    rejected: int
    is_undone: bool


class Audits(Part):
    """Audits of bulk approvals."""

    def create_audit(
        self, step_id: str, dataset_id: int, *, seed: int, percent: float, bound: float, trial_ids: Sequence[int]
    ) -> None:
        """Record what a bulk approval sets aside, before it approves anything."""
        with self.write():
            self._connection.execute(
                "INSERT INTO audits (step_id, dataset_id, seed, percent, bound) VALUES (?, ?, ?, ?, ?)",
                (step_id, dataset_id, seed, percent, bound),
            )
            self._connection.executemany(
                "INSERT INTO audited_trials (step_id, trial_id) VALUES (?, ?)",
                [(step_id, trial_id) for trial_id in trial_ids],
            )

    def list_audited(self, step_id: str) -> set[int]:
        """Ids of the trials that an approval set aside."""
        rows = self._rows("SELECT trial_id FROM audited_trials WHERE step_id = ?", (step_id,))
        return {row["trial_id"] for row in rows}

    def list_audits(self, dataset_id: int) -> list[AuditCounts]:
        """The audits of a dataset, newest first."""
        rows = self._rows(
            "SELECT a.step_id AS bulk_id, s.reviewer, s.at_utc, a.seed, a.percent, a.bound, "
            "(SELECT COUNT(*) FROM decisions d WHERE d.step_id = a.step_id AND d.hint_id IS NULL) AS approved, "
            "COUNT(t.id) AS audited, COALESCE(SUM(t.status <> 'open'), 0) AS decided, "
            "COALESCE(SUM(t.status = 'rejected'), 0) AS rejected, s.undone_by IS NOT NULL AS is_undone "
            "FROM audits a JOIN steps s ON s.id = a.step_id LEFT JOIN audited_trials b ON b.step_id = a.step_id "
            "LEFT JOIN trials t ON t.id = b.trial_id WHERE a.dataset_id = ? GROUP BY a.step_id ORDER BY s.seq DESC",
            (dataset_id,),
        )
        return [AuditCounts(**row | {"is_undone": bool(row["is_undone"])}) for row in rows]
