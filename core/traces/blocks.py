"""One message as what a person reads: prose, calls, commands, results. The raw text is never changed by it.

A block's text is the source's, decoded where the source is JSON; whoever shows it must put it in as text only.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from core.models import Message
from core.traces.calls import decode_json, read_parameters, read_until
from core.traces.templates import find_line, find_template

MAX_FIELDS = 200
"""Results with more fields than this are shown as text."""
_OPENER = re.compile(
    r"<(?P<thought>think|thinking)>"
    r"|<(?P<call>tool_call|function_call|functioncall)>"
    r"|<function=(?P<function>[^\s<>=]{1,128})>"
    r"|^```(?P<fence>[\w+-]*)[ \t]*\n"
    r"|(?P<json>\{(?=\s*\"(?:analysis|plan|commands|task_complete|explanation|state_analysis)\"\s*:))",
    re.MULTILINE,
)
_FENCE_END = re.compile(r"^```[ \t]*$", re.MULTILINE)
_NAME_KEYS = ("name", "tool", "function_name")
_ARGUMENT_KEYS = ("arguments", "parameters", "input")


class Block(NamedTuple):
    """A part of a message."""

    kind: str
    """`text`, `fold` (text behind a label), `code`, `call` (name and rows), `commands` (rows of line and seconds),
    `fields` (rows of key and value), `output` (monospaced) or `note` (our words on what the source says)."""
    text: str = ""
    """None of it for `call`, `commands` and `fields`."""
    name: str = ""
    """A fold's label, a call's tool."""
    rows: tuple[tuple[str, str], ...] = ()
    raw: str = ""
    """As it stands in the message, where that differs from what is shown."""


def list_blocks(message: Message, *, is_output: bool) -> list[Block]:
    """The message in parts, in order; empty for an empty message.

    Args:
        message: The message.
        is_output: True if it answers a call: then it is a tool's output, not somebody's words.
    """
    text = message.content
    if not text.strip():
        return []
    if is_output:
        return [_read_fields(text) or Block("output", text)]
    template = find_template(text)
    if template is not None:
        return list(_split_template(text, template.marker, template.end))
    return _drop_repeats(list(_split_words(text)))


def _read_fields(text: str) -> Block | None:
    stripped = text.strip()
    if not stripped.startswith("{") or len(stripped) > 200_000:
        return None
    value, end = decode_json(stripped, 0)
    if not isinstance(value, dict) or end != len(stripped) or not 0 < len(value) <= MAX_FIELDS:
        return None
    return Block("fields", rows=_build_rows(value))


def _build_rows(value: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((str(key), _write_value(each)) for key, each in value.items())


def _write_value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _split_template(text: str, marker: str | None, end: str | None) -> Iterator[Block]:
    begin = None if marker is None else find_line(text, marker)
    if begin is None:
        yield Block("fold", text, "Prompt template")
        return
    last = None if end is None else find_line(text, end, last=True)
    stop = last if last is not None and last > begin else len(text)
    yield from (Block("fold", part, "Prompt template") for part in [text[:begin]] if part.strip())
    yield Block("text", text[begin:stop].rstrip())
    yield from (Block("fold", part, "Rest of the prompt template") for part in [text[stop:]] if part.strip())


def _split_words(text: str) -> Iterator[Block]:
    position = shown = 0
    while match := _OPENER.search(text, position):
        found, end = _read_opened(text, match)
        position = max(end, match.end())
        if found:
            yield from _prose(text[shown : match.start()])
            yield from found
            shown = position
    yield from _prose(text[shown:])


def _prose(text: str) -> Iterator[Block]:
    # a JSON object in a fence leaves the fence's first line behind
    bare = re.sub(r"(?:^|\n)```(?:json)?\s*\Z|\A\s*```[ \t]*(?=\n|\Z)", "", text) if "```" in text else text
    stripped = bare.strip("\n")
    if stripped.strip():
        yield Block("text", stripped)


def _read_opened(text: str, match: re.Match[str]) -> tuple[list[Block], int]:
    """The blocks that begin here and where they end; no blocks: these are only words."""
    begin = match.end()
    if match["thought"]:
        end = text.find(f"</{match['thought']}>", begin)
        if end < 0:
            return [], begin
        return [Block("fold", text[begin:end].strip(), "Thoughts")], end + len(match["thought"]) + 3
    if match["call"]:
        return _read_call(text, begin, f"</{match['call']}>")
    if match["function"]:
        body, end = read_until(text, begin, "</function>")
        return [_build_call({"name": match["function"], "arguments": read_parameters(body)}, body.strip())], end
    if match["json"]:
        value, end = decode_json(text, match.start())
        return (list(_read_terminus(value, text[match.start() : end])), end) if isinstance(value, dict) else ([], begin)
    # a fenced JSON object is read at its own opener
    if re.match(r"\s*\{", text[begin:]):
        return [], begin
    closing = _FENCE_END.search(text, begin)
    if closing is None:
        return [], begin
    return [Block("code", text[begin : closing.start()].rstrip("\n"))], closing.end()


def _read_call(text: str, begin: int, closing: str) -> tuple[list[Block], int]:
    start = begin + (len(text[begin:]) - len(text[begin:].lstrip()))
    value, end = decode_json(text, start)
    stop = text.find(closing, end if value is not None else begin)
    after = len(text) if stop < 0 else stop + len(closing)
    raw = text[begin : len(text) if stop < 0 else stop].strip()
    calls = value if isinstance(value, list) else [value]
    if not all(isinstance(call, dict) for call in calls):
        return [Block("code", raw)], after
    return [_build_call(call, raw) for call in calls], after


def _build_call(value: dict[str, Any], raw: str) -> Block:
    inner = value.get("function")
    value = inner if isinstance(inner, dict) else value
    name = next((str(value[key]) for key in _NAME_KEYS if value.get(key)), "call")
    arguments: Any = next((value[key] for key in _ARGUMENT_KEYS if key in value), {})
    if isinstance(arguments, str):
        loaded, _ = decode_json(arguments.strip(), 0)
        arguments = loaded if isinstance(loaded, dict) else arguments
    rows = _build_rows(arguments) if isinstance(arguments, dict) else (("", _write_value(arguments)),)
    return Block("call", name=name, rows=rows, raw=raw)


def _read_terminus(value: dict[str, Any], raw: str) -> Iterator[Block]:
    thoughts = [
        f"{key.replace('_', ' ').capitalize()}: {_write_value(value[key])}"
        for key in ("state_analysis", "analysis", "explanation", "plan")
        if value.get(key)
    ]
    if thoughts:
        yield Block("fold", "\n\n".join(thoughts), "Analysis and plan")
    commands = value.get("commands")
    rows = tuple(_read_commands(commands if isinstance(commands, list) else []))
    if rows:
        yield Block("commands", rows=rows, raw=raw)
    if value.get("task_complete") is True:
        yield Block("note", "Says that the task is complete.", raw=raw)


def _read_commands(commands: list[Any]) -> Iterator[tuple[str, str]]:
    for each in commands:
        typed = each.get("keystrokes") if isinstance(each, dict) else each
        if not isinstance(typed, str):
            continue
        seconds = (
            next((each[key] for key in ("duration", "timeout_sec") if key in each), "") if each is not typed else ""
        )
        yield typed.rstrip("\n"), str(seconds)


def _drop_repeats(blocks: list[Block]) -> list[Block]:
    """A fence that the call behind it only repeats is left out: exports write both."""
    called = {value.strip() for block in blocks if block.kind == "call" for _, value in block.rows}
    return [block for block in blocks if block.kind != "code" or block.text.strip() not in called]
