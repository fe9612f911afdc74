"""The words of trials as they would be published now: one hash each, to tell cheaply what changed since."""

from collections.abc import Iterator
from hashlib import sha256

from core.store.part import Part


class TrialWords(Part):
    """Task text and accepted hints of approved trials."""

    def find_last_decision(self) -> int:
        """Number of the workspace's last decision; 0 before the first one."""
        return int(self._value("SELECT COALESCE(MAX(seq), 0) FROM decisions"))

    def iterate_words(self, dataset_id: int) -> Iterator[tuple[int, str]]:
        """Id of each approved trial, and SHA-256 over its task text and accepted hints in their order."""
        return self._hash("t.dataset_id = ?1 AND t.status = 'approved'", dataset_id)

    def list_changed(self, publication_id: int) -> dict[int, str]:
        """Trials of a publication that are not any more as they were published: `changed` or `not approved`, by id.

        Only those that somebody decided on since are looked at. What an older version published is compared by its
        decisions alone.
        """
        touched = self._rows(
            "SELECT p.trial_id, p.words_sha256, t.status FROM publication_trials p JOIN publications b "
            "ON b.id = p.publication_id JOIN trials t ON t.id = p.trial_id WHERE b.id = ?1 AND p.trial_id IN ("
            "SELECT trial_id FROM decisions WHERE seq > COALESCE(b.last_decision, 0) "
            "AND (b.last_decision IS NOT NULL OR at_utc > b.created_utc)) ORDER BY p.trial_id",
            (publication_id,),
        )
        changed = {}
        for row in touched:
            if row["status"] != "approved":
                changed[row["trial_id"]] = "not approved"
            elif dict(self._hash("t.id = ?1", row["trial_id"])).get(row["trial_id"]) != row["words_sha256"]:
                changed[row["trial_id"]] = "changed"
        return changed

    def _hash(self, condition: str, value: int) -> Iterator[tuple[int, str]]:
        rows = self._connection.execute(
            "SELECT t.id, COALESCE(t.edited_task_text, t.source_task_text) AS task, h.kind, h.text "
            "FROM trials t LEFT JOIN hints h ON h.trial_id = t.id AND h.state = 'accepted' "
            f"WHERE {condition} ORDER BY t.id, h.position",
            (value,),
        )
        current, digest = None, sha256()
        for row in rows:
            if row["id"] != current:
                if current is not None:
                    yield current, digest.hexdigest()
                current, digest = row["id"], sha256(_frame(row["task"]))
            if row["text"] is not None:
                digest.update(_frame(row["kind"]) + _frame(row["text"]))
        if current is not None:
            yield current, digest.hexdigest()


def _frame(text: str) -> bytes:
    # the length in front, so that no two lists of texts look the same
    content = text.encode("utf-8", "surrogatepass")
    return b"%d:" % len(content) + content
