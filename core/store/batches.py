"""Batches, their requests, and every reply that was paid for."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import orjson
from pydantic import BaseModel

from core.models import Extractor
from core.store.part import Part, utc_now

Selection = Literal["all", "new", "failed"]


class BatchConfig(BaseModel):
    """What a batch was launched with."""

    extractor: Extractor
    model: str | None = None
    batch_size: int = 100
    """Concurrent requests."""
    max_rpm: int = 500
    """Requests per minute."""
    max_tpm: int | None = None
    """Tokens per minute, in and out together; None means no limit."""
    budget_usd: float | None = None
    first_trials: int | None = None
    """Only the first N trials in order of first appearance; None means all."""
    only: Selection = "all"


class Batch(BaseModel):
    """One launch of extraction; its state is its job's."""

    id: int
    job_id: int
    dataset_id: int
    extractor: Extractor
    model: str | None
    config: BatchConfig


class PendingRequest(NamedTuple):
    """A request that was not answered yet."""

    id: int
    attempt_id: int


class Reply(NamedTuple):
    """One answer of a server, valid or not."""

    body_hash: str
    kind: str
    model: str
    http_status: int | None
    raw: str
    valid: bool
    tokens_in: int
    tokens_cached: int
    tokens_out: int
    cost_usd: float | None
    """None if the model's price is unknown."""
    latency_seconds: float


class Answer(NamedTuple):
    """What became of a request."""

    request_id: int
    attempt_id: int
    body_hash: str | None
    replies: list[Reply]
    content: str | None
    """The attempt's hints as JSON; None if the request failed."""
    sent: int
    """How often it was sent in this run, retries and repairs included."""
    is_open: bool = False
    """True if the request must be asked again by the next run, although something came back."""
    reused: bool = False
    reason: str | None = None
    """Why it failed, e.g. `refused`."""
    detail: str | None = None


class BatchCounts(NamedTuple):
    """A batch's requests by state."""

    done: int
    failed: int
    pending: int

    @property
    def total(self) -> int:
        """All requests."""
        return self.done + self.failed + self.pending


class BatchUsage(NamedTuple):
    """What was sent for a batch, over all its runs."""

    requests: int
    tokens_in: int
    tokens_cached: int
    tokens_out: int
    cost_usd: float | None
    """None if the price of one of the replies is unknown."""


class FailureGroup(NamedTuple):
    """Failed attempts with one reason."""

    reason: str
    attempts: int
    detail: str | None
    trial_name: str


