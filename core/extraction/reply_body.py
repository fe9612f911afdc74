"""Reads the body of a reply. Servers differ and err, and what came is paid for: no body of any shape raises."""

from typing import Any, NamedTuple

import orjson

from core.extraction.error_words import classify_error, classify_error_in_answer, find_message
from core.extraction.exchange import Exchange, Status

_MOST_TOKENS = 1_000_000_000
"""A count above it is none."""
_SAID_CHARACTERS = 1000


class _Usage(NamedTuple):
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0


_NO_USAGE = _Usage()


def read_exchange(http_status: int, raw: str) -> Exchange:
    """What a reply says, whichever way it came; without its latency and the server's limits. Never raises.

    Args:
        http_status: Of the reply.
        raw: The whole body; of an error, what may be stored of it.
    """
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        body = None
    if http_status >= 400:
        said = find_message(body) or raw
        return Exchange(classify_error(http_status, raw), said[:_SAID_CHARACTERS], raw, http_status, 0.0)
    if not isinstance(body, dict):
        return Exchange(Status.NOT_JSON, raw[:500], raw, http_status, 0.0)
    choices = body.get("choices")
    if isinstance(choices, list) and choices:
        status, text = _read_choice(choices[0])
    elif body.get("error"):
        status, text = classify_error_in_answer(body["error"]), (find_message(body) or "")[:_SAID_CHARACTERS]
    else:
        status, text = Status.EMPTY, "The reply has no choices."
    return Exchange(status, text, raw, http_status, 0.0, *_read_usage(body.get("usage")))


def read_answer_text(raw: str) -> str:
    """The answer's text in a stored reply that was found valid when it came."""
    return _read_content(orjson.loads(raw)["choices"][0]["message"]["content"])


def read_count(value: Any) -> int:
    """A number of tokens, also if it came as text or with a decimal point; 0 for everything that is none."""
    is_text = isinstance(value, str) and value.isdecimal() and len(value) < 12
    if is_text or (isinstance(value, float) and value.is_integer()):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_TOKENS:
        return value
    return 0


def _read_usage(usage: Any) -> _Usage:
    if not isinstance(usage, dict):
        return _NO_USAGE
    details = usage.get("prompt_tokens_details")
    return _Usage(
        read_count(usage.get("prompt_tokens")),
        read_count(details.get("cached_tokens")) if isinstance(details, dict) else 0,
        read_count(usage.get("completion_tokens")),
    )


def _read_choice(choice: Any) -> tuple[Status, str]:
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict):
        return Status.EMPTY, "The reply has no message."
    if message.get("refusal"):
        return Status.REFUSED, str(message["refusal"])
    reason = choice.get("finish_reason")
    text = _read_content(message.get("content"))
    if reason == "content_filter":
        return Status.REFUSED, "The server's content filter refused to answer."
    if reason == "length":
        return Status.TRUNCATED, text
    return (Status.ANSWERED, text) if text.strip() else (Status.EMPTY, "The reply is empty.")


def _read_content(content: Any) -> str:
    """The text of a message: most servers send it whole, some as a list of parts."""
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, dict)]
        return "".join(text for text in texts if isinstance(text, str))
    return content if isinstance(content, str) else ""
