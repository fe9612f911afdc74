"""Lines of result files, from OpenAI's Batch API or an engine that speaks its format. Pure: text in, data out.

Source: OpenAI's guide to the Batch API (output and error files); vLLM's `BatchRequestOutput`.
"""

from typing import Any, NamedTuple

import orjson

from core.extraction.exchange import Exchange, Status
from core.extraction.reply_body import read_count, read_exchange
from core.traces.secrets import mask_secrets

_UNSENT = {"batch_expired": "expired", "batch_cancelled": "cancelled at the server"}
"""What the server says of requests that it never executed, and how we call it."""
_STORED_CHARACTERS = 2_000_000


class ResultLine(NamedTuple):
    """What became of one request elsewhere."""

    custom_id: str
    exchange: Exchange | None
    """What the model's server replied; None if the request never got that far."""
    reason: str = ""
    """Without an exchange: why."""
    detail: str = ""
    is_unsent: bool = False
    """True if the request was not executed at all, and can simply be sent again."""


def parse_result(line: bytes) -> ResultLine | None:
    """One line as data; None if it is no result."""
    try:
        values = orjson.loads(line)
        custom_id, response, error = values["custom_id"], values.get("response"), values.get("error")
        if not isinstance(custom_id, str) or (response is None and error is None):
            return None
        if response is None:
            return _read_error(custom_id, error)
        return ResultLine(custom_id, _read_response(response, error))
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError):
        return None


def _read_response(response: Any, error: Any) -> Exchange:
    """The reply in a line, however odd: it was paid for, so it is kept and its request has a reason."""
    if not isinstance(response, dict):
        response = {"body": response}
    # vLLM has no body where something failed, and says it beside the response
    body = response.get("body") if response.get("body") is not None else error
    raw = body if isinstance(body, str) else orjson.dumps(body).decode()
    status = read_count(response.get("status_code"))
    status = status if 100 <= status <= 599 else 200
    if status < 400 and response.get("body") is None:
        status = 500
    if status >= 400:
        raw = mask_secrets(raw[:_STORED_CHARACTERS])
    return read_exchange(status, raw)


def _read_error(custom_id: str, error: Any) -> ResultLine:
    code = str(error.get("code") or "") if isinstance(error, dict) else ""
    message = str(error.get("message") or error) if isinstance(error, dict) else str(error)
    reason = _UNSENT.get(code, Status.SERVER_ERROR.value)
    return ResultLine(custom_id, None, reason, mask_secrets(message)[:1000], is_unsent=code in _UNSENT)
