import asyncio

import pytest

from core.errors import ModelServerError
from core.extraction.budget import Budget
from core.extraction.prices import Price

PRICE = Price(input=1.0, cached_input=0.5, output=2.0)
MILLION = 1_000_000


def test_what_is_in_flight_is_reserved_at_its_highest_cost() -> None:
    async def run() -> None:
        budget = Budget(10.0, PRICE, spent_usd=0.0)
        assert await budget.reserve(tokens_in=MILLION, output_limit=MILLION) == pytest.approx(3.0)

    asyncio.run(run())


def test_a_request_that_does_not_fit_waits_for_what_others_give_back() -> None:
    async def run() -> list[str]:
        events: list[str] = []

        async def give_back(seconds: float) -> None:
            events.append("waited")
            budget.settle(first, 1.0)

        budget = Budget(4.0, PRICE, spent_usd=0.0, sleep=give_back)
        first = await budget.reserve(tokens_in=MILLION, output_limit=MILLION)
        await budget.reserve(tokens_in=MILLION, output_limit=MILLION)
        return events

    assert asyncio.run(run()) == ["waited"]


def test_a_spent_budget_is_said_when_nothing_can_come_back() -> None:
    async def run() -> None:
        await Budget(4.0, PRICE, spent_usd=2.0).reserve(tokens_in=MILLION, output_limit=MILLION)

    with pytest.raises(ModelServerError, match=r"budget of \$4 is spent \(\$2\.0000, .* \$3\.0000"):
        asyncio.run(run())


def test_without_a_limit_everything_fits() -> None:
    async def run() -> None:
        budget = Budget(None, None, spent_usd=0.0)
        assert [await budget.reserve(tokens_in=MILLION, output_limit=MILLION) for _ in range(3)] == [0.0] * 3

    asyncio.run(run())
