"""What a batch may spend, with the cost of everything in flight reserved: what is sent next never goes beyond it."""

import asyncio
from collections.abc import Awaitable, Callable

from core.errors import ModelServerError
from core.extraction.prices import Price, get_cost_usd

LOOK_AGAIN_SECONDS = 0.2


class Budget:
    """USD of one batch, over all its runs."""

    def __init__(
        self,
        limit_usd: float | None,
        price: Price | None,
        *,
        spent_usd: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Nothing is reserved yet.

        Args:
            limit_usd: None means no limit.
            price: Of the model; a limit needs one.
            spent_usd: By earlier runs.
            sleep: Waits so many seconds.
        """
        self._limit = limit_usd
        self._price = price
        self._spent = spent_usd
        self._reserved = 0.0
        self._open = 0
        self._sleep = sleep

    async def reserve(self, *, tokens_in: int, output_limit: int) -> float:
        """Set aside what one request may cost at most; waits while others may still give some back.

        Returns:
            The USD set aside, for `settle`.

        Raises:
            ModelServerError: Nothing more fits, and nothing is in flight that could give some back.
        """
        cost = get_cost_usd(self._price, tokens_in=tokens_in, tokens_cached=0, tokens_out=output_limit) or 0.0
        while self._limit is not None and self._spent + self._reserved + cost > self._limit:
            if not self._open:
                raise ModelServerError(
                    f"The budget of ${self._limit:g} is spent (${self._spent:.4f}, and the next request may cost "
                    f"${cost:.4f}). Raise the budget and resume: what is answered is kept."
                )
            await self._sleep(LOOK_AGAIN_SECONDS)
        self._open += 1
        self._reserved += cost
        return cost

    def settle(self, reserved_usd: float, spent_usd: float | None) -> None:
        """Put what was really spent in the place of a reservation; None counts as nothing."""
        self._open -= 1
        # sums of floats leave crumbs; without reservations nothing is reserved
        self._reserved = self._reserved - reserved_usd if self._open else 0.0
        self._spent += spent_usd or 0.0
