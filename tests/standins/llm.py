"""A stand-in for an OpenAI-compatible server. To run it alone: `python -m tests.standins.llm --port 8001`.

Example:
    with LlmServer(key="sk-test", responder=my_responder) as llm:
        client = OpenAI(base_url=llm.base_url, api_key="sk-test")
"""

import asyncio
import importlib
import math
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from time import monotonic
from typing import Any, ClassVar

import orjson

from tests.standins.faults import Fault
from tests.standins.llm_answers import answer_minimal
from tests.standins.llm_batches import Batches
from tests.standins.llm_replies import (
    CONTENT_FAULTS,
    completion_reply,
    error_reply,
    html_reply,
    models_reply,
    status_reply,
    unsupported_format_reply,
)
from tests.standins.process import add_common_arguments, run_until_stopped
from tests.standins.records import Record
from tests.standins.standin import StandIn
from tests.standins.wire import Reply, Request, json_reply

Responder = Callable[[dict[str, Any]], str]
"""Takes the JSON of a chat completion request, returns the text of the answer."""

_UNSUPPORTED_BY = {"no_schema": {"json_schema"}, "no_json_object": {"json_schema", "json_object"}}


class LlmServer(StandIn):
    """An OpenAI-compatible server under a test's control."""

    KNOWN_FAULTS: ClassVar[frozenset[str]] = CONTENT_FAULTS | _UNSUPPORTED_BY.keys() | {"drip", "body"}

    def __init__(
        self,
        *,
        key: str | None = None,
        models: Iterable[str] | None = None,
        responder: Responder = answer_minimal,
        latency_seconds: float = 0.0,
        enforce_rpm: int | None = None,
        enforce_silently: bool = False,
        window_seconds: float = 60.0,
        cached_share: float = 0.0,
        faults: Iterable[Fault | Mapping[str, Any]] = (),
        port: int = 0,
    ) -> None:
        """Prepare a server; it listens from `start()` or `with` on.

        Args:
            key: the only accepted API key; None accepts any and none.
            models: the only known models; None knows all.
            responder: makes the text of every valid answer.
            latency_seconds: waited before every answer; a change holds for those that wait already.
            enforce_rpm: accepted in any sliding window; what is beyond is answered 429 with Retry-After.
            enforce_silently: no header says when there is room again.
            window_seconds: length of that window.
            cached_share: 0 to 1, the part of the prompt's tokens reported as cached.
            faults: see `Fault`.
            port: 0 takes a free one.
        """
        super().__init__(port=port, faults=faults)
        self.key = key
        self.models = None if models is None else list(models)
        self.responder = responder
        self.latency_seconds = latency_seconds
        self.enforce_rpm = enforce_rpm
        self.enforce_silently = enforce_silently
        self.window_seconds = window_seconds
        self.cached_share = cached_share
        self.batches = Batches(self._answer_line)
        self._accepted_seconds: deque[float] = deque()
        self._number = 0

    @property
    def base_url(self) -> str:
        """What `OPENAI_BASE_URL` is to be."""
        return f"{self.url}/v1"

    def reset(self) -> None:
        """Forget requests, faults and the requests counted against the limit; settings stay."""
        super().reset()
        self._accepted_seconds.clear()

    def control(self, request: Request) -> Reply:
        """Also `POST settings`, e.g. `{"latency_seconds": 0.2}`."""
        if (request.method, request.path) != ("POST", "/_control/settings"):
            return super().control(request)
        names = {"latency_seconds", "enforce_rpm", "window_seconds", "cached_share", "key", "models"}
        for name, value in request.json().items():
            if name not in names:
                raise ValueError(f"unknown setting {name!r}; known: {sorted(names)}")
            setattr(self, name, value)
        return json_reply({})

    async def answer(self, request: Request, record: Record) -> Reply | None:
        """The reply to one request, see `StandIn.answer`."""
        if self.key is not None and request.headers.get("authorization") != f"Bearer {self.key}":
            return error_reply(401, "Incorrect API key provided.", code="invalid_api_key")
        match request.method, request.path:
            case "GET", "/v1/models":
                return models_reply(self.models or ["standin-model"])
            case "POST", "/v1/chat/completions":
                return await self._complete(request, record)
        if request.path.startswith(("/v1/files", "/v1/batches")):
            return await self._answer_batches(request, record)
        return error_reply(404, f"Unknown request URL: {request.method} {request.path}.", code="unknown_url")

    async def _answer_batches(self, request: Request, record: Record) -> Reply | None:
        """Faults that name a path hit here, too; `drop` and `hang` come before anything was done, `cut` after it."""
        fault = self.faults.find(
            method=request.method, path=request.path, body=request.body, applies=lambda rule: rule.path is not None
        )
        name = record.fault = fault.fault if fault else None
        if fault and name in {"drop", "hang"}:
            await fault.wait()
            return None
        if fault and name == "html":
            return html_reply(fault)
        if fault and fault.is_status:
            return status_reply(fault)
        reply = await self.batches.answer(request)
        if reply is None:
            return error_reply(404, f"Unknown request URL: {request.method} {request.path}.", code="unknown_url")
        reply.cut = name == "cut"
        return reply

    async def _answer_line(self, body: dict[str, Any]) -> Reply | None:
        line = Request("POST", "/v1/chat/completions", {}, {}, orjson.dumps(body))
        return await self._complete(line, Record(line.method, line.path, {}, {}, line.body))

    async def _complete(self, request: Request, record: Record) -> Reply | None:
        try:
            content = request.json()
            model, _messages = content["model"], content["messages"]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            return error_reply(400, f"We could not read your JSON: {error!r}")
        if self.models is not None and model not in self.models:
            message = f"The model `{model}` does not exist or you do not have access to it."
            return error_reply(404, message, code="model_not_found")
        if content.get("stream"):
            return error_reply(400, "This stand-in does not stream.", param="stream")
        if refused := self._refuse_over_limit():
            return refused
        return await self._complete_with_faults(request, record, content)

    async def _complete_with_faults(self, request: Request, record: Record, content: dict[str, Any]) -> Reply | None:
        response_format = (content.get("response_format") or {}).get("type", "text")
        fault = self.faults.find(
            method=request.method,
            path=request.path,
            body=request.body,
            applies=lambda rule: response_format in _UNSUPPORTED_BY.get(rule.fault, {response_format}),
        )
        name = record.fault = fault.fault if fault else None
        await self._wait_latency()
        if fault and name in {"drop", "hang"}:
            await fault.wait()
            return None
        if fault and name == "html":
            return html_reply(fault)
        if name in _UNSUPPORTED_BY:
            return unsupported_format_reply(response_format)
        if fault and name == "body":
            return Reply(200, (fault.message or "").encode(), {"Content-Type": "application/json"})
        if fault and fault.is_status:
            return status_reply(fault)
        if fault and name != "drip":
            await fault.wait()
        self._number += 1
        text = self.responder(content)
        reply = completion_reply(content, text, number=self._number, cached_share=self.cached_share, fault=name)
        reply.cut = name == "cut"
        if fault:
            reply.headers |= fault.reply_headers()
            reply.drip_seconds = fault.drip_seconds
        return reply

    async def _wait_latency(self) -> None:
        """A test that shortens the latency lets go of what waits already."""
        arrived = monotonic()
        while (left := arrived + self.latency_seconds - monotonic()) > 0:
            await asyncio.sleep(min(left, 0.1))

    def _refuse_over_limit(self) -> Reply | None:
        if self.enforce_rpm is None:
            return None
        now = monotonic()
        while self._accepted_seconds and self._accepted_seconds[0] <= now - self.window_seconds:
            self._accepted_seconds.popleft()
        if len(self._accepted_seconds) < self.enforce_rpm:
            self._accepted_seconds.append(now)
            return None
        wait_seconds = self._accepted_seconds[0] + self.window_seconds - now
        headers = {
            "Retry-After": str(math.ceil(wait_seconds)),
            "retry-after-ms": str(math.ceil(wait_seconds * 1000)),
            "x-ratelimit-limit-requests": str(self.enforce_rpm),
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": f"{wait_seconds:.3f}s",
        }
        message = f"Rate limit reached: {self.enforce_rpm} requests per {self.window_seconds:g} s."
        said = None if self.enforce_silently else headers
        return error_reply(429, message, code="rate_limit_exceeded", kind="requests", headers=said)


def load_responder(name: str) -> Responder:
    """The responder that `module:function` names."""
    module, _, function = name.partition(":")
    responder: Responder = getattr(importlib.import_module(module), function)
    return responder


def main() -> None:
    """Serve as the command line says, until stopped."""
    name = "python -m tests.standins.llm"
    parser = ArgumentParser(prog=name, description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    parser.add_argument("--key", help="the only accepted API key; without it any is accepted")
    parser.add_argument("--models", nargs="+", help="the only known models; without it all are known")
    parser.add_argument("--responder", type=load_responder, default=answer_minimal, help="module:function")
    parser.add_argument("--latency-seconds", type=float, default=0.0)
    parser.add_argument("--enforce-rpm", type=int)
    parser.add_argument("--window-seconds", type=float, default=60.0)
    parser.add_argument("--cached-share", type=float, default=0.0)
    arguments = vars(parser.parse_args())
    stop_with_parent = arguments.pop("stop_with_parent")
    run_until_stopped(LlmServer(**arguments), stop_with_parent=stop_with_parent)


if __name__ == "__main__":
    main()
