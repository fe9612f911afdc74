import time
from email.utils import formatdate

import pytest

from core.extraction.rate_headers import ServerLimits, read_duration, read_limits


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1s", 1.0), ("20ms", 0.02), ("6m0s", 360.0), ("1h2m3.5s", 3723.5), ("1.5", 1.5), ("0", 0.0), ("2d", 172_800.0)],
)
def test_durations_are_read_in_the_forms_that_servers_use(text: str, seconds: float) -> None:
    assert read_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "soon", "1s later", "nan", "inf", "-5", "s"])
def test_what_is_no_duration_says_nothing(text: str) -> None:
    assert read_duration(text) is None


def test_moments_are_turned_into_seconds_from_now() -> None:
    assert read_duration(str(time.time() + 30)) == pytest.approx(30, abs=5)
    assert read_duration("2020-01-01T00:00:00+00:00") == 0.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "7200"}, 7200.0),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after-ms": "?", "retry-after": "7"}, 7.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "tomorrow"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert read_limits(headers).retry_after_seconds == seconds


def test_retry_after_may_be_a_date() -> None:
    wait = read_limits({"retry-after": formatdate(time.time() + 60, usegmt=True)}).retry_after_seconds
    assert wait == pytest.approx(60, abs=5)
    assert read_limits({"retry-after": formatdate(0, usegmt=True)}).retry_after_seconds == 0.0


def test_limits_are_read_and_what_is_used_up_has_a_wait() -> None:
    headers = {
        "x-ratelimit-limit-requests": "500",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-limit-tokens": "200000",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "6m0s",
    }
    assert read_limits(headers) == ServerLimits(None, 500, 200_000, 360.0)


def test_what_is_left_needs_no_wait() -> None:
    headers = {"x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": "1s"}
    assert read_limits(headers) == ServerLimits()


@pytest.mark.parametrize("value", ["0", "", "many", "-1", "1.5"])
def test_a_limit_that_is_no_number_above_zero_is_no_limit(value: str) -> None:
    assert read_limits({"x-ratelimit-limit-requests": value}).rpm is None
