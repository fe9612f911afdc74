"""One exchange with an OpenAI-compatible server, through the `openai` package. What came back is data, also failures.

The SDK's own retries are off: they would bypass the rate limiter. Its `parse` is not used: it loses answers that were
paid for, and is slow.
"""

import asyncio
import time
from enum import StrEnum
from typing import Any, NamedTuple

import httpx2
import openai
import orjson

from core.extraction.launch import check_has_server
from core.extraction.rate_headers import ServerLimits, read_limits
from core.extraction.refusals import build_address_error, hide_key
from core.extraction.retry import RetryPolicy
from core.settings import Settings

STORED_CHARACTERS = 2_000_000


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
    KEY_REFUSED = "key refused"
    MODEL_UNKNOWN = "unknown model"
    WRONG_ADDRESS = "wrong address"


_JSON: openai.RequestOptions = {"headers": {"Content-Type": "application/json"}}
"""The body is written by orjson: the client's own way takes several times as long."""
RETRIED = frozenset({Status.RATE_LIMITED, Status.SERVER_ERROR, Status.CONNECTION, Status.NOT_JSON, Status.EMPTY})
FATAL = frozenset({Status.KEY_REFUSED, Status.MODEL_UNKNOWN, Status.WRONG_ADDRESS})


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


class ModelServer:
    """A client for one server. Close it with `aclose`."""

    def __init__(self, settings: Settings, *, timeout_seconds: float = RetryPolicy.timeout_seconds) -> None:
        """Nothing is sent yet.

        Args:
            settings: Key and address.
            timeout_seconds: For one whole exchange.

        Raises:
            UsageError: Neither a key nor an address is set.
        """
        check_has_server(settings)
        self.base_url = settings.openai_base_url
        self._key = settings.openai_key
        self._timeout_seconds = timeout_seconds
        try:
            self._client = openai.AsyncOpenAI(
                # servers of one's own need no key, but the client insists on one
                api_key=self._key or "none",
                base_url=settings.openai_base_url,
                max_retries=0,
                timeout=timeout_seconds,
                http_client=openai.DefaultAioHttpClient(
                    limits=httpx2.Limits(max_connections=None, max_keepalive_connections=None)
                ),
            )
        except (ValueError, httpx2.InvalidURL) as error:
            raise build_address_error(error) from None
        # whole, because the client would join address and path anew for every request
        self._completions_url = str(self._client.base_url.join("chat/completions"))

    @property
    def name(self) -> str:
        """The server's address, for people and for the memory of its output mode."""
        return str(self._client.base_url)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def send(self, body: dict[str, Any]) -> Exchange:
        """Send one chat completion and wait for what comes back. Never raises for what a server does."""
        began = time.monotonic()
        try:
            # the client's own time-out counts from piece to piece, and a body that drips would never end
            async with asyncio.timeout(self._timeout_seconds):
                response = await self._client.post(
                    self._completions_url, cast_to=httpx2.Response, content=orjson.dumps(body), options=_JSON
                )
        except openai.APIStatusError as error:
            return self._read_error(error.response, time.monotonic() - began)
        except TimeoutError:
            text = f"no whole answer within {self._timeout_seconds:g} s"
            return Exchange(Status.CONNECTION, text, "", None, time.monotonic() - began)
        except (openai.APIConnectionError, httpx2.HTTPError, OSError) as error:
            cause = error.__cause__ or error
            text = f"{type(cause).__name__}: {cause}"[:500]
            return Exchange(Status.CONNECTION, hide_key(text, self._key), "", None, time.monotonic() - began)
        exchange = read_exchange(response.status_code, response.text)
        return exchange._replace(latency_seconds=time.monotonic() - began, limits=read_limits(response.headers))

    def _read_error(self, response: httpx2.Response, latency: float) -> Exchange:
        text = hide_key(response.text[:STORED_CHARACTERS], self._key)
        exchange = read_exchange(response.status_code, text)
        return exchange._replace(latency_seconds=latency, limits=read_limits(response.headers))


def read_exchange(http_status: int, raw: str) -> Exchange:
    """What a reply says, whichever way it came; without its latency and the server's limits.

    Args:
        http_status: Of the reply.
        raw: The whole body; of an error, what may be stored of it.
    """
    if http_status < 400:
        return _read_answer(http_status, raw)
    return Exchange(_classify_error(http_status, raw), _find_message(raw)[:1000], raw, http_status, 0.0)


def _classify_error(status: int, text: str) -> Status:
    lowered = text.lower()
    if status in (401, 403):
        return Status.KEY_REFUSED
    if "model" in lowered and (status == 404 or "model_not_found" in lowered):
        return Status.MODEL_UNKNOWN
    if status in (404, 405):
        return Status.WRONG_ADDRESS
    if status == 429 and "request too large" in lowered:
        return Status.TOO_LONG  # alone above the tokens of a whole minute: no waiting helps
    if status == 429:
        return Status.KEY_REFUSED if "insufficient_quota" in lowered else Status.RATE_LIMITED
    if status in (408, 409) or status >= 500:
        return Status.SERVER_ERROR
    if status == 413 or "context_length" in lowered or "maximum context" in lowered or "context size" in lowered:
        return Status.TOO_LONG
    if any(
        word in lowered for word in ("response_format", "json_schema", "json_object", "structured output", "grammar")
    ):
        return Status.MODE_UNSUPPORTED
    return Status.BAD_REQUEST


def _find_message(text: str) -> str:
    try:
        error = orjson.loads(text).get("error")
    except (orjson.JSONDecodeError, AttributeError):
        return text
    return str(error.get("message") or error) if isinstance(error, dict) else str(error or text)


def _read_answer(http_status: int, raw: str) -> Exchange:
    try:
        body = orjson.loads(raw)
        choices = body.get("choices") or []
    except (orjson.JSONDecodeError, AttributeError):
        return Exchange(Status.NOT_JSON, raw[:500], raw, http_status, 0.0)
    usage = body.get("usage") or {}
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    status, text = _read_choice(choices[0]) if choices else (Status.EMPTY, "The reply has no choices.")
    return Exchange(
        status,
        text,
        raw,
        http_status,
        0.0,
        tokens_in=usage.get("prompt_tokens") or 0,
        tokens_cached=cached,
        tokens_out=usage.get("completion_tokens") or 0,
    )


def read_answer_text(raw: str) -> str:
    """The answer's text in a stored reply that was found valid when it came."""
    return str(orjson.loads(raw)["choices"][0]["message"]["content"])


def _read_choice(choice: dict[str, Any]) -> tuple[Status, str]:
    message = choice.get("message") or {}
    if message.get("refusal"):
        return Status.REFUSED, str(message["refusal"])
    reason = choice.get("finish_reason")
    text = str(message.get("content") or "")
    if reason == "content_filter":
        return Status.REFUSED, "The server's content filter refused to answer."
    if reason == "length":
        return Status.TRUNCATED, text
    return (Status.ANSWERED, text) if text.strip() else (Status.EMPTY, "The reply is empty.")
