"""Assistant text -> the calls in it, whatever the notation.

Structured notations (`<tool_call>`, terminus JSON, XML) are unambiguous; where an attempt has one, code fences are
prose. Else ReAct lines count, else shell fences, if the conversation shows that fences are what gets executed.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from core.models import Message, Role
from core.traces.calls import (
    Call,
    build_call,
    decode_json,
    read_object,
    read_parameters,
    read_script,
    read_until,
)
from core.traces.elements import ELEMENTS
from core.traces.fences import list_fenced, list_react
from core.traces.special_tokens import TOKENS, read_token_call
from core.traces.terminus import (
    TERMINUS_KEYS,
    find_prompt,
    is_terminus,
    list_keystrokes,
    list_typed,
    salvage_keystrokes,
)

REJECTIONS = (
    "Previous response had parsing errors:",
    "ERROR!! NONE of the actions you just requested were performed",
    "Your output was not formatted correctly",
    "Please always provide EXACTLY ONE action",
)
"""How a harness begins its answer when it executed nothing. Source: terminus-2, SWE-agent, mini-swe-agent."""

_MAX_BROKEN_OBJECTS = 20
_MAX_LITERAL = 20_000

# Where a pattern begins with a set of characters, the search skips all others without trying its alternatives.
_OPENER = re.compile(
    r"[<{](?:(?<=<)(?:"
    r"(?P<thought>think|thinking)>"
    r"|(?P<block>tool_call|function_call|functioncall)>"
    r"|function=(?P<function>[^\s<>=]{1,128})>"
    r"|(?P<tag>(?:\w{1,20}:)?(?:invoke|tool|tool_use|function))"
    r"\s+name\s*=\s*[\"']?(?P<name>[^\s\"'<>/]{1,128})[\"']?\s*>"
    r"|(?P<keystrokes>keystrokes)(?:\s[^<>]{0,200})?>"
    rf"|(?P<element>{ELEMENTS})>"
    r"|(?P<shell>command|bash|shell|cmd|terminal|bash_command|run_bash)>"
    r"|(?P<bash>execute_bash)>"
    r"|(?P<cell>execute_ipython|execute)>"
    rf"|(?P<token>{TOKENS})"
    r")|(?<=\{)(?P<json>)(?=\s*\"[\w -]{1,40}\"\s*:))"
)
_NAME = re.compile(r'"name"\s*:\s*"([^"\\\n]{1,128})"')
_ARGUMENT_PAIR = re.compile(r"\s*<arg_key>([^<>]*)</arg_key>\s*<arg_value>")


class _Found(NamedTuple):
    """What one message holds in structured notations."""

    calls: tuple[Call, ...] = ()
    skills: tuple[Call, ...] = ()
    """One-key objects such as `{"load_skill": "docx"}`: calls only where terminus JSON is in force."""
    is_terminus: bool = False


def list_calls(messages: Sequence[Message]) -> dict[int, list[Call]]:
    """Return the executed calls by index of their assistant message; messages without calls are left out.

    Answers that the harness rejected were not executed, but still tell which notation is in force.
    """
    replies = [number for number, message in enumerate(messages) if message.role is Role.ASSISTANT]
    calls = _list_structured(messages, replies) or list_react(messages, replies) or list_fenced(messages, replies)
    executed = {number: [call for call in found if call.tool] for number, found in calls.items()}
    return {number: found for number, found in executed.items() if found and not is_rejected(messages, number)}


def is_rejected(messages: Sequence[Message], number: int) -> bool:
    """True if the next message says that nothing of message `number` was executed."""
    following = messages[number + 1] if number + 1 < len(messages) else None
    return (
        following is not None
        and following.role is not Role.ASSISTANT
        and following.content[:500].lstrip().startswith(REJECTIONS)
    )


def _list_structured(messages: Sequence[Message], replies: list[int]) -> dict[int, list[Call]]:
    """Return calls by message. A message with an empty list says: structured, but nothing was called."""
    found = {number: _find_structured(messages[number].content, _find_waiting(messages, number)) for number in replies}
    start = replies[0] if replies else 0
    in_force = any(each.is_terminus for each in found.values()) or any(
        '"keystrokes"' in message.content for message in messages[:start]
    )
    calls: dict[int, list[Call]] = {}
    for number, each in found.items():
        if each.calls or in_force:
            skills = each.skills if in_force else ()
            # Exports write a call that has an id in a block of its own, and often leave the model's wording in place.
            blocks = [call for call in each.calls if call.is_block]
            calls[number] = blocks or [*skills, *each.calls]
    return calls


def _find_waiting(messages: Sequence[Message], number: int) -> str:
    """Return the program that waits for input on the screen before message `number`, `""` for a shell."""
    if number == 0 or messages[number - 1].role is Role.ASSISTANT:
        return ""
    return find_prompt(messages[number - 1].content)


def _find_structured(text: str, prompt: str) -> _Found:
    calls: list[Call] = []
    skills: list[Call] = []
    typed_here = False
    position = broken = 0
    unclosed: set[str] = set()
    while match := _find_opener(text, position):
        position = match.end()
        if closing := _find_optional_closing(match):
            end = -1 if closing in unclosed else text.find(closing, position)
            if end < 0:
                unclosed.add(closing)
            elif match["thought"]:
                position = end
            else:
                calls.extend(_read_element(match, text[position:end]))
                position = end
        elif match["json"] is not None:
            value, position = decode_json(text, match.start())
            if value is None:
                typed = salvage_keystrokes(text, position)
                broken += 1
                if typed or broken > _MAX_BROKEN_OBJECTS:
                    return _Found((*calls, *list_typed(typed, prompt)), tuple(skills), typed_here or bool(typed))
            elif is_terminus(value):
                # The harness reads the first object only; a second one is an example or an afterthought.
                return _Found((*calls, *list_typed(list_keystrokes(value), prompt)), tuple(skills), is_terminus=True)
            else:
                calls.extend(read_object(value))
                skills.extend(_read_skill(value))
        elif match["keystrokes"]:
            body, position = read_until(text, position, "</keystrokes>")
            calls.extend(list_typed([_unescape(body)], prompt))
            typed_here = True
        elif match["token"]:
            found, position = read_token_call(text, position)
            calls.extend(found)
        else:
            found, position = _read_tag(text, match)
            calls.extend(found)
    return _Found(tuple(calls), tuple(skills), typed_here)


def _find_opener(text: str, position: int) -> re.Match[str] | None:
    """Return what opens a call at or behind a position; an element or a shell's tag only where it begins a line."""
    found = _OPENER.search(text, position)
    while found and (found["element"] or found["shell"]) and not _begins_line(text, found.start(), position):
        found = _OPENER.search(text, found.end())
    return found


