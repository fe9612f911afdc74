"""One attempt's exchange with the model, from the first try to an answer or a reason. Every reply is kept.

Retried inside the limiter, with back-off: rate limits, server errors, lost connections. Invalid: one repair round with
what was wrong. Truncated: once more with a larger limit. Refused: failed with that reason.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from core.extraction.answer import parse_answer
from core.extraction.bodies import build_body, hash_body
from core.extraction.budget import Budget
from core.extraction.limiter import RateLimiter
from core.extraction.output_modes import WEAKER_MODE, OutputMode
from core.extraction.prices import Price
from core.extraction.prompt import DEFAULT_OUTPUT_LIMIT
from core.extraction.replies import build_reply, find_cost_usd
from core.extraction.retry import RetryPolicy
from core.extraction.server import FATAL, RETRIED, Exchange, ModelServer, Status
from core.models import AttemptHints
from core.store.batch_models import Reply
from core.traces.report import CHARACTERS_PER_TOKEN

LARGER_OUTPUT_FACTOR = 4
MOST_REFUSALS = 100
"""So often one request is refused for the rate before it fails, although the server answers others."""


@dataclass
class Tally:
    """What went on since somebody last looked."""

    sent: int = 0
    answered: int = 0
    tokens: int = 0


@dataclass
class Talk:
    """What all exchanges of one batch share."""

    server: ModelServer
    model: str
    mode: OutputMode
    limiter: RateLimiter
    price: Price | None
    save_mode: Callable[[OutputMode], None]
    budget: Budget
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    """Once set, nothing more is sent."""
    sending: "set[asyncio.Task[Any] | None]" = field(default_factory=set)
    """The tasks whose request is on its way right now."""
    has_answered: bool = False
    """True once the server answered anything at all."""
    answers: int = 0
    """Replies with status 200, to whoever asked."""
    tally: Tally = field(default_factory=Tally)
    """What went on since somebody last looked."""

    def take_tally(self) -> Tally:
        """What went on since the last call."""
        taken, self.tally = self.tally, Tally()
        return taken

    def build_body(self, messages: list[dict[str, Any]], *, output_limit: int) -> dict[str, Any]:
        """The exact body of a request in the present mode."""
        return build_body(
            messages, model=self.model, mode=self.mode, base_url=self.server.base_url, output_limit=output_limit
        )


@dataclass
class Outcome:
    """What became of one attempt's request."""

    body_hash: str
    hints: AttemptHints | None = None
    replies: list[Reply] = field(default_factory=list)
    sent: int = 0
    reason: Status | str | None = None
    detail: str = ""
    left_out: str | None = None
    """What of the attempt is not in the question, as JSON; None if all is."""
    is_fatal: bool = False
    """Every other request would fail in the same way."""


async def ask(talk: Talk, messages: list[dict[str, Any]], outcome: Outcome) -> None:
    """Ask for the hints of one attempt until there is an answer or a reason why there is none.

    Args:
        talk: What the whole batch shares.
        messages: The prompt.
        outcome: Filled as replies come in, so that nothing paid for is lost if this is cancelled.
    """
    output_limit = DEFAULT_OUTPUT_LIMIT
    body = talk.build_body(messages, output_limit=output_limit)
    body_hash = outcome.body_hash = hash_body(body)
    is_repair = is_longer = False
    while True:
        kind = "repair" if is_repair else "longer" if is_longer else "attempt"
        exchange = await _send_until_answered(talk, body, outcome, kind=kind, body_hash=body_hash)
        if exchange.status is Status.MODE_UNSUPPORTED and talk.mode in WEAKER_MODE:
            _weaken(talk, body)
        elif exchange.status is Status.TRUNCATED and not is_longer:
            is_longer, output_limit = True, output_limit * LARGER_OUTPUT_FACTOR
        elif exchange.status is Status.ANSWERED:
            try:
                outcome.hints = parse_answer(exchange.text)
            except ValueError as error:
                if is_repair:
                    _fail(outcome, "invalid after repair", str(error))
                    return
                is_repair = True
                messages = [*messages, *_build_repair(exchange.text, str(error))]
            else:
                # found again under the first question, also if it took a repair or a larger limit
                outcome.replies[-1] = outcome.replies[-1]._replace(valid=True, body_hash=outcome.body_hash)
                outcome.reason, outcome.detail = None, ""
                return
        else:
            _fail(outcome, exchange.status, exchange.text, is_fatal=exchange.status in FATAL)
            return
        body = talk.build_body(messages, output_limit=output_limit)
        body_hash = hash_body(body)
        if not is_repair and not is_longer:
            outcome.body_hash = body_hash


