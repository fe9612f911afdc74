"""How fast requests may be sent: never above the limits in any sliding minute, and close to them while there is work.

Requests are spaced evenly, so there is no burst at the start; the log of the last minute makes the limit exact even
after a hiccup. Times come from a clock that is passed in.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

WINDOW_SECONDS = 60.2
"""A little more than a minute: what leaves 60 s apart may arrive closer together."""
CATCH_UP_SECONDS = 0.5
"""How much lateness may be made up for at once."""
LOOK_AGAIN_SECONDS = 0.5

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


class RateLimiter:
    """Requests and tokens per minute, shared by all that send. Reservations are corrected by real usage."""

    def __init__(
        self,
        *,
        max_rpm: int,
        max_tpm: int | None = None,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Nothing was sent yet.

        Args:
            max_rpm: Requests in any 60 seconds; at least 1.
            max_tpm: Tokens in any 60 seconds, in and out together; None means no limit.
            clock: Monotonic seconds.
            sleep: Waits so many seconds.
        """
        self._max_rpm = max_rpm
        self._max_tpm = max_tpm
        self._interval = WINDOW_SECONDS / max_rpm
        self._clock = clock
        self._sleep = sleep
        self._next = clock()
        self._blocked_until = 0.0
        self._sent: deque[float] = deque(maxlen=max_rpm)
        self._tokens: deque[list[float]] = deque()
        self._lock = asyncio.Lock()  # whoever holds it is next in line

    async def acquire(self, tokens: int) -> list[float]:
        """Wait until one more request may be sent; the reservation, to be corrected by `settle`.

        Args:
            tokens: Estimated input plus output limit. More than the whole limit counts as the whole limit.
        """
        async with self._lock:
            while (wait := self._find_wait(tokens)) > 0:
                # usage that is reported meanwhile may free tokens much earlier
                await self._sleep(min(wait, LOOK_AGAIN_SECONDS))
            now = self._clock()
            self._next = max(self._next, now - CATCH_UP_SECONDS) + self._interval
            self._sent.append(now)
            reservation = [now, float(tokens)]
            self._tokens.append(reservation)
            return reservation

    def settle(self, reservation: list[float], tokens: int) -> None:
        """Put the reported usage in the place of the estimate."""
        reservation[1] = float(tokens)

    def block(self, seconds: float) -> None:
        """Nobody sends for so long: the server asked for it."""
        self._blocked_until = max(self._blocked_until, self._clock() + seconds)

    def _find_wait(self, tokens: int) -> float:
        now = self._clock()
        waits = [self._next - now, self._blocked_until - now]
        if len(self._sent) == self._max_rpm:
            waits.append(self._sent[0] + WINDOW_SECONDS - now)
        if self._max_tpm is not None:
            waits.append(self._find_token_wait(min(tokens, self._max_tpm), now))
        return max(waits)

    def _find_token_wait(self, tokens: int, now: float) -> float:
        while self._tokens and self._tokens[0][0] <= now - WINDOW_SECONDS:
            self._tokens.popleft()
        used = sum(count for _, count in self._tokens)
        free_at = now
        for sent, count in self._tokens:
            if used + tokens <= (self._max_tpm or 0):
                break
            used -= count
            free_at = sent + WINDOW_SECONDS
        return free_at - now
