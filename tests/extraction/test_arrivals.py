"""The rate as the server sees it: requests leave on time, and arrive when machine and network please."""

import asyncio
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.extraction.limiter import BURST_SECONDS, FASTEST, WINDOW_SECONDS, RateLimiter

LONGEST_WAY = WINDOW_SECONDS - 60 - 0.001
"""Seconds from leaving to arriving, at most."""
Way = Callable[[int, float], float]
"""Seconds that the n-th request takes to arrive when it leaves at a moment."""

WAYS: dict[str, Way] = {
    "a slow minute, then a quick one": lambda _, at: LONGEST_WAY if at % 120 < 60 else 0.0,
    "the first of each minute are late": lambda _, at: LONGEST_WAY if at % 60 < 3 else 0.0,
    "every other one is late": lambda number, _: LONGEST_WAY * (number % 2),
    "it gets quicker all the time": lambda _, at: LONGEST_WAY * (1 - at % 61 / 61),
}


class BusyMachine:
    """A clock that only moves when somebody sleeps, and then too far."""

    def __init__(self, *, late_seconds: float, seed: int = 1) -> None:
        self.now = 0.0
        self._late = late_seconds
        self._rng = random.Random(seed)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)  # whoever else asks at the same moment has asked
        self.now += max(seconds, 1e-6) + self._rng.random() * self._late


async def leave(
    limiter: RateLimiter, machine: BusyMachine, count: int, *, standstill_after: int | None = None
) -> list[float]:
    """Moments at which so many requests leave that all wait for their turn from the start."""
    moments: list[float] = []

    async def one() -> None:
        await limiter.acquire(1)
        moments.append(machine.now)
        if len(moments) == standstill_after:
            machine.now += 3.0

    await asyncio.gather(*(one() for _ in range(count)))
    return moments


def count_most(moments: list[float], seconds: float) -> int:
    """The most in any closed window so long."""
    moments = sorted(moments)
    most = begin = 0
    for end, moment in enumerate(moments):
        while moments[begin] < moment - seconds:
            begin += 1
        most = max(most, end - begin + 1)
    return most


def find_share(moments: list[float], max_rpm: int) -> float:
    """How much of the limit was used."""
    return (len(moments) - 1) / (max(moments) - min(moments)) * 60 / max_rpm


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("late_seconds", [0.0, 0.02, 0.2])
def test_never_more_than_the_limit_arrive_in_any_minute_and_98_percent_are_used(way: Way, late_seconds: float) -> None:
    machine = BusyMachine(late_seconds=late_seconds)
    limiter = RateLimiter(max_rpm=3_000, clock=machine, sleep=machine.sleep)
    left = asyncio.run(leave(limiter, machine, 9_000))
    arrived = [moment + way(number, moment) for number, moment in enumerate(left)]
    assert count_most(arrived, 60.0) <= 3_000
    assert find_share(left, 3_000) >= 0.98


@hypothesis_settings(max_examples=30, deadline=None)
@given(
    max_rpm=st.integers(5, 1_500),
    ways=st.lists(st.floats(0, LONGEST_WAY), min_size=1, max_size=40),
    late_seconds=st.floats(0, 3),
    seed=st.integers(0, 1000),
)
def test_never_more_than_the_limit_arrive_whatever_the_machine_does(
    max_rpm: int, ways: list[float], late_seconds: float, seed: int
) -> None:
    machine = BusyMachine(late_seconds=late_seconds, seed=seed)
    limiter = RateLimiter(max_rpm=max_rpm, clock=machine, sleep=machine.sleep)
    left = asyncio.run(leave(limiter, machine, min(3 * max_rpm, 1_200)))
    arrived = [moment + ways[number * len(ways) // len(left)] for number, moment in enumerate(left)]
    assert count_most(arrived, 60.0) <= max_rpm


def test_a_standstill_of_seconds_is_made_up_for_without_a_burst() -> None:
    machine = BusyMachine(late_seconds=0.0)
    limiter = RateLimiter(max_rpm=3_000, clock=machine, sleep=machine.sleep)
    left = asyncio.run(leave(limiter, machine, 6_000, standstill_after=500))
    assert count_most(left, 1.0) <= 50 * FASTEST * (1 + BURST_SECONDS) + 1
    assert count_most(left, 60.0) <= 3_000
    assert find_share(left, 3_000) >= 0.98


def test_what_nobody_asked_for_is_not_made_up_for() -> None:
    machine = BusyMachine(late_seconds=0.0)
    limiter = RateLimiter(max_rpm=600, clock=machine, sleep=machine.sleep)

    async def run() -> list[float]:
        await leave(limiter, machine, 10)
        machine.now += 30
        return await leave(limiter, machine, 100)

    assert count_most(asyncio.run(run()), 1.0) <= 12


def test_when_a_block_is_over_not_all_send_at_once() -> None:
    machine = BusyMachine(late_seconds=0.0)
    limiter = RateLimiter(max_rpm=600, clock=machine, sleep=machine.sleep)

    async def run() -> list[float]:
        await leave(limiter, machine, 10)
        waiting = asyncio.create_task(leave(limiter, machine, 100))
        await asyncio.sleep(0)
        limiter.block(20)
        return await waiting

    later = asyncio.run(run())
    assert later[1] >= 20, "who had its turn already was sent"
    assert count_most(later[1:], 1.0) <= 11
