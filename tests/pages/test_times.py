from datetime import UTC, datetime, timedelta, timezone

import pytest

from pages.shared.times import begin_of_day_utc, describe_time

NOW = datetime(2026, 11, 22, 21, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-11-22T13:40:00+00:00", "today 13:40"),
        ("2026-11-21T17:02:59.123456+00:00", "yesterday 17:02"),
        ("2026-11-01T05:00:00+00:00", "01 Nov 2026 05:00"),
        (None, ""),
    ],
)
def test_a_time_is_short_when_it_is_near(at: str | None, words: str) -> None:
    assert describe_time(at, now=NOW) == words


def test_a_time_is_local() -> None:
    here = NOW.astimezone(timezone(timedelta(hours=5)))
    assert describe_time("2026-11-22T18:59:00+00:00", now=here) == "yesterday 23:59"


def test_a_day_begins_before_now_and_sorts_like_stored_times() -> None:
    today, yesterday = begin_of_day_utc(), begin_of_day_utc(1)
    assert yesterday < today <= datetime.now(UTC).isoformat(timespec="microseconds")
