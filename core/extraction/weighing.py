"""What an exchange means within its run: before anything was answered a refusal is for all, after it for one."""

from typing import Any

from core.extraction.exchange import AWAY, Exchange, Status
from core.extraction.parameters import OTHER_NAME, find_refused_parameter
from core.extraction.talk import Outcome, Talk

MOST_SAME_WORDS = 20
"""So many requests in a row end with the same words, and nothing more is sent."""


def weigh(talk: Talk, body: dict[str, Any], exchange: Exchange) -> Exchange:
    """The exchange, with the status that it has in this run.

    Args:
        talk: What the whole batch shares.
        body: That was sent.
        exchange: As it was read alone.
    """
    status = exchange.status
    if exchange.http_status == 403 and status is Status.KEY_REFUSED and (talk.answers or talk.is_key_known):
        # the key is good, so it is this request that is not wanted
        return exchange._replace(status=Status.REFUSED)
    if status is Status.MODEL_UNKNOWN and talk.answers:
        return exchange._replace(status=Status.BAD_REQUEST)
    if status in (Status.MODE_UNSUPPORTED, Status.PARAMETER_REFUSED) and not _can_do_without(exchange, talk, body):
        # whatever these words mean, no other way to ask helps
        is_broken = exchange.http_status is not None and exchange.http_status >= 500
        return exchange._replace(status=Status.SERVER_ERROR if is_broken else Status.BAD_REQUEST)
    return exchange


def _can_do_without(exchange: Exchange, talk: Talk, body: dict[str, Any]) -> bool:
    """True if the question can be asked without what the server does not take."""
    if exchange.status is Status.MODE_UNSUPPORTED:
        return "response_format" in body
    parameter = find_refused_parameter(exchange.text)
    # the output limit must go out under one of its names
    return parameter in body and OTHER_NAME.get(parameter) not in talk.refused


def note(talk: Talk, exchange: Exchange, outcome: Outcome, *, sent_at: float) -> None:
    """Keep count of what every request meets; the outcome is fatal if the others would meet the same.

    Args:
        talk: What the whole batch shares.
        exchange: With the status that it has in this run.
        outcome: Of the request.
        sent_at: When, by the limiter's clock.
    """
    if exchange.status in AWAY:
        talk.outage.note_failure(outcome.request.id, sent_at=sent_at, has_answered=talk.answers > 0)
        return
    talk.outage.note_answer()
    if exchange.http_status == 200:
        talk.same_words.clear()
    elif exchange.status is Status.BAD_REQUEST or (exchange.http_status == 403 and exchange.status is Status.REFUSED):
        note_end(talk, outcome, exchange.text)


def note_end(talk: Talk, outcome: Outcome, said: str) -> None:
    """A request ended without an answer; fatal if it was one of many in a row that were told the same."""
    outcome.is_fatal = outcome.is_fatal or talk.same_words.add(said) >= MOST_SAME_WORDS
