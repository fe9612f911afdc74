"""What a model's tokens cost. Prices are data with a date, in `prices.json`; an unknown model has no price."""

import json
from functools import cache
from pathlib import Path

from pydantic import BaseModel

from core.store.batch_models import BatchConfig

FILE = Path(__file__).with_name("prices.json")
TOKENS_PER_UNIT = 1_000_000


class Price(BaseModel):
    """USD per million tokens, however long the prompt: a model that takes more for long ones is not in the file."""

    input: float
    cached_input: float
    output: float


class PriceList(BaseModel):
    """All known prices and the day they were looked up."""

    as_of: str
    unit: str
    models: dict[str, Price]
    snapshots: dict[str, str]
    """Dated names that cost what the undated one does: not every one does, so only these are taken for it."""


@cache
def load_prices() -> PriceList:
    """The prices that ship with the program."""
    return PriceList.model_validate(json.loads(FILE.read_text("utf-8")))


def find_price(model: str) -> Price | None:
    """The price of a model, or None: never a made-up one.

    Args:
        model: As sent, e.g. `gpt-4o-mini` or `gpt-4o-mini-2024-07-18`.
    """
    prices = load_prices()
    return prices.models.get(prices.snapshots.get(model, model))


def choose_price(config: BatchConfig) -> Price | None:
    """What a batch reckons with: the prices given for it, else the known ones of its model, else none."""
    if config.price_in is None or config.price_out is None:
        return find_price(config.model or "")
    # nobody said what cached tokens cost, so they count in full
    return Price(input=config.price_in, cached_input=config.price_in, output=config.price_out)


def get_cost_usd(price: Price | None, *, tokens_in: int, tokens_cached: int, tokens_out: int) -> float | None:
    """Cost of one reply in USD; `tokens_cached` are part of `tokens_in`. None without a price."""
    if price is None:
        return None
    fresh = max(tokens_in - tokens_cached, 0)
    spent = fresh * price.input + tokens_cached * price.cached_input + tokens_out * price.output
    return spent / TOKENS_PER_UNIT
