"""The shapes of `conversations` that exist in the wild, read into one: role, text and ids of tool calls.

Source: Harbor's trace export, ShareGPT, OpenAI chat messages, SWE-agent histories.
"""

import json
from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from core.models import Role
from core.traces.secrets import count_secrets
from core.traces.text import normalise_text

ROLES = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "human": Role.USER,
    "assistant": Role.ASSISTANT,
    "gpt": Role.ASSISTANT,
    "agent": Role.ASSISTANT,
    "model": Role.ASSISTANT,
    "ai": Role.ASSISTANT,
    "function_call": Role.ASSISTANT,
    "tool": Role.TOOL,
    "function": Role.TOOL,
    "ipython": Role.TOOL,
    "observation": Role.TOOL,
    "tool_response": Role.TOOL,
}
CACHE_CHARACTERS = 32_000_000


class ReadMessage(NamedTuple):
    """A normalised message with what import needs to know of it."""

    role: Role
    content: str
    call_ids: tuple[str, ...]
    answers: str | None
    digest: bytes
    """Of role and content alone: two messages with the same digest are the same message."""
    secrets: Counter[str]
    notes: Counter[str]
    """What was normalised, by name."""


class ConversationReader:
    """Reads conversations; remembers recent messages, because prefix rows repeat each other."""

    def __init__(self) -> None:
        """An empty memory, bounded by characters."""
        self._seen: dict[tuple[str, str], ReadMessage] = {}
        self._characters = 0

    def read(self, value: object) -> list[ReadMessage]:
        """The messages of one row, in order; empty if there are none.

        Raises:
            ValueError: The value has none of the known shapes.
        """
        return [self._read_message(message) for message in list_raw_messages(value)]

    def _read_message(self, raw: dict[str, Any]) -> ReadMessage:
        role, content = raw.get("role"), raw.get("content")
        # the common case by far, and the only one worth remembering
        if type(role) is str and type(content) is str and not _has_extras(raw):
            known = self._seen.get((role, content))
            if known is None:
                known = _build_message(raw)
                self._remember((role, content), known)
            return known
        return _build_message(raw)

    def _remember(self, key: tuple[str, str], message: ReadMessage) -> None:
        self._characters += len(key[1]) + 200
        if self._characters > CACHE_CHARACTERS:
            self._seen.clear()
            self._characters = len(key[1])
        self._seen[key] = message


def list_raw_messages(value: object) -> list[dict[str, Any]]:
    """The messages as dicts, out of a list, a JSON text (also encoded twice) or a struct of lists.

    Raises:
        ValueError: The value has none of these shapes.
    """
    for _ in range(3):
        if not isinstance(value, str):
            break
        value = _loads_text(value) if value.strip() else []
    if value is None:
        return []
    if isinstance(value, dict):
        value = _unzip(value)
    if not isinstance(value, list) or not all(isinstance(message, dict) for message in value):
        raise ValueError("conversations is not a list of messages")
    return value


