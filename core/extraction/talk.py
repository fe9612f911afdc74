"""What the exchanges of one batch share, and what becomes of one of them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from core.extraction.bodies import build_body
from core.extraction.budget import Budget
from core.extraction.exchange import Exchange, Status
from core.extraction.forms import AnswerForm
from core.extraction.limiter import RateLimiter
from core.extraction.outage import Outage
from core.extraction.output_modes import OutputMode
from core.extraction.prices import Price
from core.extraction.retry import RetryPolicy
from core.extraction.server import ModelServer
from core.extraction.wording import Hints
from core.store.batch_models import DEFAULT_OUTPUT_LIMIT, PendingRequest, Reply
from core.traces.report import CHARACTERS_PER_TOKEN

TOKENS_TO_TRUST = 10_000
"""So many, and the measured length of a token is taken instead of the assumed one."""
SHORTEST_TOKEN, LONGEST_TOKEN = 1.0, 8.0
"""Characters."""


@dataclass
class Tally:
    """What went on since it was last shown."""

    sent: int = 0
    answered: int = 0
    tokens: int = 0


@dataclass
class SameWords:
    """How often in a row requests were refused with the same words, and none was answered."""

    words: str = ""
    times: int = 0

    def add(self, said: str) -> int:
        """How often it was said by now; numbers and names of requests in it make no difference."""
        words = " ".join(word for word in said.split() if not any(letter.isdigit() for letter in word))
        self.times = self.times + 1 if words == self.words else 1
        self.words = words
        return self.times

    def clear(self) -> None:
        """A request was answered."""
        self.words, self.times = "", 0


@dataclass
class TokenLength:
    """How many characters a token of this model has, as far as its server has said so far."""

    characters: int = 0
    tokens: int = 0

    def learn(self, characters: int, tokens: int) -> None:
        """What one question had, by the server's count; 0 tokens say nothing."""
        if tokens > 0:
            self.characters += characters
            self.tokens += tokens

    def count_tokens(self, characters: int) -> int:
        """About so many tokens; four characters each, as long as too little is known."""
        if self.tokens < TOKENS_TO_TRUST:
            return characters // CHARACTERS_PER_TOKEN
        # a server that counts in its own way must not make reservations absurd
        length = min(max(self.characters / self.tokens, SHORTEST_TOKEN), LONGEST_TOKEN)
        return round(characters / length)


@dataclass
class Outcome:
    """What became of one request."""

    request: PendingRequest
    body_hash: str = ""
    """Of the first question; empty before it is built."""
    hints: Hints | None = None
    answer: str = ""
    """The text that the hints were read from."""
    replies: list[Reply] = field(default_factory=list)
    """What came back and is not kept yet."""
    sent: int = 0
    """How often it was sent since it was last kept."""
    reason: Status | str | None = None
    detail: str = ""
    left_out: str | None = None
    """What of the attempt is not in the question, as JSON; None if all is."""
    is_fatal: bool = False
    """Every other request would fail in the same way."""

    @property
    def has_unkept_answer(self) -> bool:
        """True if something that was paid for is only in memory."""
        return any(reply.http_status == 200 for reply in self.replies)


async def _keep_nothing(_: Outcome) -> None:
    return


def _find_nothing(_: Outcome, __: str) -> Exchange | None:
    return None


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
    save_refused: Callable[[str], None]
    """Remembers a parameter that the server does not take."""
    refused: set[str] = field(default_factory=set)
    """Parameters that the server does not take for this model, as far as is known."""
    output_limit: int = DEFAULT_OUTPUT_LIMIT
    """Tokens that a first answer may hold."""
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
    is_key_known: bool = False
    """True if the server answered an earlier run of the batch with the same key."""
    same_words: SameWords = field(default_factory=SameWords)
    """Refusals in a row, whoever asked."""
    tally: Tally = field(default_factory=Tally)
    """What went on since it was last shown."""
    token_length: TokenLength = field(default_factory=TokenLength)
    keep: Callable[[Outcome], Awaitable[None]] = _keep_nothing
    """Saves what came back so far. Awaited before more is sent for the same attempt."""
    find_answered: Callable[[Outcome, str], Exchange | None] = _find_nothing
    """What an earlier run was answered to the body with this hash, for the same request; None if it was not."""

    def __post_init__(self) -> None:
        """Everybody hears of an outage through the limiter."""
        self.outage = Outage(self.limiter, self.retry)

    def build_body(self, messages: list[dict[str, Any]], *, form: AnswerForm[Any], output_limit: int) -> dict[str, Any]:
        """The exact body of a request in the present mode."""
        return build_body(
            messages,
            form=form,
            model=self.model,
            mode=self.mode,
            base_url=self.server.base_url,
            output_limit=output_limit,
            refused=self.refused,
        )
