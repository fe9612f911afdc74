import asyncio
import random

from core.extraction.limiter import RateLimiter


class FakeTime:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 1e-6)


def send_all(limiter: RateLimiter, time: FakeTime, count: int, tokens: int = 1, lag: float = 0.0) -> list[float]:
    async def run() -> list[float]:
        sent = []
        for _ in range(count):
            await limiter.acquire(tokens)
            sent.append(time.now)
            time.now += random.Random(len(sent)).random() * lag
        return sent

    return asyncio.run(run())


def count_most_in_a_minute(sent: list[float]) -> int:
    return max(sum(begin <= moment <= begin + 60 for moment in sent) for begin in sent)


def test_limit_is_never_exceeded_in_any_sliding_minute_even_with_a_lagging_sender() -> None:
    time = FakeTime()
    sent = send_all(RateLimiter(max_rpm=100, clock=time, sleep=time.sleep), time, 450, lag=0.9)
    assert count_most_in_a_minute(sent) <= 100


def test_at_least_98_percent_of_the_limit_are_used() -> None:
    time = FakeTime()
    sent = send_all(RateLimiter(max_rpm=500, clock=time, sleep=time.sleep), time, 2000, lag=0.15)
    minutes = (sent[-1] - sent[0]) / 60
    assert (len(sent) - 1) / minutes >= 0.98 * 500


def test_there_is_no_burst_at_the_start() -> None:
    time = FakeTime()
    sent = send_all(RateLimiter(max_rpm=60, clock=time, sleep=time.sleep), time, 10)
    assert min(later - earlier for earlier, later in zip(sent, sent[1:], strict=False)) > 0.9


def test_tokens_per_minute_hold_for_reservations() -> None:
    time = FakeTime()
    limiter = RateLimiter(max_rpm=10_000, max_tpm=1000, clock=time, sleep=time.sleep)
    sent = send_all(limiter, time, 30, tokens=100)
    assert count_most_in_a_minute(sent) <= 10


def test_reported_usage_frees_what_was_reserved_too_much() -> None:
    time = FakeTime()
    limiter = RateLimiter(max_rpm=10_000, max_tpm=1000, clock=time, sleep=time.sleep)

    async def run() -> None:
        for _ in range(10):
            limiter.settle(await limiter.acquire(900), 10)

    asyncio.run(run())
    assert time.now - 1000 < 5


def test_a_request_above_the_whole_token_limit_is_sent_all_the_same() -> None:
    time = FakeTime()
    limiter = RateLimiter(max_rpm=100, max_tpm=1000, clock=time, sleep=time.sleep)
    assert len(send_all(limiter, time, 3, tokens=5000)) == 3


def test_a_block_holds_everybody_for_as_long_as_the_server_asked() -> None:
    time = FakeTime()
    limiter = RateLimiter(max_rpm=600, clock=time, sleep=time.sleep)
    limiter.block(300)
    assert send_all(limiter, time, 1)[0] >= 1300


def test_a_refusal_without_a_time_slows_everybody_and_full_speed_comes_back_by_itself() -> None:
    time = FakeTime()
    limiter = RateLimiter(max_rpm=600, clock=time, sleep=time.sleep)
    limiter.slow_down()
    assert limiter.is_slowed
    slow = send_all(limiter, time, 20)
    assert slow[-1] - slow[1] > 1.2 * 18 * 0.1
    time.now += 60
    assert not limiter.is_slowed
    fast = send_all(limiter, time, 100)
    assert (len(fast) - 1) / (fast[-1] - fast[0]) >= 0.98 * 10


def test_refusals_of_what_was_in_flight_together_count_once() -> None:
    time = FakeTime()
    limiter = RateLimiter(max_rpm=600, clock=time, sleep=time.sleep)
    for _ in range(100):
        limiter.slow_down()
    sent = send_all(limiter, time, 10)
    assert sent[-1] - sent[0] < 9 * 0.1 / 0.6


def test_refusals_without_end_never_stop_the_sending() -> None:
    time = FakeTime()
    limiter = RateLimiter(max_rpm=600, clock=time, sleep=time.sleep)
    for _ in range(50):
        limiter.slow_down()
        time.now += 1
    assert len(send_all(limiter, time, 5)) == 5


def test_the_servers_own_limits_are_followed_up_and_down() -> None:
    time = FakeTime()
    limiter = RateLimiter(max_rpm=600, clock=time, sleep=time.sleep)
    limiter.follow(rpm=60, tpm=None)
    assert (limiter.rpm, limiter.is_slowed) == (60, True)
    assert count_most_in_a_minute(send_all(limiter, time, 150)) <= 60
    limiter.follow(rpm=None, tpm=None)
    assert limiter.rpm == 60
    limiter.follow(rpm=10_000, tpm=None)
    assert (limiter.rpm, limiter.is_slowed) == (600, False)


def test_a_lower_limit_counts_what_was_sent_before_it_was_known() -> None:
    time = FakeTime()
    limiter = RateLimiter(max_rpm=6000, clock=time, sleep=time.sleep)
    before = send_all(limiter, time, 100)
    limiter.follow(rpm=50, tpm=None)
    after = send_all(limiter, time, 30)
    assert after[0] - before[50] >= 60


def test_the_servers_token_limit_is_followed() -> None:
    time = FakeTime()
    limiter = RateLimiter(max_rpm=10_000, max_tpm=100_000, clock=time, sleep=time.sleep)
    limiter.follow(rpm=None, tpm=1000)
    assert count_most_in_a_minute(send_all(limiter, time, 30, tokens=100)) <= 10


def test_usage_that_is_reported_after_a_minute_changes_nothing_any_more() -> None:
    time = FakeTime()
    limiter = RateLimiter(max_rpm=10_000, max_tpm=1000, clock=time, sleep=time.sleep)

    async def run() -> None:
        late = await limiter.acquire(900)
        time.now += 61
        await limiter.acquire(500)
        limiter.settle(late, 0)
        # 500 of 1000 are used, so 600 have to wait
        began = time.now
        await limiter.acquire(600)
        assert time.now - began > 59

    asyncio.run(run())


def test_what_was_sent_in_the_last_minute_is_known() -> None:
    time = FakeTime()
    limiter = RateLimiter(max_rpm=60, clock=time, sleep=time.sleep)
    send_all(limiter, time, 10)
    assert limiter.count_sent_in_last_minute() == 10
    time.now += 61
    assert limiter.count_sent_in_last_minute() == 0


def test_a_block_is_known_while_it_lasts() -> None:
    time = FakeTime()
    limiter = RateLimiter(max_rpm=60, clock=time, sleep=time.sleep)
    assert limiter.blocked_seconds == 0
    limiter.block(10)
    limiter.block(3)
    assert limiter.blocked_seconds == 10
