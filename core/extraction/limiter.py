"""How fast requests may be sent: never above the limits in any sliding minute, and close to them while there is work.

Requests are spaced evenly, so there is no burst at the start; the log of the last minute makes the limit exact even
after a hiccup. What the server says of its own limits is followed, too. Times come from a clock that is passed in.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

WINDOW_SECONDS = 60.2
"""A little more than a minute: what leaves 60 s apart may arrive closer together."""
CATCH_UP_SECONDS = 0.5
"""How much lateness may be made up for at once."""
LOOK_AGAIN_SECONDS = 0.5
SLOWER = 0.7
"""What is left of the speed when a server refuses without saying for how long."""
SLOWEST = 0.02
REACTION_SECONDS = 1.0
"""Refusals that come so close together are one: what they answer was sent before the speed was cut."""
RECOVERY_SECONDS = 60.0
"""From standstill back to full speed."""

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
        self._server_rpm: int | None = None
        self._server_tpm: int | None = None
        self._clock = clock
        self._sleep = sleep
        self._next = clock()
        self._blocked_until = 0.0
        self._speed = 1.0
        self._speed_at = clock()
        self._sent: deque[float] = deque()
        self._tokens: deque[Reservation] = deque()
        self._tokens_used = 0.0
        self.may_send: Callable[[], bool] = lambda: True
        """Asked beside the limits before every request."""
        self._lock = asyncio.Lock()  # whoever holds it is next in line

    @property
    def now(self) -> float:
        """Seconds of its clock."""
        return self._clock()

    @property
    def rpm(self) -> int:
        """Requests per minute that both the batch and the server allow; what a refusal costs is not in it."""
        return min(self._max_rpm, self._server_rpm or self._max_rpm)

    @property
    def is_slowed(self) -> bool:
        """True while the server holds the speed below the chosen limit."""
        return self.rpm < self._max_rpm or self.slowed_rpm is not None

    @property
    def slowed_rpm(self) -> int | None:
        """Requests per minute at the present speed, after a refusal without a time; None at full speed."""
        speed = self._find_speed(self._clock())
        return max(round(self.rpm * speed), 1) if speed < 1.0 else None

    @property
    def blocked_seconds(self) -> float:
        """How long nobody may send, because the server asked for it; 0 if it did not."""
        return max(self._blocked_until - self._clock(), 0.0)

    def count_sent_in_last_minute(self) -> int:
        """Requests of the last 60 seconds."""
        begin = self._clock() - 60
        return sum(sent > begin for sent in self._sent)

    def add_past(self, *, seconds_ago: float, requests: int, tokens: int) -> None:
        """Count what an earlier run sent; oldest first, before anything else is sent."""
        at = self._clock() - seconds_ago
        self._sent.extend([at] * requests)
        self._tokens.append(Reservation(at, float(tokens)))
        self._tokens_used += tokens

    async def acquire(self, tokens: int) -> "Reservation":
        """Wait until one more request may be sent; the reservation, to be corrected by `settle`.

        Args:
            tokens: Estimated input plus output limit. More than the whole limit counts as the whole limit.
        """
        async with self._lock:
            while (wait := self._find_wait(tokens)) > 0:
                # usage that is reported meanwhile may free tokens much earlier
                await self._sleep(min(wait, LOOK_AGAIN_SECONDS))
            now = self._clock()
            interval = WINDOW_SECONDS / (self.rpm * self._find_speed(now))
            self._next = max(self._next, now - CATCH_UP_SECONDS) + interval
            self._sent.append(now)
            reservation = Reservation(now, float(tokens))
            self._tokens.append(reservation)
            self._tokens_used += tokens
            return reservation

    def settle(self, reservation: "Reservation", tokens: int) -> None:
        """Put the reported usage in the place of the estimate."""
        if not reservation.is_past:
            self._tokens_used += tokens - reservation.tokens
        reservation.tokens = float(tokens)

    def block(self, seconds: float) -> None:
        """Nobody sends for so long: the server asked for it, or is away."""
        self._blocked_until = max(self._blocked_until, self._clock() + seconds)
        # what was not sent meanwhile is not made up for: a burst would be refused again
        self._next = max(self._next, self._blocked_until)

    def slow_down(self) -> None:
        """The server refused without saying for how long: everybody slows down; full speed comes back by itself."""
        now = self._clock()
        speed = self._find_speed(now)
        if now - self._speed_at >= REACTION_SECONDS or self._speed == 1.0:
            self._speed, self._speed_at = max(speed * SLOWER, SLOWEST), now

    def follow(self, *, rpm: int | None, tpm: int | None) -> None:
        """Heed what the server says of its own limits, in requests and tokens per minute; None leaves one as it is."""
        self._server_rpm = rpm or self._server_rpm
        self._server_tpm = tpm or self._server_tpm

    def _find_speed(self, now: float) -> float:
        return min(self._speed + (now - self._speed_at) / RECOVERY_SECONDS, 1.0)

    def _find_wait(self, tokens: int) -> float:
        now = self._clock()
        while self._sent and self._sent[0] <= now - WINDOW_SECONDS:
            self._sent.popleft()
        waits = [self._next - now, self._blocked_until - now]
        if len(self._sent) >= self.rpm:
            waits.append(self._sent[-self.rpm] + WINDOW_SECONDS - now)
        if not self.may_send():
            waits.append(LOOK_AGAIN_SECONDS)
        waits.append(self._find_token_wait(tokens, now))
        return max(waits)

    def _find_token_wait(self, tokens: int, now: float) -> float:
        while self._tokens and self._tokens[0].at <= now - WINDOW_SECONDS:
            past = self._tokens.popleft()
            past.is_past = True
            self._tokens_used -= past.tokens
        if not self._tokens:
            self._tokens_used = 0.0  # sums of floats leave crumbs
        limits = [limit for limit in (self._max_tpm, self._server_tpm) if limit is not None]
        if not limits:
            return 0.0
        room = min(limits) - min(tokens, *limits)
        used, free_at = self._tokens_used, now
        for reservation in self._tokens:
            if used <= room:
                break
            used -= reservation.tokens
            free_at = reservation.at + WINDOW_SECONDS
        return free_at - now


class Reservation:
    """Tokens set aside for one request."""

    __slots__ = ("at", "is_past", "tokens")

    def __init__(self, at: float, tokens: float) -> None:
        """Made when its request may be sent.

        Args:
            at: Seconds of the limiter's clock.
            tokens: Estimated.
        """
        self.at = at
        self.tokens = tokens
        self.is_past = False
