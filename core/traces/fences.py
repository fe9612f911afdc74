"""Calls in prose: ReAct lines and fenced command lines. They count only where no structured notation is in force."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from core.models import Message, Role
from core.traces.calls import Call, build_call, decode_json, read_object, read_script

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+-]*)[^\n]*$", re.MULTILINE)
_SHELL_LANGUAGES = frozenset(
    ["bash", "sh", "shell", "console", "zsh", "shell-session", "shellsession", "terminal", "mswea_bash_command"]
)
_PROTOCOL = re.compile(
    r"bash-\$|\bONE_? command|terminal session|triple backticks"
    r"|(?:one|ONE|single) (?:bash|shell) (?:command|code block)"
)
_OUTPUT_MARK = re.compile(
    r"\s*(?:OBSERVATION|Observation\b|<returncode>|<output>|EXECUTION RESULT|\[File: |New Terminal Output|Output:"
    r"|The output of|STDOUT|stdout)"
)
_HUMAN = re.compile(
    r"(?i)(?:thanks?|ok|okay|please|can|could|would|how|what|why|i|i'm|yes|no|great|that|it|now|hi|hello|sorry|also|but"
    r"|sure|perfect|the|this|my|we|you)\b.*[.?!]\s*$"
)
_REACT = re.compile(r"^[ \t*]*(?:[Aa]ction|ACTION)(?: \d+)?[ *]*:[ \t*]*\n?[ \t]*(.*)$", re.MULTILINE)
_REACT_INPUT = re.compile(r"\s*\**Action Input(?: \d+)?[ *]*:[ \t*]*")
_REACT_TOOL = re.compile(r"[`\"']?([\w .:-]{1,64})[`\"']?")
_REACT_WORDS = re.compile(r"[a-z][\w ./'-]{0,80}")
_MAX_REACT_LINES = 50
_REACT_END = re.compile(r"^[ \t*]*(?:Observation|OBSERVATION|Thought|Action)(?: \d+)?[ *]*:", re.MULTILINE)
_REACT_CALL = re.compile(r"([A-Za-z_][\w.-]{0,63})(?:\[(.*)\]|\((.*)\))[.\s]*$")


def list_react(messages: Sequence[Message], replies: list[int]) -> dict[int, list[Call]]:
    """Return the calls of ReAct lines by message: `Action: Search[x]`, or `Action: tool` with `Action Input:`.

    Source: ReAct (Yao et al. 2022); LangChain's agents. Plain words (`Action: go to desk 1`) count if a prompt asks for
    `Action:` lines.
    """
    is_asked_for = any("Action:" in message.content for message in messages[: replies[0] if replies else 0])
    calls = {number: list(_read_react(messages[number].content, is_asked_for)) for number in replies}
    return {number: found for number, found in calls.items() if found}


def _read_react(text: str, is_asked_for: bool) -> Iterator[Call]:
    # What stands behind an observation that the model wrote itself was never executed.
    end = text.find("\nObservation")
    text = text if end < 0 else text[:end]
    for match in islice(_REACT.finditer(text), _MAX_REACT_LINES):
        value = match[1].strip()[:4000]
        wanted = _REACT_INPUT.match(text, match.end())
        if call := _REACT_CALL.match(value):
            yield Call(call[1], value, is_shell=False)
        elif wanted and (named := _REACT_TOOL.fullmatch(value)):
            yield build_call(named[1].strip(), _read_react_input(text, wanted.end()))
        elif value.startswith(("{", "```json")):
            yield from read_object(decode_json(text, text.find("{", match.start(1)))[0], lenient=True)
        elif is_asked_for and _REACT_WORDS.fullmatch(value):
            yield Call(value.split()[0], value, is_shell=False)


def _read_react_input(text: str, position: int) -> str:
    end = _REACT_END.search(text, position)
    return text[position : end.start() if end else len(text)].strip()


def list_fenced(messages: Sequence[Message], replies: list[int]) -> dict[int, list[Call]]:
    """Return the fenced command lines by message; none where fences only illustrate."""
    blocks = {number: _list_shell_blocks(messages[number].content) for number in replies}
    blocks = {number: found for number, found in blocks.items() if found}
    if not blocks or not _are_fences_executed(messages, replies, set(blocks)):
        return {}
    return {
        number: [call for block in found for call in read_script(block)]
        for number, found in blocks.items()
        if number + 1 == len(messages) or not _is_said_by_person(messages[number + 1])
    }


def _list_shell_blocks(text: str) -> list[str]:
    """Return the fenced shell blocks; without a named shell the last block that names no language."""
    opened: list[re.Match[str]] = []
    named: list[str] = []
    unnamed: list[str] = []
    for match in _FENCE.finditer(text):
        if not opened or match[2]:
            opened.append(match)
            continue
        begin = opened.pop()
        language = begin[2].lower()
        if opened or (language and language not in _SHELL_LANGUAGES):
            continue
        (named if language else unnamed).append(_drop_prompts(text[begin.end() : match.start()]))
    return named or unnamed[-1:]


def _drop_prompts(block: str) -> str:
    lines = block.strip("\n").split("\n")
    typed = [line.lstrip()[2:] for line in lines if line.lstrip().startswith("$ ")]
    return "\n".join(typed or lines)


def _are_fences_executed(messages: Sequence[Message], replies: list[int], with_block: set[int]) -> bool:
    """Decide for the whole attempt: the prompt asks for it, or what follows most blocks is program output."""
    if any(_PROTOCOL.search(message.content) for message in messages[: replies[0]]):
        return True
    answered = [number for number in with_block if number + 1 < len(messages)]
    if any(_OUTPUT_MARK.match(messages[number + 1].content) for number in answered):
        return True
    outputs = [number for number in answered if _looks_like_output(messages[number + 1])]
    turns = [number for number in replies if number + 1 < len(messages)]
    return len(outputs) >= 2 and 2 * len(outputs) > len(turns)


def _looks_like_output(message: Message) -> bool:
    return message.role is not Role.ASSISTANT and not _is_said_by_person(message)


def _is_said_by_person(message: Message) -> bool:
    # After an empty output, which some exports leave out, the assistant goes on; that is no person.
    if message.role in (Role.ASSISTANT, Role.TOOL) or _OUTPUT_MARK.match(message.content):
        return False
    first = message.content[:4000].strip().split("\n", 1)[0][:500]
    return bool(_HUMAN.match(first))
