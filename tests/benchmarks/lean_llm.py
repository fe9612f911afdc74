"""A model's server that does as little as it can, so that the client is what is measured.

It speaks real HTTP/1.1 on connections that stay open, gives every chat completion the same valid answer, and can hold a
limit of requests. It does not read what it is asked. Controlled like the other stand-ins, see `StandInProcess`.
"""

import asyncio
import math
import threading
from argparse import ArgumentParser
from collections import deque
from http import HTTPStatus
from time import monotonic
from typing import Any

from tests.benchmarks.generated import ANSWER
from tests.standins.llm_replies import completion_reply, error_reply
from tests.standins.process import add_common_arguments, run_until_stopped
from tests.standins.records import Record
from tests.standins.standin import StandIn
from tests.standins.wire import Reply, Request

HEADERS = ("none", "refusals", "every")
PROMPT_CHARACTERS = 8_000


class LeanServer(StandIn):
    """The server; its records are the same as those of the other stand-ins, without headers."""

    def __init__(
        self,
        *,
        latency_seconds: float = 0.0,
        enforce_rpm: int | None = None,
        window_seconds: float = 60.0,
        headers: str = "none",
        port: int = 0,
        faults: Any = (),
    ) -> None:
        """Prepare a server.

        Args:
            latency_seconds: Waited before every answer.
            enforce_rpm: Requests per minute; what is beyond is answered 429.
            window_seconds: Within any window so long, not more than this rate is accepted.
            headers: Which replies say what the limit is, and a refusal for how long: one of `HEADERS`.
            port: 0 takes a free one.
            faults: None are known.
        """
        super().__init__(port=port, faults=faults)
        self.latency_seconds = latency_seconds
        self.headers = headers
        self._enforce_rpm = enforce_rpm
        self._window_seconds = window_seconds
        self._room = round((enforce_rpm or 0) * window_seconds / 60)
        self._accepted_seconds: deque[float] = deque()
        request = {"model": "lean", "messages": [{"role": "user", "content": "x" * PROMPT_CHARACTERS}]}
        self._answer = _render(completion_reply(request, ANSWER, number=1))

    async def answer(self, request: Request, record: Record) -> Reply | None:
        """Not called: `find_reply` does it without a task per request."""
        raise NotImplementedError

    def find_reply(self, record: Record) -> bytes:
        """The whole reply to one chat completion, as it goes over the wire."""
        if self._enforce_rpm is None:
            record.status = 200
            return self._answer
        record.status = 200 if self._accept() else 429
        limits = self._build_headers(self._enforce_rpm, is_refused=record.status == 429)
        if record.status == 429:
            return _render(error_reply(429, "Rate limit reached.", code="rate_limit_exceeded", headers=limits))
        head, _, body = self._answer.partition(b"\r\n\r\n")
        return b"%s\r\n%s\r\n%s" % (head, _render_headers(limits), body)

    def _accept(self) -> bool:
        now, accepted = monotonic(), self._accepted_seconds
        while accepted and accepted[0] <= now - self._window_seconds:
            accepted.popleft()
        if len(accepted) >= self._room:
            return False
        accepted.append(now)
        return True

    def _build_headers(self, rpm: int, *, is_refused: bool) -> dict[str, str]:
        if self.headers == "none" or (self.headers == "refusals" and not is_refused):
            return {}
        wait = self._accepted_seconds[0] + self._window_seconds - monotonic()
        limits = {
            "x-ratelimit-limit-requests": str(rpm),
            "x-ratelimit-remaining-requests": str(self._room - len(self._accepted_seconds)),
            "x-ratelimit-reset-requests": f"{max(wait, 0.0):.3f}s",
        }
        return limits | {"Retry-After": str(math.ceil(wait))} if is_refused else limits

    async def _serve(self, started: threading.Event) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = await self._loop.create_server(lambda: _Connection(self), "127.0.0.1", self._port, backlog=1024)
        async with server:
            self._port = server.sockets[0].getsockname()[1]
            started.set()
            await self._stopping.wait()
            # connections that are still open end with the process
            server.close()


class _Connection(asyncio.Protocol):
    """One connection: requests come in, each answered after the latency."""

    def __init__(self, server: LeanServer) -> None:
        self._server = server
        self._received = bytearray()
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            length = _find_length(bytes(self._received[:end]))
            if len(self._received) < end + 4 + length:
                return
            method, path, _ = self._received[:end].split(b"\r\n", 1)[0].decode("latin-1").split(" ")
            body = bytes(self._received[end + 4 : end + 4 + length])
            del self._received[: end + 4 + length]
            self._take(method, path, body)

    def _take(self, method: str, path: str, body: bytes) -> None:
        if path.startswith("/_control/"):
            place, _, query = path.partition("?")
            request = Request(method, place, {"bodies": [query.removeprefix("bodies=")]} if query else {}, {}, body)
            self._transport.write(_render(self._server.control(request)))
            return
        record = Record(method, path, {}, {}, body)
        self._server.records.all.append(record)
        self._loop.call_later(self._server.latency_seconds, self._reply, record, self._server.find_reply(record))

    def _reply(self, record: Record, reply: bytes) -> None:
        record.answered_seconds = monotonic()
        self._transport.write(reply)


def _find_length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


def _render(reply: Reply) -> bytes:
    headers = {"Content-Length": str(len(reply.body)), **reply.headers}
    first = f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}\r\n"
    return first.encode() + _render_headers(headers) + b"\r\n" + reply.body


def _render_headers(headers: dict[str, str]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("latin-1")


def main() -> None:
    """Serve as the command line says, until stopped."""
    parser = ArgumentParser(prog="python -m tests.benchmarks.lean_llm", description=__doc__)
    add_common_arguments(parser)
    parser.add_argument("--latency-seconds", type=float, default=0.0)
    parser.add_argument("--enforce-rpm", type=int)
    parser.add_argument("--window-seconds", type=float, default=60.0)
    parser.add_argument("--headers", choices=HEADERS, default="none")
    arguments = vars(parser.parse_args())
    stop_with_parent = arguments.pop("stop_with_parent")
    run_until_stopped(LeanServer(**arguments), stop_with_parent=stop_with_parent)


if __name__ == "__main__":
    main()
