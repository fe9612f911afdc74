"""What people did to what: rows that are only ever appended. All else about hints and trials is derived from them."""

from core.models import Decision
from core.store.part import Part


class Decisions(Part):
    """The history of every trial."""

    def add_decision(self, decision: Decision) -> bool:
        """Append a decision; False if this id was appended before, and nothing more must happen."""
        with self.write():
            cursor = self._connection.execute(
                "INSERT OR IGNORE INTO decisions (id, reviewer, at_utc, trial_id, hint_id, action, before, after, "
                "reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                tuple(decision.model_dump().values()),
            )
        return cursor.rowcount == 1

    def has_decision(self, decision_id: str) -> bool:
        """True if this action was saved before."""
        return self._value("SELECT 1 FROM decisions WHERE id = ?", (decision_id,)) is not None

    def list_decisions(self, trial_id: int) -> list[Decision]:
        """Every decision on a trial and its hints, oldest first."""
        rows = self._rows(
            "SELECT id, reviewer, at_utc, trial_id, hint_id, action, before, after, reason FROM decisions "
            "WHERE trial_id = ? ORDER BY seq",
            (trial_id,),
        )
        return [Decision.model_validate(row) for row in rows]
