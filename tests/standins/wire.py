"""The HTTP/1.1 that the stand-ins speak, on bare asyncio streams.

Not an ASGI server, because a stand-in must be able to close a connection without an answer.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

_READ_LIMIT_BYTES = 1 << 20
_DRIPS = 10


@dataclass(slots=True, frozen=True)
class Request:
    """One request; `path` is still percent-encoded, so that `refs%2Fpr%2F1` stays one segment."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body read as JSON, `{}` for an empty body."""
        return orjson.loads(self.body) if self.body else {}

    def flag(self, name: str) -> bool:
        """Whether the query has `name` as `1` or `true`."""
        return self.query.get(name, [""])[-1].lower() in {"1", "true"}


@dataclass(slots=True)
class Reply:
    """One answer; a `cut` one ends in the middle of the body, with the connection, a dripping one comes in pieces."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    drip_seconds: float = 0.0


Handler = Callable[[Request], Awaitable[Reply | None]]
"""Answers a request; None closes the connection without an answer."""


def json_reply(content: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    """A reply whose body is `content` as JSON."""
    return Reply(status, orjson.dumps(content), {"Content-Type": "application/json", **(headers or {})})


def masked_headers(request: Request) -> dict[str, str]:
    """The request's headers, safe to keep and to show: credentials are replaced by their kind."""
    masked = dict(request.headers)
    for name in ("authorization", "cookie"):
        if name in masked:
            masked[name] = f"{masked[name].split(' ')[0]} [masked]" if " " in masked[name] else "[masked]"
    return masked


async def serve_connection(handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection until either side has had enough."""
    try:
        while (request := await _read_request(reader, writer)) is not None:
            reply = await handler(request)
            if reply is None:
                break
            await _write_reply(writer, request, reply)
            if reply.cut or request.headers.get("connection", "").lower() == "close":
                break
    except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return
    finally:
        writer.close()


@asynccontextmanager
async def listening(handler: Handler, *, host: str, port: int) -> AsyncIterator[int]:
    """Accept connections within the block, cut them at its end; yields the port (0 takes a free one)."""
    connections: set[asyncio.Task[None]] = set()

    def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # tasks of our own: asyncio logs an error for each of its own that is cancelled
        task = asyncio.create_task(serve_connection(handler, reader, writer))
        connections.add(task)
        task.add_done_callback(connections.discard)

    server = await asyncio.start_server(on_connection, host, port, limit=_READ_LIMIT_BYTES, backlog=1024)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


async def _read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    first, *lines = head[:-4].decode("latin-1").split("\r\n")
    method, target, _version = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    parts = urlsplit(target)
    body = await _read_body(reader, headers)
    return Request(method, parts.path, parse_qs(parts.query, keep_blank_values=True), headers, body)


async def _read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        chunks = []
        while (size := int((await reader.readline()).split(b";")[0], 16)) > 0:
            chunks.append(await reader.readexactly(size))
            await reader.readexactly(2)
        while (await reader.readline()).strip():
            continue
        return b"".join(chunks)
    length = int(headers.get("content-length", 0))
    return await reader.readexactly(length) if length else b""


async def _write_reply(writer: asyncio.StreamWriter, request: Request, reply: Reply) -> None:
    phrase = HTTPStatus(reply.status).phrase if reply.status in HTTPStatus._value2member_map_ else "Unknown"
    headers = {"Content-Length": str(len(reply.body)), **reply.headers}
    head = f"HTTP/1.1 {reply.status} {phrase}\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    writer.write(head.encode("latin-1") + b"\r\n")
    if reply.drip_seconds:
        await _drip(writer, reply)
    elif request.method != "HEAD":
        writer.write(reply.body[: len(reply.body) // 2] if reply.cut else reply.body)
    await writer.drain()


async def _drip(writer: asyncio.StreamWriter, reply: Reply) -> None:
    size = -(-len(reply.body) // _DRIPS)
    for begin in range(0, len(reply.body), size):
        await writer.drain()
        await asyncio.sleep(reply.drip_seconds / _DRIPS)
        writer.write(reply.body[begin : begin + size])
    await writer.drain()
