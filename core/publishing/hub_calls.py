"""Calls to the Hub under one time limit: bounded, cancellable, repeated where that is harmless.

huggingface_hub sets no time-out of its own, and a Xet upload whose connections drop does not return for minutes.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple, TypeVar

import httpx2
from huggingface_hub import set_client_factory
from huggingface_hub.errors import (
    HfHubHTTPError,
    LocalEntryNotFoundError,
    LocalTokenNotFoundError,
    OfflineModeIsEnabled,
)
from huggingface_hub.utils._http import default_client_factory

from core.errors import PublishError

T = TypeVar("T")

ERRORS = (HfHubHTTPError, httpx2.HTTPError, OSError, RuntimeError, ValueError)
"""What the Hub's client raises, by its kinds: HTTP, dropped connections, hf_xet's, LFS's, names and cards."""
RETRIED_STATUS = frozenset({408, 429, 500, 502, 503, 504})
MAX_TRIES = 5
NO_ANSWER = "The Hub did not answer in time. Check the connection, then publish again."
_FIRST_PAUSE_SECONDS = 1.0
_MAX_PAUSE_SECONDS = 30.0
_POLL_SECONDS = 0.2
_CONNECT_SECONDS = 15.0
_SILENCE_SECONDS = 60.0


class Clock(NamedTuple):
    """Time, passed in so that no test waits."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    utc_now: Callable[[], datetime] = lambda: datetime.now(UTC)


class Limits(NamedTuple):
    """How long publishing may take."""

    base_seconds: float = 600.0
    """For everything together, beside the time that the data need."""
    call_seconds: float = 60.0
    """For a call that carries no data."""
    slowest_bytes_per_second: float = 100_000
    """What is slower is taken for broken."""

    def allow(self, size: int) -> float:
        """Seconds for everything together, for so many bytes sent and read back."""
        return self.base_seconds + 2 * size / self.slowest_bytes_per_second


class HubTimeoutError(PublishError):
    """A call did not return in time. What it does on the Hub is unknown."""


class Calls:
    """The calls of one publication."""

    def __init__(self, limits: Limits, *, size: int = 0, clock: Clock, on_wait: Callable[[], None]) -> None:
        """Time runs from here.

        Args:
            limits: Of one publication.
            size: Bytes that will be sent.
            clock: Time.
            on_wait: Called several times a second while nothing returns; may raise to stop waiting.
        """
        self._clock = clock
        self._on_wait = on_wait
        self._call_seconds = limits.call_seconds
        self._limit_seconds = limits.allow(size)
        self._end = clock.monotonic() + self._limit_seconds

    def forbid_stopping(self) -> None:
        """From here on nothing but the time limit ends the waiting."""
        self._on_wait = lambda: None

    @property
    def is_time_up(self) -> bool:
        """True once everything together has taken as long as it may."""
        return self._clock.monotonic() >= self._end

    def grant_time(self) -> None:
        """A call's time more, to learn what became of a commit whose answer is lost."""
        self._end = max(self._end, self._clock.monotonic() + self._call_seconds)

    def run(self, action: Callable[[], T], *, carries_data: bool = False) -> T:
        """What a harmless call returns, after as many tries as it takes within the limits.

        Raises:
            PublishError: The time is up, or the Hub asks for a longer pause than there is time.
            HfHubHTTPError: And the others of `ERRORS`: the last try's.
        """
        for number in range(1, MAX_TRIES):
            try:
                return self.run_once(action, carries_data=carries_data)
            except ERRORS as error:
                if not is_passing(error):
                    raise
                self.pause(number, error)
        return self.run_once(action, carries_data=carries_data)

    def run_once(self, action: Callable[[], T], *, carries_data: bool = False) -> T:
        """What one call returns.

        Raises:
            HubTimeoutError: It did not return in time; it is left to itself.
            HfHubHTTPError: And the others of `ERRORS`.
        """
        end = self._end if carries_data else min(self._end, self._clock.monotonic() + self._call_seconds)
        returned: list[T] = []
        raised: list[BaseException] = []

        def work() -> None:
            try:
                returned.append(action())
            except BaseException as error:  # raised again where the result is waited for
                raised.append(error)

        # a daemon: a call that never returns must not keep the process from ending
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(_POLL_SECONDS)
            if thread.is_alive():
                self._on_wait()
                self._check_time(end)
        if raised:
            raise raised[0]
        return returned[0]

    def pause(self, number: int, error: Exception | None) -> None:
        """Wait before another try: as long as the Hub asks, else longer each time.

        Raises:
            HubTimeoutError: There is no time left.
            PublishError: The Hub asks for more time than there is.
        """
        asked = None if error is None else find_retry_after(error, now=self._clock.utc_now())
        seconds = min(_FIRST_PAUSE_SECONDS * 2 ** (number - 1), _MAX_PAUSE_SECONDS) if asked is None else asked
        end = self._clock.monotonic() + seconds
        if end > self._end and asked is None:
            raise HubTimeoutError(NO_ANSWER)
        if end > self._end:
            raise PublishError(
                f"The Hub asks to wait {seconds:.0f} seconds, but publishing may take only {self._limit_seconds:.0f}. "
                "Publish again later."
            )
        while (left := end - self._clock.monotonic()) > 0:
            self._on_wait()
            self._clock.sleep(min(left, _POLL_SECONDS))

    def _check_time(self, end: float) -> None:
        if self._clock.monotonic() >= end:
            raise HubTimeoutError(NO_ANSWER)


def set_timeouts() -> None:
    """Let this process's client give up on a connection that says nothing; it would wait for ever otherwise."""

    def build() -> httpx2.Client:
        client = default_client_factory()
        client.timeout = httpx2.Timeout(_SILENCE_SECONDS, connect=_CONNECT_SECONDS)
        return client

    set_client_factory(build)


def is_passing(error: Exception) -> bool:
    """True if the same call may well succeed a moment later."""
    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in RETRIED_STATUS
    if isinstance(error, OfflineModeIsEnabled | LocalTokenNotFoundError):
        return False
    # a download that cannot even begin ends as "not found locally"
    return isinstance(error, httpx2.TransportError | ConnectionError | TimeoutError | LocalEntryNotFoundError)


def find_retry_after(error: Exception, *, now: datetime) -> float | None:
    """Seconds that the Hub asks to wait, or None. The header holds seconds or an HTTP date.

    Source: RFC 9110, section 10.2.3.
    """
    value = error.response.headers.get("Retry-After", "") if isinstance(error, HfHubHTTPError) else ""
    try:
        return max(0.0, float(value))
    except ValueError:
        try:
            return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
        except (ValueError, TypeError, OverflowError):
            return None