class Batches(Part):
    """Extraction as rows."""

    def create_batch(self, *, job_id: int, dataset_id: int, config: BatchConfig) -> Batch:
        """A batch with one pending request per chosen attempt."""
        with self.write():
            batch_id = self._connection.execute(
                "INSERT INTO batches (job_id, dataset_id, extractor, model, config) VALUES (?, ?, ?, ?, ?)",
                (job_id, dataset_id, config.extractor, config.model, config.model_dump_json()),
            ).lastrowid
            self._connection.execute(
                "INSERT INTO requests (batch_id, kind, attempt_id) SELECT ?, 'attempt', a.id " + _chosen(config),
                (batch_id, dataset_id, *_chosen_values(config)),
            )
        return self.get_batch(int(batch_id or 0))

    def count_chosen(self, dataset_id: int, config: BatchConfig) -> tuple[int, int]:
        """How many attempts a configuration chooses, and their characters in all."""
        row = self._row(
            "SELECT COUNT(*) AS attempts, COALESCE(SUM(c.characters), 0) AS characters "
            + _chosen(config, "JOIN conversations c ON c.id = a.conversation_id"),
            (dataset_id, *_chosen_values(config)),
        )
        return (0, 0) if row is None else (row["attempts"], row["characters"])

    def get_batch(self, batch_id: int) -> Batch:
        """A batch by its id."""
        row = self._row("SELECT * FROM batches WHERE id = ?", (batch_id,))
        if row is None:
            raise LookupError(f"no batch {batch_id}")
        return _build_batch(row)

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
        rows = self._rows(
            "SELECT state, COUNT(*) AS count FROM requests WHERE batch_id = ? GROUP BY state", (batch_id,)
        )
        counts = {row["state"]: row["count"] for row in rows}
        return BatchCounts(counts.get("done", 0), counts.get("failed", 0), counts.get("pending", 0))

    def list_pending(self, batch_id: int, *, after: int, limit: int) -> list[PendingRequest]:
        """The next unanswered requests with an id above `after`, in order."""
        rows = self._rows(
            "SELECT id, attempt_id FROM requests WHERE batch_id = ? AND state = 'pending' AND id > ? "
            "ORDER BY id LIMIT ?",
            (batch_id, after, limit),
        )
        return [PendingRequest(**row) for row in rows]

    def retry_failed(self, batch_id: int) -> int:
        """Make the failed requests of a batch pending again; how many there were."""
        with self.write():
            cursor = self._connection.execute(
                "UPDATE requests SET state = 'pending', reason = NULL, detail = NULL "
                "WHERE batch_id = ? AND state = 'failed'",
                (batch_id,),
            )
        return cursor.rowcount

    def find_valid_reply(self, body_hash: str) -> str | None:
        """The raw text of a reply to exactly this body that validated, in any batch; None if there is none."""
        raw: str | None = self._value(
            "SELECT raw FROM replies WHERE body_hash = ? AND valid = 1 ORDER BY id DESC LIMIT 1", (body_hash,)
        )
        return raw

    def save_answers(self, batch: Batch, answers: Sequence[Answer], *, prompt_version: str) -> None:
        """What came back, with everything that was paid for, all or nothing."""
        now = utc_now()
        execute = self._connection.execute
        with self.write():
            for answer in answers:
                for reply in answer.replies:
                    execute(
                        "INSERT INTO replies (body_hash, kind, model, http_status, raw, valid, tokens_in, "
                        "tokens_cached, tokens_out, cost_usd, latency_seconds, batch_id, request_id, job_id, "
                        "created_utc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        (*reply, batch.id, answer.request_id, batch.job_id, now),
                    )
                execute(
                    "UPDATE requests SET state = ?, body_hash = ?, reused = ?, sent = sent + ?, reason = ?, "
                    "detail = ?, finished_utc = ? WHERE id = ?",
                    (
                        _build_state(answer),
                        answer.body_hash,
                        answer.reused,
                        answer.sent,
                        answer.reason,
                        answer.detail,
                        now,
                        answer.request_id,
                    ),
                )
                if answer.content is not None:
                    execute(
                        "INSERT INTO proposals (attempt_id, extractor, batch_id, model, prompt_version, content) "
                        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET batch_id = excluded.batch_id, "
                        "model = excluded.model, prompt_version = excluded.prompt_version, content = excluded.content",
                        (answer.attempt_id, batch.extractor, batch.id, batch.model, prompt_version, answer.content),
                    )

    def get_usage(self, batch_id: int, *, since_reply: int = 0) -> BatchUsage:
        """What was sent for a batch and answered.

        Args:
            batch_id: The batch.
            since_reply: Only replies with a higher id: what one run of it cost.
        """
        row = self._row(
            "SELECT COUNT(*) AS requests, COALESCE(SUM(tokens_in), 0) AS tokens_in, "
            "COALESCE(SUM(tokens_cached), 0) AS tokens_cached, COALESCE(SUM(tokens_out), 0) AS tokens_out, "
            "CASE WHEN COUNT(*) = COUNT(cost_usd) THEN COALESCE(SUM(cost_usd), 0.0) END AS cost_usd "
            "FROM replies WHERE batch_id = ? AND id > ?",
            (batch_id, since_reply),
        )
        return BatchUsage(**(row or {}))

    def get_last_reply_id(self) -> int:
        """The id of the newest reply; 0 before the first one."""
        return int(self._value("SELECT COALESCE(MAX(id), 0) FROM replies"))

    def count_sent(self, batch_id: int) -> int:
        """How often something was sent for a batch, retries included."""
        return int(self._value("SELECT COALESCE(SUM(sent), 0) FROM requests WHERE batch_id = ?", (batch_id,)))

    def list_failures(self, batch_id: int) -> list[FailureGroup]:
        """Failed requests by reason, the most frequent first, each with its newest example."""
        rows = self._rows(
            "SELECT r.reason AS reason, COUNT(*) AS count, r.detail AS detail, t.name AS trial_name, MAX(r.id) "
            "FROM requests r JOIN attempts a ON a.id = r.attempt_id JOIN trials t ON t.id = a.trial_id "
            "WHERE r.batch_id = ? AND r.state = 'failed' GROUP BY r.reason ORDER BY count DESC, reason",
            (batch_id,),
        )
        return [
            FailureGroup(row["reason"] or "unknown", row["count"], row["detail"], row["trial_name"]) for row in rows
        ]

    def count_states(self, dataset_id: int, *, extractor: Extractor, first_trials: int | None) -> BatchCounts:
        """Of the chosen attempts: how many have hints by an extractor, failed last, or were not tried."""
        row = self._row(
            "SELECT SUM(p.attempt_id IS NOT NULL) AS done, SUM(p.attempt_id IS NULL AND EXISTS ("
            "  SELECT 1 FROM requests r JOIN batches b ON b.id = r.batch_id "
            "  WHERE r.attempt_id = a.id AND r.state = 'failed' AND b.extractor = ?2)) AS failed, COUNT(*) AS total "
            "FROM attempts a JOIN trials t ON t.id = a.trial_id "
            "LEFT JOIN proposals p ON p.attempt_id = a.id AND p.extractor = ?2 "
            "WHERE t.dataset_id = ?1 AND (?3 IS NULL OR t.number < ?3)",
            (dataset_id, extractor, first_trials),
        )
        done, failed = (row["done"] or 0, row["failed"] or 0) if row else (0, 0)
        return BatchCounts(done, failed, (row["total"] if row else 0) - done - failed)


def _build_state(answer: Answer) -> str:
    if answer.is_open:
        return "pending"
    return "failed" if answer.content is None else "done"


def _chosen(config: BatchConfig, join: str = "") -> str:
    only = {
        "all": "",
        "new": "AND NOT EXISTS (SELECT 1 FROM proposals p WHERE p.attempt_id = a.id AND p.extractor = ?) ",
        "failed": "AND EXISTS (SELECT 1 FROM requests r JOIN batches b ON b.id = r.batch_id "
        "WHERE r.attempt_id = a.id AND r.state = 'failed' AND b.extractor = ? "
        "AND NOT EXISTS (SELECT 1 FROM proposals p WHERE p.attempt_id = a.id AND p.extractor = b.extractor)) ",
    }[config.only]
    first = "AND t.number < ? " if config.first_trials is not None else ""
    return (
        f"FROM attempts a JOIN trials t ON t.id = a.trial_id {join} WHERE t.dataset_id = ? {only}{first}ORDER BY a.id"
    )


def _chosen_values(config: BatchConfig) -> list[Any]:
    values: list[Any] = [] if config.only == "all" else [config.extractor]
    return values if config.first_trials is None else [*values, config.first_trials]


def _build_batch(row: dict[str, Any]) -> Batch:
    return Batch.model_validate({**row, "config": orjson.loads(row["config"])})
