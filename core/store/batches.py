"""Batches: which attempts they choose, how they were launched and how far they are."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from core.errors import UsageError
from core.models import RequestKind
from core.store.batch_models import (
    Acceptance,
    Batch,
    BatchConfig,
    BatchCounts,
    BatchUsage,
    ChosenContrasts,
    ChosenTotals,
    CutReckoning,
    Estimate,
    LiveFigures,
    Throughput,
)
from core.store.limits import LIMITS, WITH_LIMITS
from core.store.part import Part
from core.store.selection import ANCHOR, choose_attempts, choose_contrasts

THROUGHPUT_SECONDS = 5
"""How long one row of the throughput is."""
REQUESTS_PER_WRITE = 10_000
"""Added in well under the 250 ms that others may be kept waiting."""
PAUSE_SECONDS = 0.05
"""Between two such writes."""


class Batches(Part):
    """Launches of extraction, with counts that are kept by triggers: asking is cheap at any size."""

    def create_batch(
        self, *, job_id: int, dataset_id: int, config: BatchConfig, estimate: Estimate | None = None
    ) -> Batch:
        """A batch that has no requests yet: `ensure_requests` adds them."""
        with self.write():
            batch_id = self._connection.execute(
                "INSERT INTO batches (job_id, dataset_id, extractor, model, config, estimate, ready) "
                "VALUES (?, ?, ?, ?, ?, ?, 0)",
                (
                    job_id,
                    dataset_id,
                    config.extractor,
                    config.model,
                    config.model_dump_json(),
                    estimate and estimate.model_dump_json(),
                ),
            ).lastrowid
        return self.get_batch(int(batch_id or 0))

    def ensure_requests(self, batch_id: int, *, portion: int = REQUESTS_PER_WRITE) -> None:
        """One pending request per chosen attempt, then one per trial to be compared.

        Idempotent; whoever is interrupted is continued by the next.

        The launch and the worker may both do it at the same time. A batch runs only when it has them all.

        Args:
            batch_id: The batch.
            portion: How many are added in one write.
        """
        row = self._row("SELECT dataset_id, config, ready FROM batches WHERE id = ?", (batch_id,))
        if row is None or row["ready"]:
            return
        config = BatchConfig.model_validate_json(row["config"])
        last = self._value(
            "SELECT COALESCE(MAX(attempt_id), 0) FROM requests WHERE batch_id = ? AND kind = 'attempt'", (batch_id,)
        )
        chosen, values = choose_attempts(row["dataset_id"], config)
        rows = self._rows(f"SELECT a.id {chosen} AND a.id > ? ORDER BY a.id", (*values, last))
        self._add_requests(batch_id, RequestKind.ATTEMPT, [row["id"] for row in rows], portion=portion)
        pairs = choose_contrasts(row["dataset_id"], config)
        rows = [] if pairs is None else self._rows(f"SELECT {ANCHOR} AS id {pairs.sql} ORDER BY t.number", pairs.values)
        self._add_requests(batch_id, RequestKind.CONTRAST, [row["id"] for row in rows], portion=portion)
        with self.write():
            self._connection.execute(
                "UPDATE batch_counts SET total = (SELECT COUNT(*) FROM requests WHERE batch_id = ?1), "
                "contrasts = (SELECT COUNT(*) FROM requests WHERE batch_id = ?1 AND kind = 'contrast') "
                "WHERE batch_id = ?1",
                (batch_id,),
            )
            self._connection.execute("UPDATE batches SET ready = 1 WHERE id = ?", (batch_id,))

    def _add_requests(self, batch_id: int, kind: RequestKind, ids: Sequence[int], *, portion: int) -> None:
        for begin in range(0, len(ids), portion):
            with self.write():
                if self._value("SELECT ready FROM batches WHERE id = ?", (batch_id,)):
                    return  # somebody else was quicker
                self._connection.execute(
                    "INSERT OR IGNORE INTO requests (batch_id, kind, attempt_id) SELECT ?, ?, value FROM json_each(?)",
                    (batch_id, kind, orjson.dumps(ids[begin : begin + portion]).decode()),
                )
            if begin + portion < len(ids):
                # whoever waits for the lock looks for it only now and then
                time.sleep(PAUSE_SECONDS)

    def count_chosen(self, dataset_id: int, config: BatchConfig) -> int:
        """How many attempts a configuration chooses."""
        chosen, values = choose_attempts(dataset_id, config)
        return int(self._value(f"SELECT COUNT(*) {chosen}", values))

    def sum_contrasts(self, dataset_id: int, config: BatchConfig, *, most_characters: int) -> ChosenContrasts:
        """What comparing attempts takes of a configuration, added up.

        Args:
            dataset_id: The dataset.
            config: Chooses.
            most_characters: Of one comparison.
        """
        chosen = choose_contrasts(dataset_id, config)
        if chosen is None:
            return ChosenContrasts(0, 0, 0)
        pair = (
            "(SELECT COALESCE(AVG(CASE WHEN a.outcome = 'failure' THEN {0} END), 0) "
            "+ COALESCE(AVG(CASE WHEN a.outcome IN ('success', 'partial') THEN {0} END), 0) "
            "FROM attempts a JOIN conversations c ON c.id = a.conversation_id WHERE a.trial_id = t.id)"
        )
        row = self._row(
            "SELECT COUNT(*) AS contrasts, CAST(COALESCE(SUM(MIN(characters, ?)), 0) AS INTEGER) AS characters, "
            "CAST(COALESCE(SUM(messages * MIN(characters, ?) / MAX(characters, 1)), 0) AS INTEGER) AS messages "
            f"FROM (SELECT LENGTH(t.source_task_text) + {pair.format('c.characters')} AS characters, "
            f"{pair.format('c.message_count')} AS messages {chosen.sql})",
            (most_characters, most_characters, *chosen.values),
        )
        return ChosenContrasts(**(row or {}))

    def sum_chosen(self, dataset_id: int, config: BatchConfig, reckoning: CutReckoning) -> ChosenTotals:
        """What a configuration chooses, added up.

        Args:
            dataset_id: The dataset.
            config: Chooses.
            reckoning: How many characters an attempt takes.
        """
        chosen, values = choose_attempts(dataset_id, config, "JOIN conversations c ON c.id = a.conversation_id")
        whole = "c.characters + ?1 * c.message_count + LENGTH(t.source_task_text)"
        row = self._row(
            "SELECT COUNT(*) AS attempts, "
            f"COALESCE(SUM(CASE WHEN {whole} > ?2 THEN ?3 ELSE {whole} END), 0) AS characters, "
            "COALESCE(SUM(LENGTH(t.source_task_text)), 0) AS task_characters, "
            "COALESCE(SUM((SELECT COUNT(*) FROM episodes e WHERE e.attempt_id = a.id)), 0) AS rows, "
            "COALESCE(SUM((SELECT SUM(e.message_count) FROM episodes e WHERE e.attempt_id = a.id)), 0) "
            "  AS row_messages, "
            "COALESCE(SUM((SELECT SUM(c.characters * e.message_count / MAX(c.message_count, 1)) FROM episodes e "
            f"  WHERE e.attempt_id = a.id)), 0) AS row_characters {chosen}",
            # the marks without a number are counted on from these
            (*reckoning, *values),
        )
        return ChosenTotals(**(row or {}))

    def get_batch(self, batch_id: int) -> Batch:
        """A batch by its id."""
        row = self._row("SELECT * FROM batches WHERE id = ?", (batch_id,))
        if row is None:
            raise LookupError(f"no batch {batch_id}")
        return _build_batch(row)

    def get_batch_of_job(self, job_id: int) -> Batch:
        """The batch that a job runs.

        Raises:
            UsageError: It has none.
        """
        batch = self.find_batch_of_job(job_id)
        if batch is None:
            raise UsageError(f"Job {job_id} has no batch. Launch the extraction again.")
        return batch

    def find_batch_of_job(self, job_id: int) -> Batch | None:
        """The batch that a job runs, or None."""
        row = self._row("SELECT * FROM batches WHERE job_id = ?", (job_id,))
        return None if row is None else _build_batch(row)

    def list_batches(self, *, dataset_id: int | None = None, limit: int = 20) -> list[Batch]:
        """The newest batches, newest first."""
        where = "" if dataset_id is None else "WHERE dataset_id = ?"
        values = () if dataset_id is None else (dataset_id,)
        rows = self._rows(f"SELECT * FROM batches {where} ORDER BY id DESC LIMIT ?", (*values, limit))
        return [_build_batch(row) for row in rows]

    def count_requests(self, batch_id: int) -> BatchCounts:
        """The batch's requests by state."""
        row = self._row("SELECT total, done, failed FROM batch_counts WHERE batch_id = ?", (batch_id,))
        done, failed, total = (row["done"], row["failed"], row["total"]) if row else (0, 0, 0)
        return BatchCounts(done, failed, total - done - failed)

    def count_attempts(self, batch_id: int) -> BatchCounts:
        """The batch's attempts by state: its requests without those that compare attempts or merge hints."""
        others = zip(self.count_contrasts(batch_id), self.count_merges(batch_id), strict=True)
        pairs = zip(self.count_requests(batch_id), others, strict=True)
        return BatchCounts(*(requests - sum(other) for requests, other in pairs))

    def count_contrasts(self, batch_id: int) -> BatchCounts:
        """The batch's comparisons of attempts by state."""
        return self._count_kind(batch_id, "contrasts")

    def count_merges(self, batch_id: int) -> BatchCounts:
        """The batch's requests for a merged wording by state."""
        return self._count_kind(batch_id, "merges")

    def _count_kind(self, batch_id: int, name: str) -> BatchCounts:
        row = self._row(f"SELECT {name}_done, {name}_failed, {name} FROM batch_counts WHERE batch_id = ?", (batch_id,))
        done, failed, total = tuple(row.values()) if row else (0, 0, 0)
        return BatchCounts(done, failed, total - done - failed)

    def ensure_merges(self, batch_id: int, groups: Mapping[int, list[list[str]]]) -> None:
        """One pending request per trial whose hints nearly say the same. Idempotent.

        Args:
            batch_id: The batch.
            groups: Ids of the hints of each group, by an attempt of the trial.
        """
        with self.write():
            added = self._connection.executemany(
                "INSERT OR IGNORE INTO requests (batch_id, kind, attempt_id, subject) VALUES (?, 'merge', ?, ?)",
                [(batch_id, attempt_id, orjson.dumps(ids).decode()) for attempt_id, ids in groups.items()],
            ).rowcount
            self._connection.execute(
                "UPDATE batch_counts SET total = total + ?1, merges = merges + ?1 WHERE batch_id = ?2",
                (max(added, 0), batch_id),
            )

    def get_usage(self, batch_id: int) -> BatchUsage:
        """What was sent for a batch and came back, over all its runs."""
        row = self._row(
            "SELECT sent, replies AS requests, tokens_in, tokens_cached, tokens_out, "
            "CASE WHEN unpriced = 0 THEN cost_usd END AS cost_usd, reused, hints, first_answers, first_valid, "
            "repaired FROM batch_counts WHERE batch_id = ?",
            (batch_id,),
        )
        return BatchUsage(**(row or {}))

    def get_acceptance(self, batch_id: int) -> Acceptance:
        """What reviewers made of the hints that a batch had a part in."""
        row = self._row(
            "SELECT COUNT(*) AS hints, COALESCE(SUM(h.state = 'accepted'), 0) AS accepted, "
            "COALESCE(SUM(h.state = 'accepted' AND h.text <> h.proposed_text), 0) AS edited, "
            "COALESCE(SUM(h.state = 'rejected'), 0) AS rejected "
            "FROM batches b JOIN trials t ON t.dataset_id = b.dataset_id JOIN hints h ON h.trial_id = t.id "
            "WHERE b.id = ? AND EXISTS (SELECT 1 FROM json_each(h.origins) o "
            "  WHERE json_extract(o.value, '$.batch') = b.id)",
            (batch_id,),
        )
        return Acceptance(**(row or {}))

    def change_limits(self, batch_id: int, config: BatchConfig) -> None:
        """The limits of this configuration from the next run on; what is asked stays as it was."""
        with self.write():
            self._connection.execute(
                f"UPDATE batches SET config = {WITH_LIMITS} WHERE id = ?2",
                (config.model_dump_json(include=set(LIMITS)), batch_id),
            )

    def save_server(self, batch_id: int, server: str, *, key_mark: str | None = None) -> None:
        """Note who answers this batch, and a mark of the key that it was asked with."""
        with self.write():
            self._connection.execute(
                "UPDATE batches SET server = ?, key_mark = ? WHERE id = ?", (server, key_mark, batch_id)
            )

    def save_live(self, batch_id: int, live: LiveFigures | None) -> None:
        """How the run stands; None when it is over."""
        with self.write():
            self._connection.execute(
                "UPDATE batches SET live = ? WHERE id = ?", (live and live.model_dump_json(), batch_id)
            )

    def add_throughput(self, batch_id: int, *, at_unix: float, sent: int, answered: int, tokens: int) -> None:
        """Add to what went on in these seconds."""
        begin = int(at_unix) // THROUGHPUT_SECONDS * THROUGHPUT_SECONDS
        with self.write():
            self._connection.execute(
                "INSERT INTO throughput (batch_id, at_unix, sent, answered, tokens) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET sent = sent + excluded.sent, answered = answered + excluded.answered, "
                "tokens = tokens + excluded.tokens",
                (batch_id, begin, sent, answered, tokens),
            )

    def list_throughput(self, batch_id: int, *, since_unix: float = 0.0) -> list[Throughput]:
        """What went on, oldest first; seconds in which nothing did have no row."""
        rows = self._rows(
            "SELECT at_unix, sent, answered, tokens FROM throughput WHERE batch_id = ? AND at_unix >= ? "
            "ORDER BY at_unix",
            (batch_id, int(since_unix)),
        )
        return [Throughput(**row) for row in rows]

    def list_throughput_of(self, server: str, *, since_unix: float) -> list[Throughput]:
        """What went on with one server, in whichever batch, oldest first.

        Args:
            server: Its address, as batches remember it.
            since_unix: Seconds that were over by then are left out.
        """
        rows = self._rows(
            "SELECT t.at_unix, SUM(t.sent) AS sent, SUM(t.answered) AS answered, SUM(t.tokens) AS tokens "
            "FROM batches b JOIN throughput t ON t.batch_id = b.id WHERE b.server = ? AND t.at_unix > ? "
            "GROUP BY t.at_unix ORDER BY t.at_unix",
            (server, int(since_unix) - THROUGHPUT_SECONDS),
        )
        return [Throughput(**row) for row in rows]


def _build_batch(row: dict[str, Any]) -> Batch:
    parsed = {name: orjson.loads(row[name]) if row[name] else None for name in ("config", "estimate", "live")}
    return Batch.model_validate({**row, **parsed})
