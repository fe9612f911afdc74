"""How batches are handed to somebody else: how large a file may be, and how often a server is asked."""

from dataclasses import dataclass
from typing import NamedTuple


class Bounds(NamedTuple):
    """How large one file of requests may be.

    Source: OpenAI's reference of `POST /v1/batches`.
    """

    max_requests: int = 50_000
    max_bytes: int = 200_000_000


@dataclass(frozen=True)
class BatchPolicy:
    """The documented bounds, and patience."""

    bounds: Bounds = Bounds()
    min_poll_seconds: float = 1.0
    max_poll_seconds: float = 30.0

    def get_poll_seconds(self, age_seconds: float) -> float:
        """How long to wait before the next look: a tenth of the time waited so far, so that small batches are quick."""
        return min(max(age_seconds / 10, self.min_poll_seconds), self.max_poll_seconds)
