"""Assistant text -> the calls in it, whatever the notation.

Structured notations (`<tool_call>`, terminus JSON, XML) are unambiguous; where an attempt has one, code fences are
prose. Else ReAct lines count, else shell fences, if the conversation shows that fences are what gets executed.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from core.models import Message, Role
from core.traces.calls import (
    Call,
    build_call,
    build_shell_call,
    decode_json,
    read_object,
    read_parameters,
    read_script,
    read_until,
)
from core.traces.fences import list_fenced, list_react
from core.traces.programs import Program
from core.traces.shell import list_lines

REJECTIONS = (
    "Previous response had parsing errors:",
    "ERROR!! NONE of the actions you just requested were performed",
    "Your output was not formatted correctly",
    "Please always provide EXACTLY ONE action",
)
"""How a harness begins its answer when it executed nothing. Source: terminus-2, SWE-agent, mini-swe-agent."""

_TERMINUS_KEYS = frozenset(("analysis", "plan", "commands", "task_complete", "explanation", "state_analysis"))
_MAX_BROKEN_OBJECTS = 20

_OPENER = re.compile(
    r"<(?P<thought>think|thinking)>"
    r"|<(?P<block>tool_call|function_call|functioncall)>"
    r"|<function=(?P<function>[^\s<>=]{1,128})>"
    r"|<(?P<tag>invoke|tool|tool_use|function)\s+name\s*=\s*[\"']?(?P<name>[^\s\"'<>/]{1,128})[\"']?\s*>"
    r"|<(?P<keystrokes>keystrokes)(?:\s[^<>]{0,200})?>"
    r"|^[ \t]*<(?P<shell>command|execute_bash)>"
    r"|<(?P<cell>execute_ipython)>"
    r"|(?P<json>\{(?=\s*\"[\w -]{1,40}\"\s*:))",
    re.MULTILINE,
)
_KEYSTROKES = re.compile(r'"keystrokes"\s*:\s*("[^"\\]*(?:\\.[^"\\]*)*")', re.DOTALL)
_NAME = re.compile(r'"name"\s*:\s*"([^"\\\n]{1,128})"')
_ARGUMENT_PAIR = re.compile(r"\s*<arg_key>([^<>]*)</arg_key>\s*<arg_value>")
_SPECIAL_KEY = re.compile(
    r"(?:C|M|S|Ctrl|ctrl)-\S|\^\S|Enter|Escape|Space|Tab|BSpace|Up|Down|Left|Right|Home|End|PgUp|PgDn|PageUp|PageDown"
    r"|F\d+|[A-Za-z0-9]|:[a-z]{1,3}!?|[\x00-\x1f]+"
)
_LEAVING = frozenset(("C-d", "exit()", "quit()", "exit", "quit", "\\q", ".quit", ".exit", "q"))
_PROMPTS = (
    (re.compile(r"(?:>>>|\.\.\.)(?: |$)"), "python"),
    (re.compile(r"In \[\d+\]:"), "ipython"),
    (re.compile(r"\(Pdb\+*\)|ipdb>"), "pdb"),
    (re.compile(r"sqlite> ?"), "sqlite3"),
    (re.compile(r"(?:mysql|MariaDB \[.{0,60}\])> ?"), "mysql"),
    (re.compile(r"\w{1,60}[=-][#>] ?$"), "psql"),
    (re.compile(r"\(gdb\) ?"), "gdb"),
    (re.compile(r"irb\(.{0,60}> ?"), "irb"),
)


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
    found = {number: _find_structured(messages[number].content, _find_prompt(messages, number)) for number in replies}
    start = replies[0] if replies else 0
    is_terminus = any(each.is_terminus for each in found.values()) or any(
        '"keystrokes"' in message.content for message in messages[:start]
    )
    calls: dict[int, list[Call]] = {}
    for number, each in found.items():
        if each.calls or is_terminus:
            skills = each.skills if is_terminus else ()
            # Exports write a call that has an id in a block of its own, and often leave the model's wording in place.
            blocks = [call for call in each.calls if call.is_block]
            calls[number] = blocks or [*skills, *each.calls]
    return calls


def _find_prompt(messages: Sequence[Message], number: int) -> str:
    """Return the program that waits for input on the screen before message `number`, `""` for a shell."""
    if number == 0 or messages[number - 1].role is Role.ASSISTANT:
        return ""
    line = messages[number - 1].content[-4000:].rstrip().rsplit("\n", 1)[-1].strip()
    return next((program for pattern, program in _PROMPTS if pattern.match(line)), "")


def _find_structured(text: str, prompt: str) -> _Found:
    calls: list[Call] = []
    skills: list[Call] = []
    is_terminus = False
    position = broken = 0
    unclosed: set[str] = set()
    while match := _OPENER.search(text, position):
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
        elif match["json"]:
            value, position = decode_json(text, match.start())
            if value is None:
                typed = _salvage_keystrokes(text, position)
                broken += 1
                if typed or broken > _MAX_BROKEN_OBJECTS:
                    return _Found((*calls, *_list_typed(typed, prompt)), tuple(skills), is_terminus or bool(typed))
            elif _is_terminus(value):
                # The harness reads the first object only; a second one is an example or an afterthought.
                return _Found((*calls, *_list_typed(_list_keystrokes(value), prompt)), tuple(skills), is_terminus=True)
            else:
                calls.extend(read_object(value))
                skills.extend(_read_skill(value))
        elif match["keystrokes"]:
            body, position = read_until(text, position, "</keystrokes>")
            calls.extend(_list_typed([_unescape(body)], prompt))
            is_terminus = True
        else:
            found, position = _read_tag(text, match)
            calls.extend(found)
    return _Found(tuple(calls), tuple(skills), is_terminus)


def _salvage_keystrokes(text: str, position: int) -> list[str]:
    """Return what a broken terminus object types: the harness repairs some, and says so if it cannot."""
    typed = [decode_json(match[1], 0)[0] for match in _KEYSTROKES.finditer(text, position)]
    return [each for each in typed if isinstance(each, str)]


def _is_terminus(value: dict[str, Any]) -> bool:
    commands = value.get("commands")
    if isinstance(commands, list) and any(isinstance(each, dict) and "keystrokes" in each for each in commands):
        return True
    return len(_TERMINUS_KEYS & value.keys()) >= 2


def _list_keystrokes(value: dict[str, Any]) -> list[str]:
    commands = value.get("commands")
    items = commands if isinstance(commands, list) else []
    typed = [each.get("keystrokes") if isinstance(each, dict) else each for each in items]
    return [each for each in typed if isinstance(each, str)]


def _list_typed(typed: list[str], prompt: str) -> list[Call]:
    """Return one call per command line typed; special keys and answers to a pager are none."""
    calls: list[Call] = []
    for keystrokes in typed:
        if prompt and keystrokes.strip() in _LEAVING:
            prompt = ""
            continue
        if len(keystrokes) < 200 and all(_SPECIAL_KEY.fullmatch(each) for each in keystrokes.split()):
            continue
        if prompt:
            calls.append(Call(prompt, keystrokes.strip(), is_shell=True, programs=(Program(prompt),)))
            continue
        calls.extend(build_shell_call(line.text, line.programs) for line in list_lines(keystrokes))
    return calls


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
    tag = match["thought"] or match["shell"] or match["cell"]
    return f"</{tag}>" if tag else ""


def _read_element(match: re.Match[str], body: str) -> Iterator[Call]:
    if match["cell"]:
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
    elif found := _NAME.search(body):
        arguments = body[found.end() :].partition(":")[2].strip(" \t\r\n,}")
        yield build_call(found[1], arguments)


def _read_pairs(body: str) -> dict[str, Any]:
    pairs: dict[str, Any] = {}
    position = 0
    while match := _ARGUMENT_PAIR.match(body, position):
        pairs[match[1].strip()], position = read_until(body, match.end(), "</arg_value>")
    return pairs


def _read_skill(value: dict[str, Any]) -> Iterator[Call]:
    if len(value) == 1:
        [(name, argument)] = value.items()
        if name not in _TERMINUS_KEYS and isinstance(argument, str) and name.isidentifier():
            yield build_call(name, value)


def _unescape(text: str) -> str:
    if not any(each in text for each in ("&amp;", "&lt;", "&gt;")):
        return text
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
