"""Limits of a server and of ours, in virtual time: real HTTP to a stand-in, but waiting takes no time."""

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.errors import ModelServerError
from core.extraction.answer import ATTEMPT_FORM, parse_answer
from core.extraction.batch import run_batch
from core.extraction.budget import Budget
from core.extraction.conversation import ask, build_first_body
from core.extraction.limiter import RateLimiter
from core.extraction.output_modes import OutputMode
from core.extraction.retry import RetryPolicy
from core.extraction.server import ModelServer
from core.extraction.talk import Outcome, Talk, TokenLength
from core.extraction.wording import Wording
from core.models import Dataset, Extractor, RequestKind
from core.progress import no_progress
from core.store import Store
from core.store.batch_models import BatchConfig, PendingRequest
from tests.extraction.conftest import KEY, MODEL
from tests.extraction.test_limiter import FakeTime, count_most_in_a_minute, send_all
from tests.responders import answer_hints
from tests.standins.llm import LlmServer
from tests.workspaces import create_batch, make_settings

ATTEMPTS = 26
HOUR = 3600.0
TICK_SECONDS = 0.003
ANSWER = (
    '{"happened": "", "failure_cause": "", "outcome_opinion": "unknown", "tools": [], "strategy": [], '
    '"pitfalls": [], "criteria": []}'
)


def make_wording(text: str) -> Wording:
    """A question of one attempt."""
    return Wording(RequestKind.ATTEMPT, [{"role": "user", "content": text}], ATTEMPT_FORM, None, parse_answer)


