"""Notices that a server that answered is away, and has everybody wait for it: a few ask again now and then.

One request that fails while others are answered is no outage; several different ones in a row are.
"""

from core.extraction.limiter import RateLimiter
from core.extraction.retry import RetryPolicy

FAILING_REQUESTS = 3
"""So many different requests fail in a row, and it is the server."""
PROBES = 2
"""So many requests at once find out whether it is back."""


class Outage:
    """What the failures of all requests say of the server."""

    def __init__(self, limiter: RateLimiter, retry: RetryPolicy) -> None:
        """The server is there.

        Args:
            limiter: Told to wait; asks this one whether another request may go out.
            retry: How long to wait, and for how long altogether.
        """
        self._limiter = limiter
        self._retry = retry
        self._failing: set[int] = set()
        self._began: float | None = None
        self._holds = 0
        self._held_until = 0.0
        self.probing = 0
        """Requests that are on their way during the outage."""
        limiter.may_send = self._may_send

    @property
    def is_on(self) -> bool:
        """True while the server is away."""
        return self._began is not None

    @property
    def is_past_patience(self) -> bool:
        """True if it has been away for so long that the batch is to stop."""
        return self._began is not None and self._limiter.now - self._began >= self._retry.outage_patience_seconds

    def note_answer(self) -> None:
        """The server said something, be it a refusal."""
        self._failing.clear()
        self._began, self._holds, self._held_until = None, 0, 0.0

    def note_failure(self, request_id: int, *, sent_at: float, has_answered: bool) -> None:
        """A request came to nothing by no fault of its own.

        Args:
            request_id: Whose.
            sent_at: When, by the limiter's clock.
            has_answered: False if this server never answered in this run; then it may not be one at all.
        """
        self._failing.add(request_id)
        if not self.is_on and (len(self._failing) < FAILING_REQUESTS or not has_answered):
            return
        now = self._limiter.now
        self._began = self._began if self._began is not None else now
        if sent_at < self._held_until or now < self._held_until:
            return  # sent before everybody was held: it says nothing new
        self._holds += 1
        seconds = self._retry.get_delay(self._holds)
        self._held_until = now + seconds
        self._limiter.block(seconds)

    def _may_send(self) -> bool:
        return not self.is_on or self.probing < PROBES
