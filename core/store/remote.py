"""The parts of a batch that are answered elsewhere: files of requests for another engine, or for a Batch API.

A part is open from the moment it is begun until its results are in. A pending request in no open part is free: it goes
into the next part.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.models import RequestKind
from core.store.answers import build_pending
from core.store.batch_models import PendingRequest
from core.store.part import Part, utc_now

UNFINISHED = "unfinished"
"""Status of a part whose file is not complete: a crash in this moment leaves it so."""
PORTION = 5_000
"""Requests that one write changes at most."""
WRITTEN = "written"
"""Status of a file of requests that somebody else is to run."""


class RemotePart(NamedTuple):
    """One file of requests."""

    id: int
    batch_id: int
    key: str
    """Name of the part, unique in its batch, e.g. `requests-00001.jsonl`."""
    requests: int
    """Lines of its file."""
    input_file_id: str | None
    """At the server; None before it was uploaded."""
    remote_id: str | None
    """Of the server's batch; None before the server said it."""
    status: str
    output_file_id: str | None
    error_file_id: str | None
    created_utc: str
    collected_utc: str | None
    """None while the part is open."""
    reserved_usd: float
    """What it may cost at most; 0 where nobody asked for a budget."""


class Assignment(NamedTuple):
    """A request that stands in a part."""

    request_id: int
    part_id: int
    body_hash: str
    left_out: str | None
    """What of the attempt is not sent, as JSON; None if all is."""


@dataclass
class AskedRequest:
    """A request whose body was written down, as it stands now."""

    id: int
    attempt_id: int
    kind: RequestKind
    body_hash: str
    state: str
    """`pending`, `done` or `failed`."""
    reason: str | None
    left_out: str | None


