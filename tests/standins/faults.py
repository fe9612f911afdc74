"""Faults on demand: rules that say which requests go wrong, and how.

The first rule that matches a request wins. Chance is never involved: a share is spread evenly over the
requests in order of arrival, or drawn from the hash of the body.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from time import time
from typing import Any

HANG_SECONDS = 3600.0
SLOW_SECONDS = 2.0
_GOLDEN_RATIO = 0.6180339887498949  # its multiples modulo 1 are spread evenly, without a period


@dataclass(slots=True, frozen=True)
class Fault:
    """One rule. `contains`, `stage`, `path` and `method` filter; the others choose among what passed."""

    fault: str
    """What goes wrong: a name the server knows, or an HTTP status such as `"503"`."""
    contains: str | None = None
    """Only requests whose body contains this text, as it stands in the body."""
    stage: str | None = None
    """Only this stage of a Hub's work, e.g. `commit`."""
    path: str | None = None
    """Only requests whose path contains this text."""
    method: str | None = None
    after: int = 0
    """Leave the first so many matching requests alone."""
    first: int | None = None
    """Only the first so many (counted behind `after`)."""
    every: int | None = None
    """Every n-th: 3 hits the 3rd, 6th, ..."""
    share: float | None = None
    """0 to 1: this part of the matching requests, give or take one."""
    by: str = "arrival"
    """How `share` chooses: `arrival`, or `body` (the n-th try of a body always meets the same fate)."""
    seconds: float | None = None
    """How long `hang`, `slow` and `drip` last."""
    retry_after: float | str | None = None
    """Value of the Retry-After header: seconds, or an HTTP date as text."""
    retry_after_date_seconds: float | None = None
    """Retry-After as an HTTP date this far in the future."""
    ratelimit_headers: bool = False
    code: str | None = None
    message: str | None = None
    """Of an error; of `body`, everything that is answered."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further headers of the reply."""

    @property
    def is_status(self) -> bool:
        """Whether the fault is an HTTP status."""
        return self.fault.isdigit() and 400 <= int(self.fault) <= 599

    async def wait(self) -> None:
        """Wait as long as the fault lasts, which only `hang` and `slow` do."""
        default = {"hang": HANG_SECONDS, "slow": SLOW_SECONDS}.get(self.fault, 0.0)
        await asyncio.sleep(default if self.seconds is None else self.seconds)

    @property
    def drip_seconds(self) -> float:
        """How long the body takes, piece by piece."""
        return (SLOW_SECONDS if self.seconds is None else self.seconds) if self.fault == "drip" else 0.0

    def reply_headers(self) -> dict[str, str]:
        """The headers that a faulty reply carries."""
        headers = dict(self.headers)
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        elif self.retry_after_date_seconds is not None:
            headers["Retry-After"] = formatdate(time() + self.retry_after_date_seconds, usegmt=True)
        if self.ratelimit_headers:
            headers |= {
                "x-ratelimit-limit-requests": "500",
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": f"{self.retry_after or 1}s",
            }
        return headers


SHARED_FAULTS = frozenset({"cut", "drop", "hang", "html", "slow"})
"""Faults of the connection, which every stand-in knows beside statuses. `cut` loses half of a good answer."""


class FaultSchedule:
    """The rules in force and how often each has been met."""

    def __init__(self, known: frozenset[str]) -> None:
        self._known = known | SHARED_FAULTS
        self._rules: list[tuple[Fault, Counter[str]]] = []

    @property
    def rules(self) -> list[Fault]:
        """The rules in force, in order."""
        return [rule for rule, _ in self._rules]

    def set(self, rules: Iterable[Fault | Mapping[str, Any]]) -> None:
        """Replace all rules and start counting anew.

        Args:
            rules: `Fault` objects or the same as dicts, e.g. `{"fault": "429", "first": 3}`.

        Raises:
            ValueError: a fault that this server does not know.
            TypeError: a key that no rule has.
        """
        parsed = [rule if isinstance(rule, Fault) else Fault(**rule) for rule in rules]
        for rule in parsed:
            if rule.fault not in self._known and not rule.is_status:
                known = ", ".join(sorted(self._known))
                raise ValueError(f"unknown fault {rule.fault!r}; use an HTTP status or one of {known}")
        self._rules = [(rule, Counter()) for rule in parsed]

    def find(
        self,
        *,
        method: str,
        path: str,
        body: bytes,
        stage: str = "",
        applies: Callable[[Fault], bool] = lambda _: True,
    ) -> Fault | None:
        """The fault that this request meets, or None. Counts the request."""
        for rule, seen in self._rules:
            if rule.stage not in (None, stage) or rule.method not in (None, method) or not applies(rule):
                continue
            if rule.path is not None and rule.path not in path:
                continue
            if rule.contains is not None and rule.contains.encode() not in body:
                continue
            seen["all"] += 1
            if _is_chosen(rule, number=seen["all"] - rule.after, body=body, seen=seen):
                return rule
        return None


def _is_chosen(rule: Fault, *, number: int, body: bytes, seen: Counter[str]) -> bool:
    if number < 1 or (rule.first is not None and number > rule.first):
        return False
    if rule.every is not None and number % rule.every:
        return False
    if rule.share is None:
        return True
    if rule.by == "arrival":
        return (number * _GOLDEN_RATIO) % 1 < rule.share
    digest = hashlib.sha256(body).hexdigest()
    seen[digest] += 1
    draw = hashlib.sha256(f"{digest} {seen[digest]}".encode()).digest()
    return int.from_bytes(draw[:8], "big") / 2**64 < rule.share
