"""What a server says of its limits in the headers of a reply: `Retry-After` and the `x-ratelimit-*` family.

Source: RFC 9110, section 10.2.3; OpenAI's guide to rate limits.
"""

import re
import time
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_PLAIN = re.compile(r"\d+(?:\.\d+)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_FIRST_UNIX_SECONDS = 1_000_000_000.0
"""A number above it is a moment, not a length."""


class ServerLimits(NamedTuple):
    """What the headers say; None where they say nothing."""

    retry_after_seconds: float | None = None
    """How long to wait before the next request, from `retry-after-ms` or `Retry-After`."""
    rpm: int | None = None
    """Requests per minute that the server allows."""
    tpm: int | None = None
    """Tokens per minute that the server allows."""
    used_up_seconds: float | None = None
    """How long until there are requests or tokens again, if none are left."""


def read_limits(headers: Mapping[str, str]) -> ServerLimits:
    """The limits in a reply's headers. What cannot be read counts as not said."""
    # one pass over them: a lookup in the client's headers decodes them all anew
    headers = dict(headers.items())
    waits = [
        read_duration(headers.get(f"x-ratelimit-reset-{what}", ""))
        for what in ("requests", "tokens")
        if _read_number(headers.get(f"x-ratelimit-remaining-{what}", "")) == 0
    ]
    return ServerLimits(
        retry_after_seconds=_read_retry_after(headers),
        rpm=_read_number(headers.get("x-ratelimit-limit-requests", "")) or None,
        tpm=_read_number(headers.get("x-ratelimit-limit-tokens", "")) or None,
        used_up_seconds=max((wait for wait in waits if wait is not None), default=None),
    )


def read_duration(text: str) -> float | None:
    """Seconds in `20ms`, `6m0s`, `1.5`, a Unix time or an ISO date; None if it is none of these."""
    text = text.strip()
    number = _read_seconds(text)
    if number is not None:
        return max(number - time.time(), 0.0) if number > _FIRST_UNIX_SECONDS else number
    parts = _DURATION.findall(text)
    if parts and "".join(amount + unit for amount, unit in parts) == text:
        return sum(float(amount) * _SECONDS[unit] for amount, unit in parts)
    try:
        return max(datetime.fromisoformat(text).timestamp() - time.time(), 0.0)
    except ValueError:
        return None


def _read_retry_after(headers: Mapping[str, str]) -> float | None:
    milliseconds = _read_seconds(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after", "").strip()
    seconds = _read_seconds(value)
    if seconds is not None:
        return seconds
    # the other form that the header may have is a date
    try:
        return max(parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError):
        return None


def _read_seconds(text: str) -> float | None:
    # float() would also take "inf" and "nan", and nobody waits so long
    return float(text) if _PLAIN.fullmatch(text) else None


def _read_number(text: str) -> int | None:
    return int(text) if text.strip().isdecimal() else None
