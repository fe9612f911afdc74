"""An exchange as it is kept: raw text, usage and cost, whichever way it was sent."""

from core.extraction.exchange import Exchange
from core.extraction.prices import Price, get_cost_usd
from core.store.batch_models import Reply


def build_reply(
    exchange: Exchange, *, body_hash: str, kind: str, model: str, price: Price | None, is_valid: bool = False
) -> Reply:
    """The reply to one question.

    Args:
        exchange: What came back.
        body_hash: Of the body that was sent.
        kind: `attempt`, `contrast`, `longer` or `repair`.
        model: That was asked.
        price: Of its tokens; None if it is not known, and then there is no cost.
        is_valid: True if the answer validated.
    """
    return Reply(
        body_hash=body_hash,
        kind=kind,
        model=model,
        http_status=exchange.http_status,
        raw=exchange.raw,
        valid=is_valid,
        tokens_in=exchange.tokens_in,
        tokens_cached=exchange.tokens_cached,
        tokens_out=exchange.tokens_out,
        cost_usd=find_cost_usd(exchange, price),
        latency_seconds=exchange.latency_seconds,
    )


def find_cost_usd(exchange: Exchange, price: Price | None) -> float | None:
    """What an exchange cost in USD; None without a price."""
    return get_cost_usd(
        price,
        tokens_in=exchange.tokens_in,
        tokens_cached=exchange.tokens_cached,
        tokens_out=exchange.tokens_out,
    )
