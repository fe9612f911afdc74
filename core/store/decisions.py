"""What people did to what: rows that are only ever appended. All else about hints and trials is derived from them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from core.models import Change, Decision
from core.store.part import Part

_COLUMNS = "id, reviewer, at_utc, trial_id, hint_id, action, before, after, reason, step_id, changes"
_PLACES = f"({', '.join('?' * len(_COLUMNS.split(', ')))})"
ROWS_AT_ONCE = 200


class News(NamedTuple):
    """A decision that was made after the version somebody saw."""

    reviewer: str
    at_utc: str
    action: str
    page: str


class Decisions(Part):
    """The history of every trial."""

    def add_decisions(self, decisions: Sequence[Decision]) -> None:
        """Append decisions with the versions that they left; those that were appended before are left as they are."""
        with self.write():
            # one statement for many rows: what could be taken back of it is kept once, and not for every row
            for first in range(0, len(decisions), ROWS_AT_ONCE):
                self._add_some(decisions[first : first + ROWS_AT_ONCE])

    def _add_some(self, decisions: Sequence[Decision]) -> None:
        self._connection.execute(
            f"WITH made ({_COLUMNS}) AS (VALUES {', '.join([_PLACES] * len(decisions))}) "
            f"INSERT OR IGNORE INTO decisions ({_COLUMNS}, version, trial_version) SELECT {_COLUMNS}, "
            "(SELECT h.version FROM hints h WHERE h.id = made.hint_id), "
            "(SELECT t.version FROM trials t WHERE t.id = made.trial_id) FROM made",
            [
                value
                for it in decisions
                for value in (
                    it.id,
                    it.reviewer,
                    it.at_utc,
                    it.trial_id,
                    it.hint_id,
                    it.action,
                    it.before,
                    it.after,
                    it.reason,
                    it.step_id,
                    _write_changes(it.changes),
                )
            ],
        )

    def has_decision(self, decision_id: str) -> bool:
        """True if this action was saved before."""
        return self._value("SELECT 1 FROM decisions WHERE id = ?", (decision_id,)) is not None

    def list_decisions(self, trial_id: int) -> list[Decision]:
        """Every decision on a trial and its hints, oldest first: also what was undone, and the undoing."""
        rows = self._rows("SELECT * FROM decisions WHERE trial_id = ? ORDER BY seq", (trial_id,))
        return [build_decision(row) for row in rows]

    def list_standing(self, trial_id: int) -> list[Decision]:
        """The decisions on a trial and its hints that hold now, oldest first: what was undone is left out."""
        rows = self._rows(
            "SELECT d.* FROM decisions d LEFT JOIN steps s ON s.id = d.step_id WHERE d.trial_id = ? "
            "AND (s.id IS NULL OR (s.kind = 'do' AND s.undone_by IS NULL)) ORDER BY d.seq",
            (trial_id,),
        )
        return [build_decision(row) for row in rows]

    def list_hint_news(self, hint_id: str, *, version: int) -> list[News]:
        """Who changed a hint after a version of it, oldest first."""
        return self._list_news("d.hint_id = ? AND d.version > ?", (hint_id, version))

    def list_trial_news(self, trial_id: int, *, version: int, only_trial: bool = False) -> list[News]:
        """Who decided on a trial after a version of it, oldest first.

        Args:
            trial_id: The trial.
            version: Of the trial.
            only_trial: Leave out the decisions on its hints.
        """
        more = " AND d.hint_id IS NULL" if only_trial else ""
        return self._list_news("d.trial_id = ? AND d.trial_version > ?" + more, (trial_id, version))

    def list_decided_by(self, trial_id: int, actions: Sequence[str]) -> set[str]:
        """Ids of the hints of a trial that one of these actions holds for, e.g. `("move",)`."""
        rows = self._rows(
            "SELECT DISTINCT d.hint_id FROM decisions d JOIN steps s ON s.id = d.step_id WHERE d.trial_id = ?1 "
            "AND d.hint_id IS NOT NULL AND s.kind = 'do' AND s.undone_by IS NULL "
            "AND d.action IN (SELECT value FROM json_each(?2))",
            (trial_id, orjson.dumps(list(actions)).decode()),
        )
        return {row["hint_id"] for row in rows}

    def _list_news(self, condition: str, values: tuple[Any, ...]) -> list[News]:
        rows = self._rows(
            "SELECT d.reviewer, d.at_utc, d.action, COALESCE(s.page, '') AS page FROM decisions d "
            f"LEFT JOIN steps s ON s.id = d.step_id WHERE {condition} ORDER BY d.seq",
            values,
        )
        return [News(**row) for row in rows]


def build_decision(row: dict[str, Any]) -> Decision:
    """A row of the table as data."""
    return Decision.model_validate(row | {"changes": orjson.loads(row["changes"] or "[]")})


def _write_changes(changes: list[Change]) -> str:
    return orjson.dumps([change.model_dump() for change in changes]).decode()
