"""The requests of a batch, every reply that was paid for, and the proposals made of them."""

from collections.abc import Sequence
from uuid import UUID, uuid5

from core.models import (
    AttemptHints,
    ContrastHints,
    MergedHints,
    Origin,
    Outcome,
    Reading,
    RequestKind,
    Suggestion,
)
from core.store.batch_models import Answer, Batch, FailureGroup, LastAnswer, PendingRequest, Reply, TypicalReply
from core.store.part import Part, SqlRow, utc_now
from core.store.suggestions import Suggestions

REPLIES_FOR_AVERAGES = 200
_SUGGESTIONS = UUID("2f0a4f0c-8c8f-4b7e-9a55-0c0d5a2f3e21")


class Answers(Part):
    """What is asked and what came of it."""

    def list_pending(self, batch_id: int, *, after: int, limit: int) -> list[PendingRequest]:
        """The next unanswered requests with an id above `after`, in order."""
        rows = self._rows(
            "SELECT id, attempt_id, kind, subject, sent, asked_after FROM requests "
            "WHERE batch_id = ? AND state = 'pending' AND id > ? ORDER BY id LIMIT ?",
            (batch_id, after, limit),
        )
        return [build_pending(row) for row in rows]

    def list_all_pending(self, batch_id: int) -> list[PendingRequest]:
        """All unanswered requests of a batch."""
        rows = self._rows(
            "SELECT id, attempt_id, kind FROM requests WHERE batch_id = ? AND state = 'pending'", (batch_id,)
        )
        return [build_pending(row) for row in rows]

    def retry_failed(self, batch_id: int) -> int:
        """Make the failed requests of a batch pending again, to be asked from the start; how many there were."""
        with self.write():
            cursor = self._connection.execute(
                "UPDATE requests SET state = 'pending', reason = NULL, detail = NULL, "
                "asked_after = (SELECT COALESCE(MAX(id), 0) FROM replies) WHERE batch_id = ? AND state = 'failed'",
                (batch_id,),
            )
        return cursor.rowcount

    def find_valid_reply(self, body_hash: str) -> str | None:
        """The raw text of a reply to exactly this body that validated, in any batch; None if there is none."""
        raw: str | None = self._value(
            "SELECT raw FROM replies WHERE body_hash = ? AND valid = 1 ORDER BY id DESC LIMIT 1", (body_hash,)
        )
        return raw

    def find_answered(self, request: PendingRequest, body_hash: str) -> str | None:
        """The raw text of the last reply with status 200 to exactly this body, in a request's present try.

        None if there is none, or if it validated: `find_valid_reply` finds that one.
        """
        raw: str | None = self._value(
            "SELECT raw FROM replies WHERE body_hash = ? AND valid = 0 AND request_id = ? AND id > ? "
            "AND http_status = 200 ORDER BY id DESC LIMIT 1",
            (body_hash, request.id, request.asked_after),
        )
        return raw

    def has_answered(self, batch_id: int) -> bool:
        """True if a server ever answered a request of this batch with status 200."""
        sql = "SELECT EXISTS (SELECT 1 FROM replies WHERE batch_id = ? AND http_status = 200)"
        return bool(self._value(sql, (batch_id,)))

    def save_replies(self, batch: Batch, replies: Sequence[tuple[int, Reply]]) -> None:
        """Keep replies, each with the id of its request, whatever becomes of the request."""
        now = utc_now()
        with self.write():
            self._connection.executemany(
                "INSERT INTO replies (body_hash, kind, model, http_status, raw, valid, tokens_in, "
                "tokens_cached, tokens_out, cost_usd, latency_seconds, batch_id, request_id, job_id, created_utc) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(*reply, batch.id, request_id, batch.job_id, now) for request_id, reply in replies],
            )

    def save_answers(self, batch: Batch, answers: Sequence[Answer], *, prompt_version: str) -> None:
        """What came back, with everything that was paid for, all or nothing.

        Raises:
            WorkspaceError: The disk or the workspace is full; nothing of it was saved.
        """
        now = utc_now()
        with self.write():
            self.save_replies(batch, [(answer.request_id, reply) for answer in answers for reply in answer.replies])
            self._connection.executemany(
                "UPDATE requests SET state = ?, body_hash = ?, reused = ?, sent = sent + ?, reason = ?, detail = ?, "
                "hints = ?, left_out = ?, finished_utc = ? WHERE id = ?",
                [
                    (
                        _build_state(answer),
                        answer.body_hash,
                        answer.reused,
                        answer.sent,
                        answer.reason,
                        answer.detail,
                        answer.hints,
                        answer.left_out,
                        now,
                        answer.request_id,
                    )
                    for answer in answers
                ],
            )
            self._connection.executemany(
                "INSERT INTO proposals (attempt_id, extractor, batch_id, model, prompt_version, content) "
                "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET batch_id = excluded.batch_id, "
                "model = excluded.model, prompt_version = excluded.prompt_version, content = excluded.content",
                [
                    (
                        answer.attempt_id,
                        batch.extractor,
                        batch.id,
                        batch.model,
                        answer.prompt_version or prompt_version,
                        answer.content,
                    )
                    for answer in answers
                    if answer.content is not None and answer.kind is RequestKind.ATTEMPT
                ],
            )
            self._connection.executemany(
                "INSERT INTO contrasts (trial_id, batch_id, model, prompt_version, content) "
                "VALUES ((SELECT trial_id FROM attempts WHERE id = ?), ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "batch_id = excluded.batch_id, model = excluded.model, prompt_version = excluded.prompt_version, "
                "content = excluded.content",
                [
                    (answer.attempt_id, batch.id, batch.model, answer.prompt_version or prompt_version, answer.content)
                    for answer in answers
                    if answer.content is not None and answer.kind is RequestKind.CONTRAST
                ],
            )

            for answer in answers:
                if answer.content is not None and answer.kind is RequestKind.MERGE:
                    self._save_merges(batch, answer)

    def _save_merges(self, batch: Batch, answer: Answer) -> None:
        trial_id = self._value("SELECT trial_id FROM attempts WHERE id = ?", (answer.attempt_id,))
        origin = Origin(extractor="llm", model=batch.model, prompt_version=answer.prompt_version or "", batch=batch.id)
        merged = MergedHints.model_validate_json(answer.content or "").hints
        suggestions = [
            Suggestion(
                id=str(uuid5(_SUGGESTIONS, f"{sorted(item.hint_ids)} {item.text.model_dump_json()}")),
                trial_id=trial_id,
                kind="merge",
                hint_ids=item.hint_ids,
                text=item.text,
                origin=origin,
            )
            for item in merged
        ]
        Suggestions(self._database).save_suggestions(trial_id, suggestions)

    def list_failures(self, batch_id: int) -> list[FailureGroup]:
        """Failed requests by kind and reason, the most frequent first, each with its newest example."""
        rows = self._rows(
            "SELECT r.kind AS kind, r.reason AS reason, COUNT(*) AS count, r.detail AS detail, "
            "t.name AS trial_name, MAX(r.id) "
            "FROM requests r JOIN attempts a ON a.id = r.attempt_id JOIN trials t ON t.id = a.trial_id "
            "WHERE r.batch_id = ? AND r.state = 'failed' GROUP BY r.kind, r.reason "
            "ORDER BY count DESC, r.kind, reason",
            (batch_id,),
        )
        return [
            FailureGroup(
                RequestKind(row["kind"]), row["reason"] or "unknown", row["count"], row["detail"], row["trial_name"]
            )
            for row in rows
        ]

    def list_last_answers(self, batch_id: int, *, limit: int) -> list[LastAnswer]:
        """The latest answers of a batch, newest first."""
        rows = self._rows(
            "SELECT r.attempt_id, t.name AS trial_name, a.number AS attempt_number, r.kind, r.state, r.reason, "
            "r.hints, COALESCE(p.content, c.content) AS content, r.finished_utc "
            "FROM (SELECT * FROM requests WHERE batch_id = ?1 AND finished_utc IS NOT NULL "
            "  ORDER BY finished_utc DESC LIMIT ?2) r "
            "JOIN attempts a ON a.id = r.attempt_id JOIN trials t ON t.id = a.trial_id "
            "LEFT JOIN proposals p ON p.attempt_id = r.attempt_id AND p.batch_id = ?1 AND r.kind = 'attempt' "
            "LEFT JOIN contrasts c ON c.trial_id = a.trial_id AND c.batch_id = ?1 AND r.kind = 'contrast' "
            "WHERE r.state <> 'pending' ORDER BY r.finished_utc DESC, r.id DESC",
            (batch_id, limit),
        )
        return [LastAnswer(**{**row, "kind": RequestKind(row["kind"])}) for row in rows]

    def find_left_out(self, attempt_id: int) -> str | None:
        """What of an attempt the model was not shown when it made the present proposals, as JSON; None if all was."""
        left_out: str | None = self._value(
            "SELECT r.left_out FROM proposals p JOIN requests r ON r.batch_id = p.batch_id "
            "AND r.attempt_id = p.attempt_id AND r.kind = 'attempt' WHERE p.attempt_id = ? AND p.extractor = 'llm'",
            (attempt_id,),
        )
        return left_out

    def find_contrast_left_out(self, trial_id: int) -> str | None:
        """What of the two compared attempts the model was not shown, as JSON; None if all was."""
        left_out: str | None = self._value(
            "SELECT r.left_out FROM contrasts c JOIN attempts a ON a.trial_id = c.trial_id "
            "JOIN requests r ON r.batch_id = c.batch_id AND r.attempt_id = a.id AND r.kind = 'contrast' "
            "WHERE c.trial_id = ?",
            (trial_id,),
        )
        return left_out

    def find_contrast(self, trial_id: int) -> ContrastHints | None:
        """What a model said of a successful and a failed attempt of a trial; None if they were not compared."""
        content: str | None = self._value("SELECT content FROM contrasts WHERE trial_id = ?", (trial_id,))
        return None if content is None else ContrastHints.model_validate_json(content)

    def list_readings(self, trial_id: int) -> list[Reading]:
        """What a model made of a trial's attempts, in their order; without those that no model has read."""
        rows = self._rows(
            "SELECT p.attempt_id, a.outcome, p.content FROM proposals p JOIN attempts a ON a.id = p.attempt_id "
            "WHERE a.trial_id = ? AND p.extractor = 'llm' ORDER BY a.number",
            (trial_id,),
        )
        return [_build_reading(row) for row in rows]

    def find_typical_reply(self, model: str, *, kind: RequestKind = RequestKind.ATTEMPT) -> TypicalReply | None:
        """Averages over the latest valid live replies of a model in this workspace; None if there is none.

        Args:
            model: The model.
            kind: `contrast` counts the replies that needed no second question; else all but those and merges.
        """
        condition = "y.kind = 'contrast'" if kind is RequestKind.CONTRAST else "y.kind NOT IN ('contrast', 'merge')"
        row = self._row(
            "SELECT COUNT(*) AS replies, AVG(tokens_out) AS tokens_out, AVG(latency_seconds) AS latency_seconds "
            "FROM (SELECT y.tokens_out, y.latency_seconds FROM replies y WHERE y.valid = 1 AND y.model = ? "
            f"  AND {condition} AND y.latency_seconds > 0 ORDER BY y.id DESC LIMIT ?)",
            (model, REPLIES_FOR_AVERAGES),
        )
        return TypicalReply(**row) if row and row["replies"] else None


def build_pending(row: SqlRow) -> PendingRequest:
    """A request from its columns."""
    return PendingRequest(**{**row, "kind": RequestKind(row["kind"])})


def _build_reading(row: SqlRow) -> Reading:
    hints = AttemptHints.model_validate_json(row["content"])
    # the dataset's word beats the model's
    is_open = row["outcome"] in (Outcome.UNKNOWN, Outcome.ERROR)
    return Reading(
        attempt_id=row["attempt_id"],
        happened=hints.happened,
        failure_cause=hints.failure_cause,
        opinion=hints.opinion if is_open else None,
    )


def _build_state(answer: Answer) -> str:
    if answer.is_open:
        return "pending"
    return "failed" if answer.content is None else "done"
