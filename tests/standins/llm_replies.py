"""What an OpenAI-compatible server answers: completions, errors, and what goes wrong at times."""

from typing import Any

from tests.standins.faults import Fault
from tests.standins.llm_answers import message_text
from tests.standins.wire import Reply, json_reply

CONTENT_FAULTS = frozenset({"malformed", "wrong_schema", "refusal", "truncated", "empty_choices"})
"""Faults that answer 200 and cost tokens, with something useless in the answer."""

_CREATED = 1_767_225_600  # a fixed time: nothing a test compares may change from run to run
_CODE_OF_STATUS = {"401": "invalid_api_key", "404": "model_not_found", "429": "rate_limit_exceeded"}


def error_reply(
    status: int,
    message: str,
    *,
    code: str | None = None,
    kind: str = "invalid_request_error",
    param: str | None = None,
    headers: dict[str, str] | None = None,
) -> Reply:
    """An error in OpenAI's format."""
    body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
    return json_reply(body, status=status, headers=headers)


def status_reply(fault: Fault) -> Reply:
    """The reply to a fault that is an HTTP status."""
    return error_reply(
        int(fault.fault),
        fault.message or f"The stand-in was told to answer {fault.fault}.",
        code=fault.code or _CODE_OF_STATUS.get(fault.fault),
        kind=_kind(fault.fault),
        headers=fault.reply_headers(),
    )


def _kind(status: str) -> str:
    if status == "429":
        return "requests"
    return "server_error" if status.startswith("5") else "invalid_request_error"


def html_reply(fault: Fault) -> Reply:
    """A web page with status 200, as a captive portal or a wrong base URL gives."""
    page = b"<!doctype html><html><body><h1>It works!</h1></body></html>"
    return Reply(200, page, {"Content-Type": "text/html", **fault.reply_headers()})


def unsupported_format_reply(kind: str) -> Reply:
    """The 400 of a server that does not know this `response_format`."""
    message = f"Invalid parameter: 'response_format' of type '{kind}' is not supported with this model."
    return error_reply(400, message, param="response_format")


def completion_reply(
    request: dict[str, Any], text: str, *, number: int, cached_share: float = 0.0, fault: str | None = None
) -> Reply:
    """A chat completion that carries `text`, spoilt as `fault` (one of `CONTENT_FAULTS`) says."""
    text = _spoil(text, fault)
    refusal = "I'm sorry, I can't help with that." if fault == "refusal" else None
    message = {"role": "assistant", "content": None if refusal else text, "refusal": refusal}
    finish = "length" if fault == "truncated" else "stop"
    choices = [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}]
    completion = {
        "id": f"chatcmpl-{number:08d}",
        "object": "chat.completion",
        "created": _CREATED,
        "model": request["model"],
        "choices": [] if fault == "empty_choices" else choices,
        "usage": _usage(request, refusal or text, cached_share),
        "system_fingerprint": "fp_standin",
    }
    return json_reply(completion, headers={"x-request-id": f"req_{number:08d}"})


def models_reply(models: list[str]) -> Reply:
    """The list of models."""
    data = [{"id": name, "object": "model", "created": _CREATED, "owned_by": "standin"} for name in models]
    return json_reply({"object": "list", "data": data})


def _spoil(text: str, fault: str | None) -> str:
    match fault:
        case "malformed":
            return text[: max(1, len(text) // 2)] + ' "oops: '
        case "wrong_schema":
            return '["not", "what", "the", "schema", "says"]'
        case "truncated":
            return text[: max(1, len(text) // 2)]
    return text


def _usage(request: dict[str, Any], text: str, cached_share: float) -> dict[str, Any]:
    prompt_tokens = sum(len(message_text(message)) for message in request["messages"]) // 4
    completion_tokens = len(text) // 4
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "prompt_tokens_details": {"cached_tokens": int(prompt_tokens * cached_share), "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }
