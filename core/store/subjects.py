"""Writes one thing about a hint or trial. Only decisions call this: they record what it was before."""

from collections import Counter
from collections.abc import Mapping, Sequence

import orjson

from core.models import Evidence, Hint, HintKind, HintText, Origin
from core.store.curation import KIND_ORDER, write_evidence
from core.store.part import Part


class Subjects(Part):
    """What decisions change."""

    def raise_versions(self, subjects: Sequence[tuple[int, str | None]]) -> None:
        """One version up for each: of the hint if there is one, and of the trial.

        Args:
            subjects: Trial and hint; None: the trial itself.
        """
        counts = Counter(trial_id for trial_id, _ in subjects)
        with self.write():
            self._connection.executemany(
                "UPDATE trials SET version = version + ? WHERE id = ?",
                [(more, trial_id) for trial_id, more in counts.items()],
            )
            self._connection.executemany(
                "UPDATE hints SET version = version + 1 WHERE id = ?",
                [(hint_id,) for _, hint_id in subjects if hint_id is not None],
            )

    def save_states(self, states: Mapping[str, str]) -> None:
        """Proposed, accepted or rejected, by hint."""
        with self.write():
            for state in sorted(set(states.values())):
                ids = orjson.dumps([hint_id for hint_id, other in states.items() if other == state]).decode()
                self._connection.execute(
                    "UPDATE hints SET state = ? WHERE id IN (SELECT value FROM json_each(?))", (state, ids)
                )

    def list_states(self, trial_ids: Sequence[int]) -> dict[str, str]:
        """The state of each hint of some trials."""
        rows = self._rows(
            "SELECT id, state FROM hints WHERE trial_id IN (SELECT value FROM json_each(?))", (_write_list(trial_ids),)
        )
        return {row["id"]: row["state"] for row in rows}

    def list_undecided(self, trial_ids: Sequence[int]) -> list[tuple[int, str]]:
        """Trial and id of the undecided hints of some trials that nothing blocks, in publishing order."""
        rows = self._connection.execute(
            "SELECT h.trial_id, h.id FROM json_each(?) j JOIN hints h ON h.trial_id = j.value "
            "WHERE h.state = 'proposed' AND NOT EXISTS (SELECT 1 FROM findings f WHERE f.hint_id = h.id "
            f"AND f.severity = 'block' AND NOT f.overridden) ORDER BY j.key, {KIND_ORDER}, h.position, h.id",
            (_write_list(trial_ids),),
        )
        return [(row[0], row[1]) for row in rows]

    def save_text(self, hint_id: str, text: HintText) -> None:
        """Words, and with them the kind."""
        with self.write():
            self._connection.execute(
                "UPDATE hints SET text = ?, kind = ? WHERE id = ?", (text.model_dump_json(), text.kind, hint_id)
            )

    def save_position(self, hint_id: str, position: int) -> None:
        """Where the hint stands among those of its kind."""
        self._set("UPDATE hints SET position = ? WHERE id = ?", position, hint_id)

    def save_support(self, hint_id: str, *, attempt_ids: Sequence[int], origins: Sequence[Origin]) -> None:
        """The attempts that stand behind a hint, and who proposed it."""
        with self.write():
            self._connection.execute(
                "UPDATE hints SET attempt_ids = ?, origins = ? WHERE id = ?",
                (orjson.dumps(list(attempt_ids)).decode(), _write_origins(origins), hint_id),
            )

    def save_evidence(self, hint_id: str, evidence: Sequence[Evidence]) -> None:
        """The quotes of a hint, in order."""
        with self.write():
            write_evidence(self._connection, {hint_id: evidence})

    def save_overridden(self, hint_id: str, code: str, messages: Sequence[str]) -> None:
        """Which blocks with a code do not hold for the hint's present words, by what they say; no others do."""
        given = orjson.dumps(list(messages)).decode()
        with self.write():
            self._connection.execute(
                "DELETE FROM overrides WHERE hint_id = ?1 AND code = ?2 "
                "AND words = (SELECT text FROM hints WHERE id = ?1)",
                (hint_id, code),
            )
            self._connection.execute(
                "INSERT INTO overrides (hint_id, code, message, words) "
                "SELECT h.id, ?2, j.value, h.text FROM json_each(?3) j JOIN hints h ON h.id = ?1",
                (hint_id, code, given),
            )
            self._connection.execute(
                "UPDATE findings SET overridden = severity = 'block' AND message IN (SELECT value FROM json_each(?3)) "
                "WHERE hint_id = ?1 AND code = ?2",
                (hint_id, code, given),
            )

    def save_order(self, hint_ids: Sequence[str]) -> None:
        """Hints of one kind in this order, on the places that they have now; those that are gone are left out."""
        with self.write():
            rows = self._rows(
                "SELECT id, position FROM hints WHERE id IN (SELECT value FROM json_each(?))",
                (orjson.dumps(list(hint_ids)).decode(),),
            )
            there = {row["id"] for row in rows}
            places = sorted({row["position"] for row in rows})
            if len(places) < len(rows):
                places = list(range(len(rows)))
            ordered = [hint_id for hint_id in hint_ids if hint_id in there]
            self._connection.executemany(
                "UPDATE hints SET position = ? WHERE id = ?", list(zip(places, ordered, strict=True))
            )

    def create_hint(self, hint: Hint) -> None:
        """A hint that a person added; its version goes on where an earlier one with this id stopped."""
        with self.write():
            self._connection.execute(
                "INSERT INTO hints (id, trial_id, kind, position, text, proposed_text, state, origins, attempt_ids, "
                "version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, "
                "(SELECT COALESCE(MAX(version), 0) FROM decisions WHERE hint_id = ?1))",
                (
                    hint.id,
                    hint.trial_id,
                    hint.kind,
                    hint.position,
                    hint.text.model_dump_json(),
                    hint.proposed_text.model_dump_json(),
                    hint.state,
                    _write_origins(hint.origins),
                    orjson.dumps(hint.attempt_ids).decode(),
                ),
            )
            self.save_evidence(hint.id, hint.evidence)

    def remove_hint(self, hint_id: str) -> None:
        """Undo of adding one."""
        self._set("DELETE FROM hints WHERE id = ?", hint_id)

    def save_status(self, trial_id: int, status: str) -> None:
        """Open, approved or rejected."""
        self._set("UPDATE trials SET status = ? WHERE id = ?", status, trial_id)

    def save_task_text(self, trial_id: int, text: str | None) -> None:
        """A reviewer's task text; None: that of the traces."""
        self._set("UPDATE trials SET edited_task_text = ? WHERE id = ?", text, trial_id)

    def find_place(self, trial_id: int, kind: HintKind) -> int:
        """The first free place behind a trial's hints of a kind."""
        sql = "SELECT COALESCE(MAX(position) + 1, 0) FROM hints WHERE trial_id = ? AND kind = ?"
        return int(self._value(sql, (trial_id, kind)))

    def _set(self, sql: str, *values: str | int | None) -> None:
        with self.write():
            self._connection.execute(sql, values)


def _write_list(values: Sequence[int]) -> str:
    return orjson.dumps(list(values)).decode()


def _write_origins(origins: Sequence[Origin]) -> str:
    return orjson.dumps([origin.model_dump() for origin in origins]).decode()
