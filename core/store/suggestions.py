"""Words that a model proposes for hints that are there; a person accepts or dismisses them."""

from collections.abc import Sequence
from typing import Any, Literal

import orjson
from pydantic import TypeAdapter

from core.models import HintText, Origin, Suggestion
from core.store.part import Part

_TEXT: TypeAdapter[HintText] = TypeAdapter(HintText)


class Suggestions(Part):
    """Merged and reworded hints that nobody decided on yet, and what became of the others."""

    def list_suggestions(self, trial_id: int) -> list[Suggestion]:
        """A trial's suggestions in the order they were saved, decided ones too.

        Open ones about hints that are gone are left out.
        """
        rows = self._rows(
            "SELECT * FROM suggestions s WHERE trial_id = ? AND (state <> 'open' OR NOT EXISTS (SELECT 1 FROM "
            "json_each(s.hint_ids) j WHERE NOT EXISTS (SELECT 1 FROM hints h WHERE h.id = j.value))) "
            "ORDER BY position, id",
            (trial_id,),
        )
        return [_build_suggestion(row) for row in rows]

    def save_suggestions(self, trial_id: int, suggestions: Sequence[Suggestion]) -> None:
        """Replace a trial's open suggestions by these. What was accepted or dismissed is not opened again.

        Args:
            trial_id: The trial.
            suggestions: Equal ids are the same suggestion.
        """
        with self.write():
            self._connection.execute("DELETE FROM suggestions WHERE trial_id = ? AND state = 'open'", (trial_id,))
            self._connection.executemany(
                "INSERT OR IGNORE INTO suggestions (id, trial_id, position, kind, hint_ids, text, origin, state) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        item.id,
                        trial_id,
                        position,
                        item.kind,
                        orjson.dumps(item.hint_ids).decode(),
                        item.text.model_dump_json(),
                        item.origin.model_dump_json(),
                        item.state,
                    )
                    for position, item in enumerate(suggestions)
                ],
            )

    def save_suggestion_state(self, suggestion_id: str, state: Literal["open", "accepted", "dismissed"]) -> bool:
        """What a person decided on it, or `open` if that was undone; False if there is none with this id."""
        with self.write():
            cursor = self._connection.execute("UPDATE suggestions SET state = ? WHERE id = ?", (state, suggestion_id))
        return cursor.rowcount == 1


def _build_suggestion(row: dict[str, Any]) -> Suggestion:
    return Suggestion(
        id=row["id"],
        trial_id=row["trial_id"],
        kind=row["kind"],
        hint_ids=orjson.loads(row["hint_ids"]),
        text=_TEXT.validate_json(row["text"]),
        origin=Origin.model_validate_json(row["origin"]),
        state=row["state"],
    )
