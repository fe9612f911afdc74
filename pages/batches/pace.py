"""What was measured while a batch ran: how fast answers come, and how full every minute was. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from core.store.batch_models import LiveFigures, Throughput
from core.store.batches import THROUGHPUT_SECONDS

LIVE_SECONDS = 10.0
"""Live figures that are older are no longer true."""
RATE_SECONDS = 60
MEASURED_SECONDS = 2 * THROUGHPUT_SECONDS
"""A shorter time says nothing."""
MAX_BARS = 60
PAUSE_SECONDS = 300
"""A longer silence is a pause, and left out of the picture."""
_SLOTS_PER_MINUTE = 60 // THROUGHPUT_SECONDS


class Bar(NamedTuple):
    """One bar of the picture."""

    at_unix: int
    """When it begins."""
    requests: int
    """The most that were sent in any 60 s that end within it."""


def find_current(live: LiveFigures | None, *, now_unix: float) -> LiveFigures | None:
    """The live figures if they are of this moment, else None."""
    return live if live is not None and abs(now_unix - live.at_unix) <= LIVE_SECONDS else None


def find_seconds_left(throughput: Sequence[Throughput], *, left: int, now_unix: float) -> float | None:
    """How long the rest takes at the rate of the last minute; None before anything was measured.

    Args:
        throughput: Oldest first.
        left: Requests without an answer.
        now_unix: The time now.
    """
    latest = [row for row in throughput if row.at_unix >= now_unix - RATE_SECONDS]
    answered = sum(row.answered for row in latest)
    if not answered:
        return None
    before = throughput[: len(throughput) - len(latest)]
    # what was going on before takes the whole minute; a run that began, or went on, within it only its part
    is_going_on = bool(before) and latest[0].at_unix - before[-1].at_unix <= RATE_SECONDS
    elapsed = RATE_SECONDS if is_going_on else now_unix - latest[0].at_unix
    return None if elapsed < MEASURED_SECONDS else left * elapsed / answered


def sum_active_seconds(throughput: Sequence[Throughput]) -> int:
    """Seconds in which something was sent or answered."""
    return sum(THROUGHPUT_SECONDS for row in throughput if row.sent or row.answered)


def list_bars(throughput: Sequence[Throughput]) -> list[Bar]:
    """How many requests went out in any sliding minute, over the whole run; at most 60 bars, oldest first.

    Args:
        throughput: Oldest first.
    """
    slots = _list_minutes(throughput)
    size = -(-len(slots) // MAX_BARS)
    groups = [slots[first : first + size] for first in range(0, len(slots), size or 1)]
    return [Bar(group[0].at_unix, max(bar.requests for bar in group)) for group in groups]


def _list_minutes(throughput: Sequence[Throughput]) -> list[Bar]:
    sent = {row.at_unix: row.sent for row in throughput}
    minutes = []
    for at_unix in _list_slots(throughput):
        before = range(at_unix, at_unix - _SLOTS_PER_MINUTE * THROUGHPUT_SECONDS, -THROUGHPUT_SECONDS)
        minutes.append(Bar(at_unix, sum(sent.get(slot, 0) for slot in before)))
    return minutes


def _list_slots(throughput: Sequence[Throughput]) -> list[int]:
    """Every few seconds of the run, also those in which nothing happened, without the pauses."""
    slots: list[int] = []
    for row in throughput:
        is_pause = not slots or row.at_unix - slots[-1] > PAUSE_SECONDS
        first = row.at_unix if is_pause else slots[-1] + THROUGHPUT_SECONDS
        slots += range(first, row.at_unix + 1, THROUGHPUT_SECONDS)
    return slots
