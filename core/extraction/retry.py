"""How often a request is sent again, and how long is waited before."""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long to wait."""

    tries: int = 6
    base_seconds: float = 0.5
    max_seconds: float = 60.0
    tries_when_limited: int = 12
    """A refusal for the rate is no failure of the request, so it is asked more often."""
    timeout_seconds: float = 300.0
    """For one whole exchange."""
    tries_before_first_answer: int = 3
    """A server that never answered is given up sooner."""

    outage_patience_seconds: float = 900.0
    """A server that answered and then is away is waited for so long; then the batch stops, and nothing failed."""

    def get_delay(self, tried: int) -> float:
        """Seconds before the next try: exponential, with jitter so that not all come back at once."""
        full: float = min(self.base_seconds * 2 ** min(tried - 1, 30), self.max_seconds)
        return full * (0.5 + random.random() / 2)
