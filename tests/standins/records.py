"""What a stand-in remembers of the requests it has had."""

from collections import Counter, deque
from dataclasses import dataclass, field, fields
from time import monotonic
from typing import Any

import orjson

from tests.standins.wire import Reply, Request, masked_headers


@dataclass(slots=True)
class Record:
    """One request and what became of it."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    arrived_seconds: float = field(default_factory=monotonic)
    answered_seconds: float | None = None
    status: int | None = None
    """None as long as there is no answer, and for good if the connection was dropped."""
    fault: str | None = None
    stage: str = ""

    @property
    def json(self) -> Any:
        """The body read as JSON, None if there is none."""
        return orjson.loads(self.body) if self.body else None

    def to_dict(self, *, with_body: bool) -> dict[str, Any]:
        """The record as JSON can carry it."""
        shown = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "body"}
        return {**shown, "body": self.body.decode("utf-8", "replace")} if with_body else shown


class Records:
    """All requests in order of arrival, and how many were under way at once."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.all: list[Record] = []
        self.under_way = 0
        self.max_concurrency = 0

    def open(self, request: Request) -> Record:
        """A new record for a request that has just arrived."""
        record = Record(request.method, request.path, request.query, masked_headers(request), request.body)
        self.all.append(record)
        self.under_way += 1
        self.max_concurrency = max(self.max_concurrency, self.under_way)
        return record

    def close(self, record: Record, reply: Reply | None) -> None:
        """Note how the request ended."""
        self.under_way = max(0, self.under_way - 1)  # a reset may have come in between
        record.status = reply.status if reply else None
        record.answered_seconds = monotonic()

    def max_in_window(self, seconds: float, *, status: int | None = None) -> int:
        """The largest number of requests that arrived within any sliding window of that length.

        Args:
            seconds: length of the window.
            status: count only requests answered so; None counts all.
        """
        window: deque[float] = deque()
        largest = 0
        for arrived in sorted(r.arrived_seconds for r in self.all if status in (None, r.status)):
            window.append(arrived)
            while window[0] <= arrived - seconds:
                window.popleft()
            largest = max(largest, len(window))
        return largest

    def stats(self) -> dict[str, Any]:
        """Counts as one JSON object, see the keys."""
        statuses = Counter("dropped" if r.status is None else str(r.status) for r in self.all)
        faults = Counter(r.fault for r in self.all if r.fault)
        return {
            "requests": len(self.all),
            "ok": statuses["200"],
            "by_status": dict(statuses),
            "by_fault": dict(faults),
            "under_way": self.under_way,
            "max_concurrency": self.max_concurrency,
            "max_in_60_seconds": self.max_in_window(60.0),
        }