class VirtualTime:
    """Seconds that pass as soon as somebody waits for them, but never while something is on its way."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.is_busy: Callable[[], bool] = lambda: False
        """True while something is on its way to the stand-in."""
        self._ends: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        end = self.now + seconds
        self._ends.append(end)
        try:
            while self.now < end:
                await asyncio.sleep(0)
                while self.is_busy():
                    await asyncio.sleep(TICK_SECONDS)
                self.now = max(self.now, min(self._ends))
        finally:
            self._ends.remove(end)


class Sent:
    """Moments of virtual time at which requests were answered with status 200, and the tokens of each."""

    def __init__(self, time: VirtualTime) -> None:
        self._time = time
        self.at: list[float] = []
        self.tokens: list[int] = []

    def answer(self, request: dict[str, Any]) -> str:
        self.at.append(self._time.now)
        self.tokens.append(sum(len(message["content"]) for message in request["messages"]) // 4 + len(ANSWER) // 4)
        return ANSWER

    def sum_most_tokens_in_a_minute(self) -> int:
        pairs = list(zip(self.at, self.tokens, strict=True))
        return max(sum(tokens for at, tokens in pairs if begin <= at <= begin + 60) for begin in self.at)


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


@pytest.fixture
def sent(time: VirtualTime) -> Sent:
    return Sent(time)


@pytest.fixture
def server(sent: Sent) -> Iterator[LlmServer]:
    with LlmServer(responder=sent.answer) as llm:
        yield llm


def ask_many(
    llm: LlmServer,
    time: VirtualTime,
    count: int,
    *,
    max_rpm: int,
    max_tpm: int | None = None,
    at_once: int = 20,
    retry: RetryPolicy | None = None,
) -> list[Outcome]:
    """What became of so many attempts."""

    async def run() -> list[Outcome]:
        model_server = ModelServer(make_settings(Path("unused"), base_url=llm.base_url))
        talk = Talk(
            server=model_server,
            model="m",
            mode=OutputMode.JSON_SCHEMA,
            limiter=RateLimiter(max_rpm=max_rpm, max_tpm=max_tpm, clock=time, sleep=time.sleep),
            price=None,
            save_mode=lambda _: None,
            budget=Budget(None, None, spent_usd=0.0),
            save_refused=lambda _: None,
            retry=retry or RetryPolicy(),
            sleep=time.sleep,
        )
        time.is_busy = lambda: bool(talk.sending)
        places = asyncio.Semaphore(at_once)

        async def ask_one(number: int) -> Outcome:
            outcome = Outcome(PendingRequest(number, number))
            async with places:
                wording = make_wording(f"attempt {number} " + "x" * 400)
                await ask(talk, wording, build_first_body(talk, wording, outcome), outcome)
            return outcome

        try:
            return list(await asyncio.gather(*(ask_one(number) for number in range(count))))
        finally:
            await model_server.aclose()

    return asyncio.run(run())


def find_gaps(moments: list[float], *, above: float) -> list[float]:
    return [later - earlier for earlier, later in zip(moments, moments[1:], strict=False) if later - earlier > above]


@pytest.mark.parametrize("fault", ["429", "503"])
@pytest.mark.parametrize(
    "said",
    [
        {"retry_after": HOUR},
        {"retry_after_date_seconds": HOUR},
        {"headers": {"retry-after-ms": str(HOUR * 1000)}},
        {"headers": {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1h0m0s"}},
    ],
    ids=["seconds", "date", "milliseconds", "x-ratelimit"],
)
def test_an_hour_that_one_is_told_to_wait_is_an_hour_for_everybody(
    server: LlmServer, time: VirtualTime, sent: Sent, fault: str, said: dict[str, Any]
) -> None:
    server.set_faults({"fault": fault, "after": 2, "first": 1} | said)
    outcomes = ask_many(server, time, 30, max_rpm=60)
    assert all(outcome.hints for outcome in outcomes)
    (gap,) = find_gaps(sent.at, above=100)
    assert gap >= HOUR - 5
    assert len([moment for moment in sent.at if moment >= 1000 + HOUR - 5]) >= 20, "not the refused one alone waited"
    assert len(server.requests) == 31


def test_what_is_used_up_on_a_good_reply_stops_everybody_until_its_reset(
    server: LlmServer, time: VirtualTime, sent: Sent
) -> None:
    headers = {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"}
    server.set_faults({"fault": "slow", "seconds": 0, "after": 4, "first": 1, "headers": headers})
    assert all(outcome.hints for outcome in ask_many(server, time, 20, max_rpm=60))
    (gap,) = find_gaps(sent.at, above=100)
    assert gap >= 355
    assert len(server.requests) == 20


def test_a_lower_limit_of_the_server_is_followed_from_its_first_reply_on(
    server: LlmServer, time: VirtualTime, sent: Sent
) -> None:
    server.set_faults({"fault": "slow", "seconds": 0, "headers": {"x-ratelimit-limit-requests": "30"}})
    ask_many(server, time, 90, max_rpm=600)
    assert count_most_in_a_minute(sent.at[10:]) <= 30
    assert count_most_in_a_minute(sent.at) <= 30 + 10


def test_a_limit_of_tokens_that_the_server_names_is_followed(server: LlmServer, time: VirtualTime, sent: Sent) -> None:
    server.set_faults({"fault": "slow", "seconds": 0, "headers": {"x-ratelimit-limit-tokens": "20000"}})
    ask_many(server, time, 40, max_rpm=600)
    assert sent.sum_most_tokens_in_a_minute() <= 20_000


def test_a_server_that_takes_a_fifth_and_says_nothing_loses_nobody(
    server: LlmServer, time: VirtualTime, sent: Sent
) -> None:
    server.set_faults({"fault": "429", "share": 0.8})
    outcomes = ask_many(server, time, 60, max_rpm=600)
    assert [outcome.reason for outcome in outcomes if outcome.hints is None] == []
    assert len(sent.at) == 60
    assert sum(outcome.sent for outcome in outcomes) == len(server.requests)


def test_refusals_do_not_use_up_the_tries_that_errors_have(server: LlmServer, time: VirtualTime) -> None:
    server.set_faults({"fault": "429", "first": 8}, {"fault": "500", "after": 0, "first": 5})
    (outcome,) = ask_many(server, time, 1, max_rpm=600)
    assert outcome.hints is not None
    assert outcome.sent == 14


def test_a_server_that_refuses_everybody_is_given_up_with_that_reason(server: LlmServer, time: VirtualTime) -> None:
    server.set_faults({"fault": "429"})
    outcomes = ask_many(server, time, 5, max_rpm=600)
    assert {outcome.reason for outcome in outcomes} == {"rate-limited out"}
    assert {outcome.sent for outcome in outcomes} == {RetryPolicy().tries_when_limited}


def test_a_request_that_is_always_refused_ends_although_others_are_answered(
    server: LlmServer, time: VirtualTime
) -> None:
    server.set_faults({"fault": "429", "contains": "attempt 7 ", "retry_after": 1})
    outcomes = ask_many(server, time, 300, max_rpm=6_000, at_once=2)
    assert [number for number, outcome in enumerate(outcomes) if outcome.reason == "rate-limited out"] == [7]


def test_a_request_above_the_tokens_of_a_whole_minute_is_too_long_not_refused(
    server: LlmServer, time: VirtualTime
) -> None:
    message = "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 43000."
    server.set_faults({"fault": "429", "contains": "attempt 3 ", "message": message})
    outcomes = ask_many(server, time, 6, max_rpm=600)
    assert [outcome.reason for outcome in outcomes] == [None, None, None, "too long", None, None]
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    "faults",
    [
        [{"fault": "truncated", "share": 0.3}],
        [{"fault": "wrong_schema", "share": 0.3}],
        [{"fault": "429", "share": 0.2, "retry_after": 2}, {"fault": "truncated", "every": 5}, {"fault": "500"}],
    ],
    ids=["truncation", "repairs", "mixed"],
)
def test_tokens_per_minute_hold_whatever_has_to_be_asked_again(
    server: LlmServer, time: VirtualTime, sent: Sent, faults: list[dict[str, Any]]
) -> None:
    server.set_faults(*({"first": 40} | fault for fault in faults))
    ask_many(server, time, 60, max_rpm=6_000, max_tpm=30_000)
    assert sent.sum_most_tokens_in_a_minute() <= 30_000
    assert sent.at[-1] - sent.at[0] > 0


def test_full_speed_comes_back_by_itself_after_the_last_refusal() -> None:
    time = FakeTime()
    limiter = RateLimiter(max_rpm=600, clock=time, sleep=time.sleep)
    for _ in range(30):
        limiter.slow_down()
        time.now += 1.5
    assert limiter.is_slowed
    assert limiter.slowed_rpm is not None
    assert limiter.slowed_rpm < limiter.rpm == 600, "the limit itself is as before"
    begin = time.now
    send_all(limiter, time, 400)
    assert not limiter.is_slowed
    assert limiter.slowed_rpm is None
    assert time.now - begin < 100
    fast = send_all(limiter, time, 300)
    assert (len(fast) - 1) / (fast[-1] - fast[0]) >= 0.98 * 10


@pytest.mark.parametrize("budget_usd", [0.003, 0.006, 0.01])
@pytest.mark.parametrize(
    "faults",
    [
        [{"fault": "truncated", "share": 0.3}],
        [{"fault": "malformed", "share": 0.3}],
        [{"fault": "429", "share": 0.3}, {"fault": "truncated", "every": 3}, {"fault": "drop", "every": 4}],
    ],
    ids=["truncation", "repairs", "mixed"],
)
def test_a_budget_holds_whatever_has_to_be_asked_again(
    store: Store, dataset: Dataset, llm: LlmServer, faults: list[dict[str, Any]], budget_usd: float
) -> None:
    llm.set_faults(*faults)
    config = BatchConfig(extractor=Extractor.LLM, model=MODEL, max_rpm=100_000, batch_size=9, budget_usd=budget_usd)
    batch = create_batch(store, dataset, config)
    quick = RetryPolicy(base_seconds=0.01, max_seconds=0.05)
    settings = make_settings(Path("unused"), base_url=llm.base_url, key=KEY)
    with suppress(ModelServerError):
        run_batch(store, batch, settings=settings, progress=no_progress, check_lease=lambda: None, retry=quick)
    spent = store.batches._value("SELECT SUM(cost_usd) FROM replies")
    assert 0 < spent <= budget_usd
    assert store.batches.get_usage(batch.id).sent == len(llm.requests)


def test_a_server_far_below_our_limit_is_asked_until_all_are_answered(store: Store, dataset: Dataset) -> None:
    with LlmServer(responder=answer_hints, enforce_rpm=3, window_seconds=0.1, enforce_silently=True) as llm:
        config = BatchConfig(extractor=Extractor.LLM, model=MODEL, max_rpm=100_000, batch_size=20)
        batch = create_batch(store, dataset, config)
        quick = RetryPolicy(base_seconds=0.01, max_seconds=0.05)
        settings = make_settings(Path("unused"), base_url=llm.base_url)
        run_batch(store, batch, settings=settings, progress=no_progress, check_lease=lambda: None, retry=quick)
        assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
        assert llm.count(status=200) == ATTEMPTS
        assert llm.count(status=429) > 0


def test_a_batch_begins_at_the_speed_that_it_keeps(store: Store, dataset: Dataset) -> None:
    with LlmServer(responder=answer_hints) as llm:
        config = BatchConfig(extractor=Extractor.LLM, model=MODEL, max_rpm=1_200, batch_size=100)
        batch = create_batch(store, dataset, config)
        settings = make_settings(Path("unused"), base_url=llm.base_url)
        run_batch(store, batch, settings=settings, progress=no_progress, check_lease=lambda: None)
        # five are due; ten may make up for a machine that was busy, which may also take up what came in one go
        assert llm.records.max_in_window(0.25) <= 5 + 10 + 5 < ATTEMPTS


EVENTS = st.one_of(
    st.tuples(st.just("lag"), st.floats(0, 5)),
    st.tuples(st.just("block"), st.floats(0, 90)),
    st.tuples(st.just("slow"), st.just(0.0)),
    st.tuples(st.just("follow"), st.integers(1, 200).map(float)),
    st.tuples(st.just("none"), st.just(0.0)),
)
"""What befalls a limiter between two requests."""


@hypothesis_settings(max_examples=60, deadline=None)
@given(max_rpm=st.integers(1, 400), events=st.lists(EVENTS, max_size=30), seed=st.integers(0, 1000))
def test_no_sliding_minute_holds_more_than_the_limit_whatever_happens(
    max_rpm: int, events: list[tuple[str, float]], seed: int
) -> None:
    time = FakeTime()
    limiter = RateLimiter(max_rpm=max_rpm, clock=time, sleep=time.sleep)
    rng = random.Random(seed)

    async def run() -> list[float]:
        sent, blocked_until = [], 0.0
        for _ in range(min(max_rpm * 3, 300)):
            await limiter.acquire(1)
            assert time.now >= blocked_until
            sent.append(time.now)
            kind, value = rng.choice(events) if events else ("none", 0.0)
            if kind == "lag":
                time.now += value
            elif kind == "block":
                limiter.block(value)
                blocked_until = max(blocked_until, time.now + value)
            elif kind == "slow":
                limiter.slow_down()
            elif kind == "follow":
                limiter.follow(rpm=int(value), tpm=None)
        return sent

    assert count_most_in_a_minute(asyncio.run(run())) <= max_rpm


@hypothesis_settings(max_examples=40, deadline=None)
@given(max_rpm=st.integers(20, 2_000), seed=st.integers(0, 1000), lag=st.floats(0, 0.95))
def test_at_least_98_percent_are_used_when_nothing_blocks(max_rpm: int, seed: int, lag: float) -> None:
    time = FakeTime()
    limiter = RateLimiter(max_rpm=max_rpm, clock=time, sleep=time.sleep)
    rng = random.Random(seed)
    longest = lag * min(60 / max_rpm, 0.5)

    async def run() -> list[float]:
        sent = []
        for _ in range(min(max_rpm * 3, 1_500)):
            await limiter.acquire(1)
            sent.append(time.now)
            time.now += rng.random() * longest
        return sent

    sent = asyncio.run(run())
    assert (len(sent) - 1) / (sent[-1] - sent[0]) * 60 >= 0.98 * max_rpm
    assert count_most_in_a_minute(sent) <= max_rpm


@hypothesis_settings(max_examples=40, deadline=None)
@given(
    max_tpm=st.integers(100, 10_000),
    shares=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=60),
)
def test_no_sliding_minute_holds_more_tokens_than_the_limit(max_tpm: int, shares: list[tuple[float, float]]) -> None:
    time = FakeTime()
    limiter = RateLimiter(max_rpm=10_000, max_tpm=max_tpm, clock=time, sleep=time.sleep)

    async def run() -> list[tuple[float, int]]:
        used = []
        for of_limit, of_reserved in shares:
            reservation = await limiter.acquire(int(of_limit * max_tpm))
            used.append((time.now, int(of_limit * max_tpm * of_reserved)))
            limiter.settle(reservation, used[-1][1])
        return used

    used = asyncio.run(run())
    for begin, _ in used:
        assert sum(tokens for at, tokens in used if begin <= at <= begin + 60) <= max_tpm


@pytest.mark.parametrize(("characters_per_token", "expected"), [(2, 50), (5, 20), (100, 12), (0.5, 100)])
def test_the_length_of_a_token_is_learned_from_what_the_server_counts(
    characters_per_token: float, expected: int
) -> None:
    length = TokenLength()
    length.learn(1_000_000, 0)
    length.learn(1_000, 999)
    assert length.count_tokens(100) == 25, "a short answer says little, and no usage nothing"
    length.learn(round(1e9 * characters_per_token), 1_000_000_000)
    assert length.count_tokens(100) == expected