class RemoteParts(Part):
    """What is under way elsewhere."""

    def create_part(self, batch_id: int, key: str) -> RemotePart:
        """An open part without requests."""
        with self.write():
            part_id = self._connection.execute(
                "INSERT INTO remote_batches (batch_id, key, requests, status, created_utc) VALUES (?, ?, 0, ?, ?)",
                (batch_id, key, UNFINISHED, utc_now()),
            ).lastrowid
        return self.get_part(int(part_id or 0))

    def get_part(self, part_id: int) -> RemotePart:
        """A part by its id."""
        row = self._row("SELECT * FROM remote_batches WHERE id = ?", (part_id,))
        if row is None:
            raise LookupError(f"no part {part_id}")
        return RemotePart(**row)

    def list_parts(self, batch_id: int) -> list[RemotePart]:
        """All parts of a batch, the closed ones too, oldest first."""
        rows = self._rows("SELECT * FROM remote_batches WHERE batch_id = ? ORDER BY id", (batch_id,))
        return [RemotePart(**row) for row in rows]

    def list_open(self, batch_id: int) -> list[RemotePart]:
        """The parts whose results are not in yet, oldest first."""
        return [part for part in self.list_parts(batch_id) if part.collected_utc is None]

    def discard_part(self, part_id: int) -> None:
        """Forget a part; its requests are free again. Idempotent."""
        with self.write():
            self._connection.execute("DELETE FROM remote_batches WHERE id = ?", (part_id,))

    def assign(self, assignments: Sequence[Assignment]) -> None:
        """Put requests into parts, each with the hash of its body."""
        with self.write():
            self._connection.executemany(
                "UPDATE requests SET part_id = ?, body_hash = ?, left_out = ? WHERE id = ?",
                [(item.part_id, item.body_hash, item.left_out, item.request_id) for item in assignments],
            )

    def finish_part(
        self,
        part_id: int,
        *,
        requests: int,
        status: str,
        input_file_id: str | None = None,
        reserved_usd: float = 0.0,
    ) -> None:
        """The part's file is complete and where it belongs."""
        with self.write():
            self._connection.execute(
                "UPDATE remote_batches SET requests = ?, status = ?, input_file_id = ?, reserved_usd = ? WHERE id = ?",
                (requests, status, input_file_id, reserved_usd, part_id),
            )

    def save_status(self, part_id: int, *, remote_id: str, status: str) -> None:
        """What the server said of its batch."""
        with self.write():
            self._connection.execute(
                "UPDATE remote_batches SET remote_id = ?, status = ? WHERE id = ?", (remote_id, status, part_id)
            )

    def close_part(
        self,
        part_id: int,
        *,
        status: str,
        reason: str | None = None,
        resend: bool = False,
        output_file_id: str | None = None,
        error_file_id: str | None = None,
    ) -> int:
        """The part's results are in. What of it is still unanswered fails with the reason, or is free again.

        Args:
            part_id: The part.
            status: How it ended.
            reason: Why unanswered requests fail; None: they do not, and are free.
            resend: Requests that were never sent before are free all the same.
            output_file_id: Where the answers were.
            error_file_id: Where the errors were.

        Returns:
            How many requests failed.
        """
        # in portions, each harmless by itself: a crash in between leaves the part open, and closing goes on
        if resend:
            self._change_unanswered(part_id, "part_id = NULL, sent = 1", "sent = 0")
        failed = 0
        if reason is not None:
            change = "state = 'failed', reason = ?, detail = NULL, finished_utc = ?"
            failed = self._change_unanswered(part_id, change, "1", (reason, utc_now()))
        with self.write():
            self._connection.execute(
                "UPDATE remote_batches SET status = ?, collected_utc = ?, output_file_id = ?, error_file_id = ? "
                "WHERE id = ?",
                (status, utc_now(), output_file_id, error_file_id, part_id),
            )
        return failed

    def _change_unanswered(self, part_id: int, change: str, condition: str, values: Sequence[str] = ()) -> int:
        """How many pending requests of a part were changed; none of them meets the condition afterwards."""
        changed = 0
        while True:
            with self.write():
                count = self._connection.execute(
                    f"UPDATE requests SET {change} WHERE id IN "
                    f"(SELECT id FROM requests WHERE part_id = ? AND state = 'pending' AND {condition} LIMIT ?)",
                    (*values, part_id, PORTION),
                ).rowcount
            if not count:
                return changed
            changed += count

    def list_free(self, batch_id: int, *, after: int, limit: int) -> list[PendingRequest]:
        """The next pending requests in no open part, with an id above `after`, in order."""
        rows = self._rows(
            "SELECT r.id, r.attempt_id, r.kind FROM requests r LEFT JOIN remote_batches p ON p.id = r.part_id "
            "WHERE r.batch_id = ? AND r.state = 'pending' AND r.id > ? "
            "AND (p.id IS NULL OR p.collected_utc IS NOT NULL) ORDER BY r.id LIMIT ?",
            (batch_id, after, limit),
        )
        return [build_pending(row) for row in rows]

    def has_free(self, batch_id: int) -> bool:
        """True if a pending request stands in no open part."""
        return bool(self.list_free(batch_id, after=0, limit=1))

    def find_open_part(self, batch_id: int, body_hash: str) -> int | None:
        """The open part in which exactly this body stands already; None if there is none."""
        part_id: int | None = self._value(
            "SELECT r.part_id FROM requests r JOIN remote_batches p ON p.id = r.part_id "
            "WHERE r.body_hash = ? AND r.batch_id = ? AND r.state = 'pending' AND p.collected_utc IS NULL LIMIT 1",
            (body_hash, batch_id),
        )
        return part_id

    def list_asked(self, batch_id: int, body_hashes: Sequence[str]) -> list[AskedRequest]:
        """The batch's requests with these bodies, in order.

        Args:
            batch_id: The batch.
            body_hashes: A few hundred at most.
        """
        marks = ", ".join("?" * len(body_hashes))
        # the index is named, because the planner would rather read through the whole batch
        rows = self._rows(
            "SELECT id, attempt_id, kind, body_hash, state, reason, left_out FROM requests INDEXED BY requests_by_body "
            f"WHERE body_hash IN ({marks}) AND batch_id = ? ORDER BY id",
            (*body_hashes, batch_id),
        )
        return [AskedRequest(**{**row, "kind": RequestKind(row["kind"])}) for row in rows]

    def has_reply(self, batch_id: int, *, body_hash: str, raw: str) -> bool:
        """True if exactly this reply was kept for this batch before."""
        found = self._value(
            "SELECT 1 FROM replies INDEXED BY replies_by_body WHERE body_hash = ? AND batch_id = ? AND raw = ? LIMIT 1",
            (body_hash, batch_id, raw),
        )
        return found is not None

    def save_folder(self, batch_id: int, folder: str) -> None:
        """The files of a batch are in another folder from now on."""
        with self.write():
            self._connection.execute(
                "UPDATE batches SET config = json_set(config, '$.folder', ?) WHERE id = ?", (folder, batch_id)
            )