def _weaken(talk: Talk, body: dict[str, Any]) -> None:
    # many requests learn it at the same time; only the first one changes the mode
    used = body.get("response_format", {}).get("type", OutputMode.TEXT)
    if used == talk.mode:
        talk.mode = WEAKER_MODE[talk.mode]
        talk.save_mode(talk.mode)


def _build_repair(answer: str, problem: str) -> list[dict[str, Any]]:
    wish = f"Your answer cannot be read: {problem}\nAnswer again with one JSON object that follows the schema."
    return [{"role": "assistant", "content": answer}, {"role": "user", "content": wish}]


def _fail(outcome: Outcome, reason: Status | str, detail: str, *, is_fatal: bool = False) -> None:
    outcome.reason, outcome.detail = reason, detail[:1000]
    outcome.is_fatal = outcome.is_fatal or is_fatal


async def _send_until_answered(
    talk: Talk, body: dict[str, Any], outcome: Outcome, *, kind: str, body_hash: str
) -> Exchange:
    # a schema is read, and billed, like the messages
    characters = len(orjson.dumps(body.get("response_format"))) + sum(len(item["content"]) for item in body["messages"])
    limit = body.get("max_tokens") or body.get("max_completion_tokens") or 0
    tokens_in = characters // CHARACTERS_PER_TOKEN
    tried = refused = refused_in_all = 0
    answers = talk.answers
    while True:
        exchange = await _send_in_turn(talk, body, outcome, tokens_in=tokens_in, output_limit=limit)
        talk.limiter.follow(rpm=exchange.limits.rpm, tpm=exchange.limits.tpm)
        if exchange.raw:
            outcome.replies.append(
                build_reply(exchange, body_hash=body_hash, kind=kind, model=talk.model, price=talk.price)
            )
        if exchange.http_status is not None:
            talk.has_answered = True
        _heed_limits(talk, exchange)
        if exchange.status is Status.RATE_LIMITED:
            # while others are answered, a refusal for the rate says nothing against this request
            refused = refused + 1 if talk.answers == answers else 1
            refused_in_all += 1
            answers = talk.answers
            is_last = refused >= talk.retry.tries_when_limited or refused_in_all >= MOST_REFUSALS
        else:
            tried += 1
            talk.answers += exchange.http_status == 200
            is_last = tried >= (talk.retry.tries if talk.has_answered else talk.retry.tries_before_first_answer)
        if exchange.status not in RETRIED or is_last:
            if exchange.status is Status.CONNECTION and not talk.has_answered:
                outcome.is_fatal = True
            return exchange
        wait = exchange.limits.retry_after_seconds
        await talk.sleep(wait or talk.retry.get_delay(refused if exchange.status is Status.RATE_LIMITED else tried))


def _heed_limits(talk: Talk, exchange: Exchange) -> None:
    """A limit is everybody's: nobody sends until the server said so, or all slow down if it said nothing."""
    limits = exchange.limits
    wait = limits.used_up_seconds
    if exchange.status is Status.RATE_LIMITED:
        # a wait of no length says nothing either
        wait = limits.retry_after_seconds or limits.used_up_seconds
        if not wait:
            talk.limiter.slow_down()
            wait = talk.retry.get_delay(1)
    elif exchange.status is Status.SERVER_ERROR:
        # a server that is down for so long is down for everybody
        wait = limits.retry_after_seconds or wait
    if wait is not None:
        talk.limiter.block(wait)


async def _send_in_turn(
    talk: Talk, body: dict[str, Any], outcome: Outcome, *, tokens_in: int, output_limit: int
) -> Exchange:
    """Send when budget and limits allow it; what was reserved for it is corrected by what it took."""
    reserved_usd = await talk.budget.reserve(tokens_in=tokens_in, output_limit=output_limit)
    spent_usd: float | None = None
    try:
        reservation = await talk.limiter.acquire(tokens_in + output_limit)
        if talk.stop.is_set():
            raise asyncio.CancelledError
        exchange = await _send(talk, body, outcome)
        spent_usd = find_cost_usd(exchange, talk.price)
    finally:
        talk.budget.settle(reserved_usd, spent_usd)
    talk.limiter.settle(reservation, exchange.tokens_in + exchange.tokens_out)
    return exchange


async def _send(talk: Talk, body: dict[str, Any], outcome: Outcome) -> Exchange:
    task = asyncio.current_task()
    talk.sending.add(task)
    outcome.sent += 1
    talk.tally.sent += 1
    try:
        exchange = await talk.server.send(body)
    finally:
        talk.sending.discard(task)
    talk.tally.answered += exchange.http_status is not None
    talk.tally.tokens += exchange.tokens_in + exchange.tokens_out
    return exchange
