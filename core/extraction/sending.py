"""One question, sent until there is an answer: inside the limiter, with back-off. A server's limits are everybody's."""

import asyncio
from typing import Any

import orjson

from core.extraction.exchange import AWAY, RETRIED, Exchange, Status
from core.extraction.replies import build_reply, find_cost_usd
from core.extraction.talk import Outcome, Talk
from core.extraction.weighing import note, note_end, weigh

MOST_REFUSALS = 100
"""So often one request is refused for the rate before it fails, although the server answers others."""


async def send_until_answered(
    talk: Talk, body: dict[str, Any], outcome: Outcome, *, kind: str, body_hash: str
) -> Exchange:
    """What came back to one question in the end, or the failure that no further try would mend.

    Args:
        talk: What the whole batch shares.
        body: The exact body.
        outcome: Gets every reply on the way.
        kind: `attempt`, `contrast`, `longer` or `repair`.
        body_hash: Of the body.
    """
    # a schema is read, and billed, like the messages
    characters = len(orjson.dumps(body.get("response_format"))) + sum(len(item["content"]) for item in body["messages"])
    limit = body.get("max_tokens") or body.get("max_completion_tokens") or 0
    tried = refused = refused_in_all = 0
    answers = talk.answers
    while True:
        exchange = await _send_in_turn(talk, body, outcome, characters=characters, output_limit=limit)
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
        elif exchange.status in AWAY and talk.outage.is_on:
            # no failure of this request: the limiter holds it like everybody, till the server is back
            outcome.is_fatal = outcome.is_fatal or talk.outage.is_past_patience
            if outcome.is_fatal:
                return exchange
            continue
        else:
            tried += 1
            talk.answers += exchange.http_status == 200 and exchange.status not in AWAY
            is_last = tried >= (talk.retry.tries if talk.has_answered else talk.retry.tries_before_first_answer)
        if exchange.status not in RETRIED or is_last:
            if exchange.status is Status.CONNECTION and not talk.has_answered:
                outcome.is_fatal = True
            elif exchange.status in AWAY:
                note_end(talk, outcome, exchange.status)
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
    talk: Talk, body: dict[str, Any], outcome: Outcome, *, characters: int, output_limit: int
) -> Exchange:
    """Send when budget and limits allow it; what was reserved for it is corrected by what it took."""
    if outcome.has_unkept_answer:
        # a crash costs what is in flight, and nothing that was answered
        await talk.keep(outcome)
    tokens_in = talk.token_length.count_tokens(characters)
    reserved_usd = await talk.budget.reserve(tokens_in=tokens_in, output_limit=output_limit)
    spent_usd: float | None = None
    try:
        reservation = await talk.limiter.acquire(tokens_in + output_limit)
        if talk.stop.is_set():
            raise asyncio.CancelledError
        sent_at = talk.limiter.now
        exchange = weigh(talk, body, await _send(talk, body, outcome))
        note(talk, exchange, outcome, sent_at=sent_at)
        talk.token_length.learn(characters, exchange.tokens_in)
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
    is_probe = talk.outage.is_on
    talk.outage.probing += is_probe
    try:
        exchange = await talk.server.send(body)
    finally:
        talk.sending.discard(task)
        talk.outage.probing -= is_probe
    talk.tally.answered += exchange.http_status is not None
    talk.tally.tokens += exchange.tokens_in + exchange.tokens_out
    return exchange
