"""The exact body of a request. Nothing in it changes from run to run: its hash is what a reply is found again by."""

from collections.abc import Set
from hashlib import sha256
from typing import Any

import orjson

from core.extraction.forms import AnswerForm
from core.extraction.output_modes import OutputMode
from core.extraction.parameters import OTHER_NAME

REASONING_MODELS = ("o1", "o3", "o4", "gpt-5")
"""They take no temperature."""


def build_body(
    messages: list[dict[str, Any]],
    *,
    form: AnswerForm[Any],
    model: str,
    mode: OutputMode,
    base_url: str | None,
    output_limit: int,
    refused: Set[str] = frozenset(),
) -> dict[str, Any]:
    """The body of one chat completion.

    Args:
        messages: The prompt.
        form: Of the answer.
        model: As the server names it.
        mode: How the server is told the form of the answer.
        base_url: Of the server; None means OpenAI's own, which names the output limit in its own way.
        output_limit: Tokens that the answer may hold.
        refused: Parameters that this server does not take for this model.
    """
    body: dict[str, Any] = {"model": model, "messages": messages}
    is_own = base_url is not None and "api.openai.com" not in base_url
    name = "max_tokens" if is_own else "max_completion_tokens"
    body[OTHER_NAME[name] if name in refused and OTHER_NAME[name] not in refused else name] = output_limit
    if not model.startswith(REASONING_MODELS) and "temperature" not in refused:
        body["temperature"] = 0
    if mode is OutputMode.JSON_SCHEMA:
        schema = {"name": form.name, "strict": True, "schema": form.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif mode is OutputMode.JSON_OBJECT:
        body["response_format"] = {"type": "json_object"}
    if mode is not OutputMode.JSON_SCHEMA:
        system = messages[0] | {"content": messages[0]["content"] + form.text_addition}
        body["messages"] = [system, *messages[1:]]
    return body


def hash_body(body: dict[str, Any]) -> str:
    """SHA-256 of a body, in hexadecimal."""
    return sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
