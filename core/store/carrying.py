"""What of an earlier import can be looked for in a later one of the same traces, and what was brought over before."""

from typing import NamedTuple

from core.models import Dataset
from core.store.part import Part
from core.store.traces import build_dataset

CARRY_OVER = "carry over"
"""The action of the steps that bring decisions from one dataset to another."""
ALIKE = 50
"""Trials that are looked at for one: a conversation of two words may stand in thousands."""
_ON_QUOTES = "('add', 'merge', 'use quote', 'add quote')"
_STANDS = "(s.id IS NULL OR (s.kind = 'do' AND s.undone_by IS NULL))"
_DECIDED = (
    "(t.status <> 'open' OR t.edited_task_text IS NOT NULL "
    "OR EXISTS (SELECT 1 FROM hints h WHERE h.trial_id = t.id "
    "  AND (h.state <> 'proposed' OR h.text <> h.proposed_text)) "
    "OR EXISTS (SELECT 1 FROM decisions d LEFT JOIN steps s ON s.id = d.step_id JOIN hints h ON h.id = d.hint_id "
    f"  WHERE d.trial_id = t.id AND d.action IN {_ON_QUOTES} AND {_STANDS})) "
    "AND EXISTS (SELECT 1 FROM decisions d LEFT JOIN steps s ON s.id = d.step_id "
    f"  WHERE d.trial_id = t.id AND d.reviewer <> 'unattended' AND {_STANDS})"
)
"""Of a trial `t`: a person decided something that stands. What was only decided unattended is decided so again."""


class DecidedCounts(NamedTuple):
    """Trials of one dataset with decisions of people that stand."""

    decided: int
    here: int
    """Of those, trials that another dataset has, too: by name, or with one of their conversations."""


class Carrying(Part):
    """Two imports side by side."""

    def list_earlier(self, dataset_id: int) -> list[Dataset]:
        """Earlier imports of the same source, with another revision or other options, newest first."""
        rows = self._rows(
            "SELECT e.* FROM datasets d JOIN datasets e ON e.source_kind = d.source_kind AND e.source = d.source "
            "WHERE d.id = ? AND e.id < d.id AND e.ready = 1 ORDER BY e.id DESC",
            (dataset_id,),
        )
        return [build_dataset(row) for row in rows]

    def count_decided(self, from_id: int, to_id: int) -> DecidedCounts:
        """How many trials of a dataset people decided on, and how many of these another one has, too."""
        row = self._row(
            "SELECT COUNT(*) AS decided, COALESCE(SUM(EXISTS ("
            "  SELECT 1 FROM trials n WHERE n.dataset_id = ?2 AND n.name = t.name) OR EXISTS ("
            "  SELECT 1 FROM attempts a JOIN attempts b ON b.conversation_id = a.conversation_id "
            "  JOIN trials n ON n.id = b.trial_id WHERE a.trial_id = t.id AND n.dataset_id = ?2)), 0) AS here "
            f"FROM trials t WHERE t.dataset_id = ?1 AND {_DECIDED}",
            (from_id, to_id),
        )
        return DecidedCounts(**(row or {}))

    def has_news(self, dataset_id: int, since_utc: str) -> bool:
        """True if anything was decided on a dataset after a moment."""
        sql = (
            "SELECT 1 FROM decisions d JOIN trials t ON t.id = d.trial_id "
            "WHERE d.at_utc > ?2 AND t.dataset_id = ?1 LIMIT 1"
        )
        return self._value(sql, (dataset_id, since_utc)) is not None

    def list_decided(self, dataset_id: int) -> list[int]:
        """Ids of the trials with decisions of people that stand, in order of first appearance."""
        rows = self._rows(
            f"SELECT t.id FROM trials t WHERE t.dataset_id = ? AND {_DECIDED} ORDER BY t.number", (dataset_id,)
        )
        return [row["id"] for row in rows]

    def list_alike(self, trial_id: int, dataset_id: int) -> list[int]:
        """Trials of another dataset with a trial's name or one of its conversations.

        The one with its name comes first, then those that share most conversations; at most `ALIKE`.
        """
        rows = self._rows(
            "SELECT n.id, n.name = (SELECT name FROM trials WHERE id = ?1) AS is_named, "
            "COUNT(DISTINCT b.conversation_id) AS shared FROM ("
            "  SELECT b.trial_id, b.conversation_id FROM attempts a JOIN attempts b "
            "    ON b.conversation_id = a.conversation_id WHERE a.trial_id = ?1 "
            "  UNION ALL SELECT m.id, NULL FROM trials t JOIN trials m ON m.dataset_id = ?2 AND m.name = t.name "
            "    WHERE t.id = ?1) b "
            "JOIN trials n ON n.id = b.trial_id WHERE n.dataset_id = ?2 "
            "GROUP BY n.id ORDER BY is_named DESC, shared DESC, n.number LIMIT ?3",
            (trial_id, dataset_id, ALIKE),
        )
        return [row["id"] for row in rows]

    def find_decider(self, trial_id: int) -> str | None:
        """The person who decided on a trial or its hints last, if one did; what was carried over does not count."""
        decider: str | None = self._value(
            "SELECT d.reviewer FROM decisions d LEFT JOIN steps s ON s.id = d.step_id WHERE d.trial_id = ? "
            f"AND d.reviewer <> 'unattended' AND COALESCE(s.action, '') <> ? AND {_STANDS} ORDER BY d.seq DESC LIMIT 1",
            (trial_id, CARRY_OVER),
        )
        return decider

    def list_carried(self, trial_id: int) -> set[str]:
        """Ids of the decisions that were carried over to a trial and stand, and of the hints that they are about."""
        rows = self._rows(
            "SELECT d.id, d.hint_id FROM decisions d JOIN steps s ON s.id = d.step_id "
            "WHERE d.trial_id = ? AND s.kind = 'do' AND s.action = ? AND s.undone_by IS NULL",
            (trial_id, CARRY_OVER),
        )
        return {value for row in rows for value in row.values() if value is not None}

    def count_undone(self, trial_id: int) -> int:
        """How often decisions were carried over to a trial and taken back."""
        return int(
            self._value(
                "SELECT COUNT(DISTINCT s.id) FROM decisions d JOIN steps s ON s.id = d.step_id "
                "WHERE d.trial_id = ? AND s.kind = 'do' AND s.action = ? AND s.undone_by IS NOT NULL",
                (trial_id, CARRY_OVER),
            )
        )