def _loads_text(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        # slower, but it knows NaN and lone surrogates, which other writers leave behind
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("conversations is a text that is not JSON") from None


def _unzip(columns: dict[str, Any]) -> list[dict[str, Any]]:
    lists = {name: list(values) for name, values in columns.items() if isinstance(values, list | tuple)}
    if not lists:
        for name in ("messages", "conversations", "conversation"):
            if isinstance(columns.get(name), str):
                return list_raw_messages(columns[name])
        raise ValueError("conversations is an object without lists")
    for name in ("messages", "conversations", "conversation"):
        if name in lists and all(isinstance(item, dict) for item in lists[name]):
            return lists[name]
    length = max(len(values) for values in lists.values())
    return [{name: values[i] for name, values in lists.items() if i < len(values)} for i in range(length)]


def _has_extras(raw: dict[str, Any]) -> bool:
    return len(raw) > 2 and any(
        raw.get(name) for name in ("tool_calls", "function_call", "tool_call_id", "tool_call_ids")
    )


def _build_message(raw: dict[str, Any]) -> ReadMessage:
    notes: Counter[str] = Counter()
    said = raw.get("role") if raw.get("role") is not None else raw.get("from")
    # a table that holds both notations pads the other one's fields with nulls
    content = next((raw[name] for name in ("content", "value", "text") if raw.get(name) is not None), None)
    role = _read_role(said, notes)
    text = normalise_text(_read_content(content, notes), notes)
    calls = _list_calls(raw)
    if said == "function_call":
        calls, text = [*calls, _read_call(content)], ""
    if calls:
        notes["tool calls written into the message"] += len(calls)
        blocks = [f"<tool_call>\n{json.dumps(call, ensure_ascii=False)}\n</tool_call>" for call, _ in calls]
        text = normalise_text("\n".join([text, *blocks] if text else blocks), notes)
    answers = _read_id(raw.get("tool_call_id") or next(iter(_as_list(raw.get("tool_call_ids"))), None))
    return ReadMessage(
        role=role,
        content=text,
        call_ids=tuple(call_id for _, call_id in calls if call_id),
        answers=answers,
        digest=blake2b(f"{role}\0{text}".encode(), digest_size=16).digest(),
        secrets=count_secrets(text),
        notes=notes,
    )


def _read_role(said: object, notes: Counter[str]) -> Role:
    role = ROLES.get(str(said).strip().lower()) if said is not None else None
    if role is None:
        notes["messages without a known role"] += 1
        return Role.UNKNOWN
    return role


def _read_content(content: object, notes: Counter[str]) -> str:
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    if isinstance(content, list):
        notes["contents made of parts"] += 1
        return "\n".join(text for text in (_read_part(part) for part in content) if text)
    notes["contents that were no text"] += 1
    return _read_part(content) if isinstance(content, dict) else json.dumps(content, ensure_ascii=False, default=str)


def _read_part(part: object) -> str:
    """Text of one part; what is no text is named, never dropped. Source: OpenAI and Anthropic content parts."""
    if part is None or isinstance(part, str):
        return part or ""
    if not isinstance(part, dict):
        return json.dumps(part, ensure_ascii=False, default=str)
    kind = str(part.get("type") or "")
    for name in ("text", "thinking", "content", "output"):
        value = part.get(name)
        if isinstance(value, str):
            return value
        if name in ("content", "output") and isinstance(value, list):
            return "\n".join(text for text in (_read_part(inner) for inner in value) if text)
    if kind == "tool_use":
        call = {"name": part.get("name"), "arguments": prune_nulls(part.get("input"))}
        return f"<tool_call>\n{json.dumps(call, ensure_ascii=False, default=str)}\n</tool_call>"
    for medium in ("image", "audio", "video", "file"):
        if medium in kind:
            return f"[{medium}]"
    return json.dumps(prune_nulls(part), ensure_ascii=False, default=str)


def _list_calls(raw: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    listed = _as_list(raw.get("tool_calls"))
    if isinstance(raw.get("function_call"), dict):
        listed = [*listed, {"function": raw["function_call"]}]
    return [_read_call(call) for call in listed if call]


def _read_call(call: object) -> tuple[dict[str, Any], str]:
    call = _loads(call)
    if not isinstance(call, dict):
        return {"name": "unknown", "arguments": call}, ""
    inner = call.get("function")
    function: dict[str, Any] = inner if isinstance(inner, dict) else call
    arguments = _loads(function.get("arguments", function.get("parameters")))
    if isinstance(arguments, dict):
        arguments = prune_nulls(arguments)
    name = str(function.get("name") or "unknown")
    return {"name": name, "arguments": arguments}, _read_id(call.get("id")) or ""


def _read_id(value: object) -> str | None:
    return None if value is None else normalise_text(str(value))


def _loads(value: object) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _as_list(value: object) -> list[Any]:
    value = _loads(value)
    return list(value) if isinstance(value, list | tuple) else []


def prune_nulls(value: Any) -> Any:
    """The value without the nulls that Arrow pads structs with, at any depth."""
    if isinstance(value, dict):
        return {name: prune_nulls(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [prune_nulls(inner) for inner in value]
    return value


def build_chain(messages: Iterable[ReadMessage]) -> list[bytes]:
    """One digest per message, each over all messages up to it: equal digests mean equal prefixes."""
    chain: list[bytes] = []
    before = b""
    for message in messages:
        before = blake2b(before + message.digest, digest_size=16).digest()
        chain.append(before)
    return chain
