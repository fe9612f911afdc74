"""Times of the store as a person reads them: local, and short when they are near."""

from datetime import UTC, date, datetime, timedelta


def describe_time(at_utc: str | None, *, now: datetime | None = None) -> str:
    """E.g. `today 13:40`, `yesterday 17:02`, `12 Nov 2026 17:02`; empty for None.

    Args:
        at_utc: As stored.
        now: With a time zone, which is used for the result; None means now, here.
    """
    if at_utc is None:
        return ""
    here = now or datetime.now().astimezone()
    at = datetime.fromisoformat(at_utc).astimezone(here.tzinfo)
    return f"{_describe_day(at.date(), here.date())} {at:%H:%M}"


def begin_of_day_utc(days_ago: int = 0) -> str:
    """When today, or an earlier day, began here; as the store writes times."""
    midnight = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight - timedelta(days=days_ago)).astimezone(UTC).isoformat(timespec="microseconds")


def _describe_day(day: date, today: date) -> str:
    if day == today:
        return "today"
    return "yesterday" if day == today - timedelta(days=1) else f"{day:%d %b %Y}"
