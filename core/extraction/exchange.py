"""One request that was sent to a model's server and what came of it, as data, whichever way it was sent."""

from enum import StrEnum
from typing import NamedTuple

from core.extraction.rate_headers import ServerLimits


class Status(StrEnum):
    """What came of one exchange."""

    ANSWERED = "answered"
    REFUSED = "refused"
    TRUNCATED = "truncated"
    EMPTY = "empty answer"
    RATE_LIMITED = "rate-limited out"
    SERVER_ERROR = "server error"
    CONNECTION = "connection"
    NOT_JSON = "reply is not JSON"
    TOO_LONG = "too long"
    BAD_REQUEST = "bad request"
    MODE_UNSUPPORTED = "output mode not supported"
    PARAMETER_REFUSED = "parameter not supported"
    KEY_REFUSED = "key refused"
    NO_CREDIT = "no credit left"
    MODEL_UNKNOWN = "unknown model"
    WRONG_ADDRESS = "wrong address"


RETRIED = frozenset({Status.RATE_LIMITED, Status.SERVER_ERROR, Status.CONNECTION, Status.NOT_JSON, Status.EMPTY})
FATAL = frozenset({Status.KEY_REFUSED, Status.NO_CREDIT, Status.MODEL_UNKNOWN, Status.WRONG_ADDRESS})
AWAY = frozenset({Status.SERVER_ERROR, Status.CONNECTION})
"""What may be the server's own trouble, and no request's."""
USED = frozenset({Status.ANSWERED, Status.REFUSED, Status.TRUNCATED})
"""What the model itself said: such a reply is read again instead of asked for again."""


class Exchange(NamedTuple):
    """One request that was sent, and what came back."""

    status: Status
    text: str
    """The answer's text; for a failure what the server said of it."""
    raw: str
    """The whole body as it came; empty if nothing came."""
    http_status: int | None
    latency_seconds: float
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    limits: ServerLimits = ServerLimits()

    def describe_failure(self, *, output_limit: int) -> str:
        """Why there is no answer; of one that did not end within the limit also what can be done, and how it began."""
        if self.status is not Status.TRUNCATED:
            return self.text
        words = f"no end within {output_limit:,} tokens; a new batch can allow more for one answer (--output-limit)"
        return f"{words}: {self.text}" if self.text.strip() else f"{words}."
