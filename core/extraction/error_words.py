"""What a server means by an error: its status where that is enough, else its words."""

from typing import Any

from core.extraction.exchange import Status
from core.extraction.parameters import find_refused_parameter

_TOO_LONG = (
    "context_length",
    "context size",
    "context window",
    "input is too long",
    "input token count",
    "inputs` tokens",
    "maximum context",
    "maximum model length",
    "prompt is too long",
)
_MODES = ("response_format", "json_schema", "json schema", "json_object", "structured output", "grammar")
_NO_CREDIT = ("insufficient_quota", "insufficient balance", "insufficient credit", "insufficient funds")
_NO_MODEL = ("model_not_found", "not a valid model", "model not exist", "does not exist", "model not found")
_SAID_CHARACTERS = 1000
_RATE = ("rate limit", "rate_limit", "ratelimit", "too many requests")


def classify_error(status: int, text: str) -> Status:
    """What an error means for the request, or for all of them.

    Args:
        status: Of HTTP.
        text: The body.
    """
    lowered = text.lower()
    if status == 402 or (status in (403, 429) and _has_any(lowered, _NO_CREDIT)):
        return Status.NO_CREDIT
    if status in (401, 403):
        return Status.KEY_REFUSED
    if "model" in lowered and (status == 404 or (status in (400, 422) and _has_any(lowered, _NO_MODEL))):
        return Status.MODEL_UNKNOWN
    if status in (404, 405):
        return Status.WRONG_ADDRESS
    if status == 429 and "request too large" in lowered:
        return Status.TOO_LONG  # alone above the tokens of a whole minute: no waiting helps
    if status == 429:
        return Status.RATE_LIMITED
    if status in (408, 409):
        return Status.SERVER_ERROR
    # engines also answer 500 to what they cannot take
    if status == 413 or _has_any(lowered, _TOO_LONG):
        return Status.TOO_LONG
    # further on an error may quote the request, and with it a trace
    if find_refused_parameter(lowered[:_SAID_CHARACTERS]) is not None:
        return Status.PARAMETER_REFUSED
    if _has_any(lowered, _MODES):
        return Status.MODE_UNSUPPORTED
    return Status.SERVER_ERROR if status >= 500 else Status.BAD_REQUEST


def classify_error_in_answer(error: Any) -> Status:
    """What an error means that came with status 200: by the status that it names, else by its words.

    Args:
        error: What stands under `error`: mostly `{"message": ..., "code": 503}`.
    """
    code = error.get("code") if isinstance(error, dict) else None
    text = str(error)
    lowered = text.lower()
    if isinstance(code, int) and 400 <= code <= 599:
        return classify_error(code, text)
    if _has_any(lowered, _RATE):
        return Status.RATE_LIMITED
    return Status.TOO_LONG if _has_any(lowered, _TOO_LONG) else Status.SERVER_ERROR


def find_message(body: Any) -> str | None:
    """The server's own words in the body of an error; None if it has none.

    Args:
        body: As JSON reads it.
    """
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict):
        error = error.get("message") or error
    return str(error) if error else None


def _has_any(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text for word in words)
