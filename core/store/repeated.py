"""Which hints' words stand on many trials with other tasks. Counted after each curation, read by the checks."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

from core.models import Finding, HintText
from core.store.part import Part


class WordsOfHint(NamedTuple):
    """A hint that nobody rejected, by the hash of its words."""

    trial_id: int
    hint_id: str
    words_key: str
    said: int | None
    """What its finding says now; None if it has none."""


def build_words_key(text: HintText) -> str:
    """Hash of a hint's words, upper and lower case alike, white space as single spaces."""
    return _hash(text.model_dump_json())


def _hash(words: str) -> str:
    return blake2b(" ".join(words.casefold().split()).encode(), digest_size=12).hexdigest()


class Repeated(Part):
    """Counts over a whole dataset."""

    def list_words(self, dataset_id: int, *, code: str) -> list[WordsOfHint]:
        """Every hint of a dataset that nobody rejected, tools left out: one environment has the same for all tasks.

        Args:
            dataset_id: The dataset.
            code: Of the finding that says so.
        """
        cursor = self._connection.execute(
            "SELECT h.trial_id, h.id, h.text, (SELECT CAST(f.message AS INTEGER) FROM findings f "
            "WHERE f.hint_id = h.id AND f.code = ?2) FROM hints h JOIN trials t ON t.id = h.trial_id "
            "WHERE t.dataset_id = ?1 AND h.state <> 'rejected' AND h.kind <> 'tool'",
            (dataset_id, code),
        )
        return [WordsOfHint(trial_id, hint_id, _hash(text), said) for trial_id, hint_id, text, said in cursor]

    def save_counts(self, dataset_id: int, counts: Mapping[str, int]) -> None:
        """Replace what is known of a dataset.

        Args:
            dataset_id: The dataset.
            counts: Tasks by the hash of words; only what stands on many.
        """
        with self.write():
            self._connection.execute("DELETE FROM repeated_words WHERE dataset_id = ?", (dataset_id,))
            self._connection.executemany(
                "INSERT INTO repeated_words (dataset_id, words_key, tasks) VALUES (?, ?, ?)",
                [(dataset_id, key, count) for key, count in counts.items()],
            )

    def list_counts(self, dataset_id: int) -> dict[str, int]:
        """Tasks by the hash of words, as counted last."""
        rows = self._rows("SELECT words_key, tasks FROM repeated_words WHERE dataset_id = ?", (dataset_id,))
        return {row["words_key"]: row["tasks"] for row in rows}

    def find_count(self, dataset_id: int, words_key: str) -> int:
        """How many tasks of a dataset have a hint with these words, as counted last; 0 if not many."""
        return int(
            self._value(
                "SELECT tasks FROM repeated_words WHERE dataset_id = ? AND words_key = ?", (dataset_id, words_key)
            )
            or 0
        )

    def save_findings(self, code: str, changes: Sequence[tuple[WordsOfHint, Finding | None]]) -> None:
        """Add, replace or remove one finding of each of these hints, and leave their other findings alone."""
        with self.write():
            self._connection.executemany(
                "DELETE FROM findings WHERE hint_id = ? AND code = ?", [(item.hint_id, code) for item, _ in changes]
            )
            self._connection.executemany(
                "INSERT INTO findings (trial_id, hint_id, code, severity, message, place) "
                "SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM hints WHERE id = ?2)",
                [
                    (item.trial_id, item.hint_id, code, finding.severity, finding.message, finding.place)
                    for item, finding in changes
                    if finding is not None
                ],
            )