def _begins_line(text: str, start: int, position: int) -> bool:
    while start > position and text[start - 1] in " \t":
        start -= 1
    return start == 0 or text[start - 1] == "\n"


def _read_tag(text: str, match: re.Match[str]) -> tuple[list[Call], int]:
    position = match.end()
    if match["block"]:
        return _read_block(text, position, f"</{match['block']}>")
    if match["function"]:
        body, position = read_until(text, position, "</function>")
        return [build_call(match["function"], read_parameters(body))], position
    body, position = read_until(text, position, f"</{match['tag']}>")
    return [build_call(match["name"], read_parameters(body))], position


def _find_optional_closing(match: re.Match[str]) -> str:
    """Return the closing tag without which this opening tag is only a word, `""` for other openings."""
    tag = match["thought"] or match["element"] or match["shell"] or match["bash"] or match["cell"]
    return f"</{tag}>" if tag else ""


def _read_element(match: re.Match[str], body: str) -> Iterator[Call]:
    if match["element"]:
        yield build_call(match["element"], read_parameters(body))
    elif match["cell"]:
        yield build_call("execute_ipython", {"code": body.strip()})
    else:
        yield from read_script(body)


def _read_block(text: str, position: int, closing: str) -> tuple[list[Call], int]:
    """Return the calls of a `<tool_call>` block. The JSON decides where it ends: arguments may hold the tag."""
    calls: list[Call] = []
    start = _skip_space(text, position)
    while text.startswith(("{", "["), start):
        value, end = decode_json(text, start)
        if value is None:
            break
        for each in value if isinstance(value, list) else [value]:
            calls.extend(read_object(each, lenient=True))
        position, start = end, _skip_space(text, end)
    if calls or text.startswith("<function=", start):
        return [call._replace(is_block=True) for call in calls], position
    end = text.find(closing, position)
    if end < 0:
        return [], len(text)
    return [call._replace(is_block=True) for call in _read_broken_block(text[position:end])], end


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _read_broken_block(body: str) -> Iterator[Call]:
    name, separator, rest = body.partition("<arg_key>")
    if separator and name.strip():
        yield build_call(name.strip(), _read_pairs(separator + rest))
    elif isinstance(value := _read_literal(body), dict):
        yield from read_object(value, lenient=True)
    elif found := _NAME.search(body):
        arguments = body[found.end() :].partition(":")[2].strip(" \t\r\n,}")
        yield build_call(found[1], arguments)


def _read_literal(body: str) -> Any:
    """Return the value of a call that a model wrote in Python's way, with single quotes; None if it is none."""
    if not body.lstrip().startswith("{") or len(body) > _MAX_LITERAL:
        return None
    try:
        return ast.literal_eval(body.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _read_pairs(body: str) -> dict[str, Any]:
    pairs: dict[str, Any] = {}
    position = 0
    while match := _ARGUMENT_PAIR.match(body, position):
        pairs[match[1].strip()], position = read_until(body, match.end(), "</arg_value>")
    return pairs


def _read_skill(value: dict[str, Any]) -> Iterator[Call]:
    if len(value) == 1:
        [(name, argument)] = value.items()
        if name not in TERMINUS_KEYS and isinstance(argument, str) and name.isidentifier():
            yield build_call(name, value)


def _unescape(text: str) -> str:
    if not any(each in text for each in ("&amp;", "&lt;", "&gt;")):
        return text
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
