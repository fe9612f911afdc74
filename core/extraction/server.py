"""One exchange with an OpenAI-compatible server, through the `openai` package. What came back is data, also failures.

The SDK's own retries are off: they would bypass the rate limiter. Its `parse` is not used: it loses answers that were
paid for, and is slow.
"""

import asyncio
import time
from typing import Any

import httpx2
import openai
import orjson

from core.extraction.exchange import Exchange, Status
from core.extraction.launch import check_has_server
from core.extraction.rate_headers import read_limits
from core.extraction.refusals import build_address_error, hide_key
from core.extraction.reply_body import read_exchange
from core.extraction.retry import RetryPolicy
from core.settings import Settings

STORED_CHARACTERS = 2_000_000


_JSON: openai.RequestOptions = {"headers": {"Content-Type": "application/json"}}
"""The body is written by orjson: the client's own way takes several times as long."""


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
        exchange = read_exchange(response.status_code, _decode(response.content))
        return exchange._replace(latency_seconds=time.monotonic() - began, limits=read_limits(response.headers))

    def _read_error(self, response: httpx2.Response, latency: float) -> Exchange:
        text = hide_key(_decode(response.content)[:STORED_CHARACTERS], self._key)
        exchange = read_exchange(response.status_code, text)
        return exchange._replace(latency_seconds=latency, limits=read_limits(response.headers))


def _decode(content: bytes) -> str:
    # JSON is UTF-8; a header that names another encoding, or one that does not exist, must not cost a paid reply
    return content.decode(errors="replace")
