"""What each reviewer did, one row a press of a key: the decisions of one step are undone and done again together."""

from collections.abc import Sequence
from typing import Literal

import orjson
from pydantic import BaseModel

from core.models import Decision
from core.store.decisions import build_decision
from core.store.part import Part

StepKind = Literal["do", "undo", "redo"]
CACHE_KIB = 32_768
_STANDING = "s.kind = 'do' AND s.undone_by IS NULL"


class Step(BaseModel):
    """One press of a key."""

    id: str
    """That of the action."""
    reviewer: str
    at_utc: str
    kind: StepKind
    action: str
    """In words, e.g. `approve`; that of the target, for an undo or redo."""
    trial_id: int | None = None
    """None: many, a bulk action."""
    page: str = ""
    """The open page that it came from."""
    target: str | None = None
    """The step that is undone or done again."""
    applied_by: str | None = None
    """The step whose rows hold now: itself, or the last one that did it again."""
    undone_by: str | None = None
    """The step that undid it, if it is undone."""
    finished: bool = True
    """False: a bulk action that goes on in portions."""


class Obstacle(BaseModel):
    """Somebody's later decision on the same subject."""

    reviewer: str
    at_utc: str
    action: str
    trial_id: int


class Steps(Part):
    """The undo and redo of every reviewer, across reloads and restarts."""

    def expect_many_rows(self) -> None:
        """Before a step with thousands of rows: SQLite keeps pages and what it could take back in memory.

        On disk, what it could take back of each statement was four fifths of all that a bulk action wrote. Not for
        every connection: an import sorts and stages more than memory may hold. Call it outside a transaction.
        """
        self._connection.execute("PRAGMA temp_store = MEMORY")
        self._connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")

    def add_step(self, step: Step) -> None:
        """Append a step; an undo or redo also says what became of its target."""
        with self.write():
            self._connection.execute(
                "INSERT INTO steps (id, reviewer, at_utc, kind, action, trial_id, page, target, applied_by, finished) "
                "VALUES (:id, :reviewer, :at_utc, :kind, :action, :trial_id, :page, :target, :id, :finished)",
                step.model_dump(),
            )
            if step.kind == "undo":
                self._connection.execute("UPDATE steps SET undone_by = ? WHERE id = ?", (step.id, step.target))
            elif step.kind == "redo":
                self._connection.execute(
                    "UPDATE steps SET undone_by = NULL, applied_by = ? WHERE id = ?", (step.id, step.target)
                )

    def finish_step(self, step_id: str) -> None:
        """All portions of a bulk action are done."""
        with self.write():
            self._connection.execute("UPDATE steps SET finished = 1 WHERE id = ?", (step_id,))

    def mark_effect(self, step_id: str) -> None:
        """The step changed something; one that did not is no use to undo."""
        with self.write():
            self._connection.execute("UPDATE steps SET has_effect = 1 WHERE id = ?", (step_id,))

    def find_step(self, step_id: str) -> Step | None:
        """A step by the id of its action."""
        row = self._row("SELECT * FROM steps WHERE id = ?", (step_id,))
        return None if row is None else Step.model_validate(row)

    def find_undoable(self, reviewer: str) -> Step | None:
        """What an undo of this reviewer takes back: the last that stands."""
        row = self._row(
            f"SELECT s.* FROM steps s JOIN steps a ON a.id = s.applied_by WHERE s.reviewer = ? AND {_STANDING} "
            "AND s.has_effect ORDER BY a.seq DESC LIMIT 1",
            (reviewer,),
        )
        return None if row is None else Step.model_validate(row)

    def find_redoable(self, reviewer: str) -> Step | None:
        """What a redo of this reviewer does again: the last undone, if nothing else was done since."""
        row = self._row(
            "SELECT s.* FROM steps s JOIN steps u ON u.id = s.undone_by WHERE u.reviewer = ?1 AND s.kind = 'do' "
            "AND u.seq > (SELECT COALESCE(MAX(seq), 0) FROM steps WHERE reviewer = ?1 AND kind = 'do' AND has_effect) "
            "ORDER BY u.seq DESC LIMIT 1",
            (reviewer,),
        )
        return None if row is None else Step.model_validate(row)

    def list_step_decisions(self, step_id: str, *, trial_ids: Sequence[int] | None = None) -> list[Decision]:
        """The rows of a step, oldest first.

        Args:
            step_id: The step.
            trial_ids: Only those about these trials; None: all.
        """
        if trial_ids is None:
            rows = self._rows("SELECT * FROM decisions WHERE step_id = ? ORDER BY seq", (step_id,))
        else:
            rows = self._rows(
                # the plus keeps SQLite from walking through all rows of a bulk action for each portion of it
                "SELECT d.* FROM json_each(?) j JOIN decisions d ON d.trial_id = j.value WHERE +d.step_id = ? "
                "ORDER BY d.seq",
                (orjson.dumps(list(trial_ids)).decode(), step_id),
            )
        return [build_decision(row) for row in rows]

    def list_step_trials(self, step_id: str) -> list[int]:
        """Ids of the trials that a step decided on."""
        rows = self._rows("SELECT DISTINCT trial_id FROM decisions WHERE step_id = ? ORDER BY trial_id", (step_id,))
        return [row["trial_id"] for row in rows]

    def get_reversed_id(self, step: Step) -> str:
        """The step whose rows an undo or redo puts back: what was done last, or undone last, before it."""
        other = "undo" if step.kind == "redo" else "redo"
        found: str | None = self._value(
            "SELECT id FROM steps WHERE target = ?1 AND kind = ?2 AND seq < (SELECT seq FROM steps WHERE id = ?3) "
            "ORDER BY seq DESC LIMIT 1",
            (step.target, other, step.id),
        )
        return found or step.target or step.id

    def list_obstacles(self, step: Step) -> list[Obstacle]:
        """Decisions that stand, were made after a step, and are about its subject; the first one of each trial.

        A decision on a whole trial is about all its hints.
        """
        rows = self._rows(
            "SELECT s.reviewer, s.at_utc, d.action, d.trial_id, MIN(a.seq) "
            "FROM (SELECT DISTINCT trial_id FROM decisions WHERE step_id = ?1) m "
            "JOIN decisions d ON d.trial_id = m.trial_id AND +d.step_id <> ?1 "
            "JOIN steps s ON s.id = d.step_id JOIN steps a ON a.id = s.applied_by "
            f"WHERE {_STANDING} AND s.has_effect AND s.id <> ?2 AND a.seq > (SELECT seq FROM steps WHERE id = ?1) "
            "AND ((d.hint_id IS NULL AND d.action IN ('approve', 'reject', 'reopen')) OR EXISTS (SELECT 1 FROM "
            "decisions mine WHERE mine.trial_id = d.trial_id AND +mine.step_id = ?1 AND mine.hint_id IS d.hint_id)) "
            "GROUP BY d.trial_id",
            (step.applied_by, step.id),
        )
        return [Obstacle.model_validate(row) for row in rows]
