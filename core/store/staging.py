"""Rows on their way in. A temporary table: it is gone with the connection, and never in the workspace file.

Conversations go to their final table at once, keyed by content; what turns out to be no attempt of its own is
removed at the end.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from core.models import Message
from core.store.packing import PackedMessage, pack_messages, pack_text, unpack_messages, unpack_text
from core.store.part import Part

ROWS_AT_ONCE = 500


class StagedRow(NamedTuple):
    """A row as it waits for the rest of its trial."""

    row_number: int
    trial_key: str
    facts: bytes


class StagedConversation(NamedTuple):
    """Messages under the hash of their content."""

    id: str
    characters: int
    messages: list[PackedMessage]


class Staging(Part):
    """The first half of an import."""

    def begin(self) -> None:
        """An empty staging table for this connection."""
        self._connection.execute("DROP TABLE IF EXISTS temp.staged_rows")
        self._connection.execute(
            "CREATE TEMP TABLE staged_rows ("
            "row_number INTEGER PRIMARY KEY, trial_key TEXT NOT NULL, facts BLOB NOT NULL)"
        )

    def save(
        self,
        *,
        dataset_id: int,
        rows: Sequence[StagedRow],
        set_aside: Sequence[tuple[int, str]],
        conversations: Sequence[StagedConversation],
        texts: dict[str, str],
    ) -> None:
        """One portion of rows, all or nothing."""
        packed = [
            (item.id, len(item.messages), item.characters, pack_messages(item.messages)) for item in conversations
        ]
        packed_texts = [(text_id, pack_text(text)) for text_id, text in texts.items()]
        # the temporary table lies outside the workspace file and needs none of its write lock
        self._connection.executemany("INSERT INTO staged_rows VALUES (?, ?, ?)", rows)
        with self.write():
            self._connection.executemany(
                "INSERT INTO set_aside (dataset_id, row_number, reason) VALUES (?, ?, ?)",
                [(dataset_id, number, reason) for number, reason in set_aside],
            )
            self._connection.executemany("INSERT OR IGNORE INTO conversations VALUES (?, ?, ?, ?)", packed)
            self._connection.executemany("INSERT OR IGNORE INTO texts VALUES (?, ?)", packed_texts)

    def count_trials(self) -> int:
        """Trials found so far. Makes the index that `list_trials` needs."""
        self._connection.execute(
            "CREATE INDEX IF NOT EXISTS temp.staged_by_trial ON staged_rows (trial_key, row_number)"
        )
        return int(self._value("SELECT COUNT(DISTINCT trial_key) FROM staged_rows"))

    def list_trials(self) -> Iterator[list[bytes]]:
        """The facts of each trial's rows, rows in source order, trials in order of first appearance."""
        keys = self._connection.execute(
            "SELECT trial_key FROM staged_rows GROUP BY trial_key ORDER BY MIN(row_number)"
        ).fetchall()
        for (key,) in keys:
            yield [
                row[0]
                for row in self._connection.execute(
                    "SELECT facts FROM staged_rows WHERE trial_key = ? ORDER BY row_number", (key,)
                )
            ]

    def load_messages(self, conversation_id: str) -> list[Message]:
        """The messages of a staged conversation."""
        return unpack_messages(self._value("SELECT messages FROM conversations WHERE id = ?", (conversation_id,)))

    def load_text(self, text_id: str) -> str:
        """A staged text."""
        return unpack_text(self._value("SELECT content FROM texts WHERE id = ?", (text_id,)))

    def save_conversation(self, conversation: StagedConversation) -> None:
        """A conversation that is only the beginning of another one, but an attempt of its own all the same."""
        with self.write():
            self._connection.execute(
                "INSERT OR IGNORE INTO conversations VALUES (?, ?, ?, ?)",
                (
                    conversation.id,
                    len(conversation.messages),
                    conversation.characters,
                    pack_messages(conversation.messages),
                ),
            )

    def finish(self) -> None:
        """Drop the staged rows, and every conversation and text that no attempt of any dataset uses."""
        self._connection.execute("DROP TABLE IF EXISTS temp.staged_rows")
        for table, used in (("conversations", "conversation_id"), ("texts", "verifier_output_id")):
            self._delete_unused(table, used)

    def _delete_unused(self, table: str, column: str) -> None:
        other = "OR a.tool_definitions_id = t.id" if table == "texts" else ""
        unused = self._connection.execute(
            f"SELECT id FROM {table} t WHERE NOT EXISTS (SELECT 1 FROM attempts a WHERE a.{column} = t.id {other})"
        ).fetchall()
        # in portions, so that nobody waits long for the write lock
        for begin in range(0, len(unused), ROWS_AT_ONCE):
            with self.write():
                self._connection.executemany(f"DELETE FROM {table} WHERE id = ?", unused[begin : begin + ROWS_AT_ONCE])
