"""Did it fail? What the message that answers a call says of it.

Precision first: most output mentions errors without being one. What a program displays (`cat`, `grep`, a reading
tool) is content and proves nothing; there only a message of the program or the shell itself counts.
"""

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from core.traces.calls import Call
from core.traces.programs import EDITOR_COMMANDS, is_viewer

# Source: SWE-agent's edit command.
_REJECTED_EDIT = "Your proposed edit has introduced new syntax error"
# Source: Harbor's export of claude-code.
_HARNESS_VERDICT = "[error] tool reported failure"
_MAX_ERROR = 300
_MAX_JSON = 200_000
_MAX_ECHOES = 200

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_HEADER = re.compile(
    r"\s*(?:New Terminal Output:|Current [Tt]erminal [Ss](?:creen|tate):|(?:OBSERVATION|[Oo]bservation)(?: \d+)?:"
    r"|Output:"
    r"|EXECUTION RESULT of \[[^\]\n]{0,80}\]:|</?(?:output|stdout|stderr|tool_response|tool_result)>"
    r"|<returncode>-?\d+</returncode>|```\w*)?[ \t]*"
)
_FOOTER = re.compile(
    r"\s*(?:\(Open file: .*\)|\(Current directory: .*\)|bash-[\d.]*\$|</?\w+>|```"
    r"|\[(?:Current|The command|Command|Python) .*\]|[\w.-]+@[\w.-]+:\S*[#$])?\s*"
)
_EXIT_CODE = re.compile(
    r"\b(?:exit(?:ed)?(?:[ _]with)?(?:[ _]exit)?[ _-]?(?:code|status)|return[ _]?code)\b[\"'>\]:=\s]{0,4}"
    r"(?:of |is |was )?(-?\d{1,9})\b",
    re.IGNORECASE,
)
_WORDS = (
    r"(?:invalid|cannot|can't|could not|couldn't|unable|no such|not found|unknown|unrecogni[sz]ed|illegal|missing|bad"
    r"|fail|fatal|error|denied|is a directory|not a |refused|timed out|too many|too few|unexpected|unterminated|must "
    r"|requires|does not exist|doesn't exist|no matching)"
)
_REFUSAL = re.compile(
    r"\W{0,3}(?:wrong|incorrect|invalid|illegal|unknown|unrecogni[sz]ed|unsupported|missing|failed|failure|cannot|can't"
    r"|could not|couldn't|unable|bad|no such|not found|denied|rejected|forbidden|unauthori[sz]ed|refused|usage:)\b"
    r"|.{0,300}\b(?:not found|does not exist|doesn't exist|not supported by this environment|is not a valid)\b",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"[\W_]{0,4}(?:[\w.]{0,60}(?:Error|ERROR|Exception)|error|fatal|failed|failure|traceback)(?:\s*[:!\]>]|\s+-\s|\s+\(|\s*$)"
    r"(?!\s*(?:none|null|0\b))",
    re.IGNORECASE,
)
_SHELL_MESSAGE = re.compile(
    r"^(?:\S{0,200}/)?(?:ba|da|z|k)?sh: (?!cannot set terminal process group|no job control|warning: ).+"
    r"|^\S{1,300}: command not found$|^\S{0,20}: \d+: \S{1,200}: not found$",
    re.MULTILINE,
)
_NOT_OPENED = re.compile(r"^\S{1,300}: +cannot open .+", re.MULTILINE)
_TRACEBACK = "Traceback (most recent call last)"
_NUMBER = r"(?!\s*(?:[-+]?[\d.]+(?:e[-+]?\d+)?%?\s*$|\(?none\b|null\b|false\b|no errors?\b))"
_CODE = r"(?:\[\w+\]|\(\w+\)| \d+(?: \(\w+\))?)?"
_IS_SET = r'(?:[1-9]|true|"(?!none|null)[^"\n]|\[\s*[^\]\s])'
# In order of what tells a person most. A pattern is only tried where one of its words occurs.
_MESSAGES = tuple(
    (tuple(words.split("|")), re.compile(pattern, re.MULTILINE))
    for words, pattern in (
        ("proposed edit", r"^- [A-Z]+\d+ .+"),
        ("proposed edit", r"^Your proposed edit has introduced new syntax error.*"),
        (": E9|: F", r"^\S{1,300}:\d+:\d+: (?:E9|F[4-8])\d+ .+"),
        ("Error: |Exception: ", rf"^[ \t]{{0,4}}(?:Caused by: )?[\w.$]{{0,200}}(?:Error|Exception): {_NUMBER}.+"),
        ("Exception in|panic|Uncaught", r"^(?:Exception in thread|panic: |thread '.{1,200}' panicked|Uncaught ).*"),
        ("npm ", r"^npm (?:ERR!|error) (?!A complete log).+"),
        ("fatal|Fatal|FATAL", r"^(?:\S{1,200}: )?(?:fatal|Fatal|FATAL)(?: error)?: .+"),
        ("rror|RROR", rf"^[ \t]{{0,4}}(?:\S{{1,300}}: )?(?:[Ee]rror|ERROR){_CODE}: (?!pip's ){_NUMBER}.+"),
        ("[ERROR]|E: ", r"^(?:\[ERROR\]|E:) .+"),
        ("***", r"^\S{0,20}make(?:\[\d+\])?: \*\*\* .+"),
        ("No such file", r"^.{0,500}[:(] ?No such file or directory\)?:?.*"),
        ("denied", r"^.{0,500}: [Pp]ermission denied\b.*"),
        ("egmentation|dumped", r"^.{0,200}(?:Segmentation fault|\(core dumped\)).*"),
        ("Killed|Aborted", r"^(?:Killed|Aborted)$"),
        ("not been booted", r"^System has not been booted with .+"),
        ("Failed to |Unable to ", r"^(?:Failed|Unable) to [a-z]+ .+"),
        ("imed out|IMED OUT", r"^[^\w\n]{0,3}(?i:(?:the |your )?(?:command|execution|process)\b.{0,80}timed out).*"),
        ("not supported", r"^.{0,300}is not supported by this environment.*"),
        ("BUILD FAIL", r"^(?:\[\w+\] )?BUILD FAIL(?:URE|ED).*"),
        ("FAIL", r"^(?:FAILED|FAIL:|FAIL\b).*|^.{0,300}[ >.]FAILED(?: \[.*)?$"),
        ("failed|error", r"^=+ .{0,200}\b[1-9]\d* (?:failed|errors?)\b.*=$"),
        ("Tests run", r"^.{0,20}Tests run:.{0,100}(?:Failures|Errors): [1-9].*"),
        ("error", r"^(?:Found )?[1-9]\d* errors?\b.*"),
        ("not ok", r"^not ok \d.*"),
        ("rror", rf'^[ \t]*"(?:error|errors|total_errors|error_count|num_errors)"\s*:\s*{_IS_SET}.*'),
        ("status", r'^[ \t]*"status"\s*:\s*"(?:error|fail)\w*".*'),
        ("rror", rf'^\{{[^\n]*?"(?:error|errors)"\s*:\s*{_IS_SET}.*'),
    )
)  # fmt: skip
# Proof enough even where the harness reports exit code 0: `a; b` and `a | b` hide what happened to a.
_STRONG_ERROR = re.compile(rf"^[ \t]{{0,4}}[\w.]{{1,200}}(?:Error|Exception): {_NUMBER}.+", re.MULTILINE)
_READING_TOOL = re.compile(
    r"(?:^|_)(?:read|view|open|cat|list|ls|search|find|get|show|fetch|browse|grep|glob|look|lookup|load|query|retrieve|think"
    r"|edit|write|create|replace|patch|insert|editor|navigate|scroll|click|goto)(?:_|$)"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PROMPT_END = re.compile(r"(?:[#$%>]|\$\S{0,3}) ?$")


_REPORT = re.compile(r"[^.\n]{0,80}[:=]\s*(?:[\d\[{(]|none\b|no\b|nan\b)", re.IGNORECASE)


class Screen(NamedTuple):
    """A part of a terminal's output and the commands, by position, that it belongs to."""

    commands: range
    text: str


def find_failure(observation: str, call: Call) -> str:
    """Return the line that says that the call failed, verbatim and at most 300 characters; `""` if none does.

    Args:
        observation: the whole message that answers, or the part of a screen that belongs to this call.
        call: what was executed: its programs decide which words count.
    """
    text = _ANSI.sub("", observation) if "\x1b" in observation else observation
    found = _find_failure(text, call)
    if found is None and _HARNESS_VERDICT in text:
        found = text.find(_HARNESS_VERDICT), len(text)
    return "" if found is None else _get_line(observation, text, found)


def split_screen(observation: str, commands: Sequence[str]) -> list[Screen]:
    r"""Return the parts of a terminal's output by the prompts that echo the commands, in order.

    Commands without a visible echo share the part of the command before them. A screen may still show earlier turns,
    so the last echo counts.

    Args:
        observation: e.g. `"root@x:/app# ls y\nls: cannot access ..."`.
        commands: the command lines in the order they were typed.
    """
    starts: dict[int, int] = {}
    limit = len(observation)
    for number in range(len(commands) - 1, max(len(commands) - _MAX_ECHOES, 0) - 1, -1):
        start = _find_echo(observation, commands[number], limit)
        if start >= 0:
            starts[number] = limit = start
    firsts = sorted({0, *starts})
    screens: list[Screen] = []
    for first, following in zip(firsts, [*firsts[1:], len(commands)], strict=True):
        begin = _skip_echo(observation, starts[first], commands[first]) if first in starts else 0
        screens.append(Screen(range(first, following), observation[begin : starts.get(following, len(observation))]))
    return screens


def _find_echo(observation: str, command: str, limit: int) -> int:
    """Return where the line begins that echoes a command behind a prompt, -1 if it is not visible."""
    typed = command.split("\n", 1)[0][:60]
    position = limit
    for _ in range(20):
        position = observation.rfind(typed, 0, position) if typed else -1
        if position < 0:
            return -1
        start = observation.rfind("\n", 0, position) + 1
        if start < position <= start + 200 and _PROMPT_END.search(observation[start:position]):
            return start
    return -1


def _skip_echo(observation: str, start: int, command: str) -> int:
    """Return where the output begins: behind the echoed line and, for a here-document, its continuation lines."""
    end = observation.find("\n", start)
    position = len(observation) if end < 0 else end + 1
    while "\n" in command and observation.startswith(">", position):
        end = observation.find("\n", position)
        position = len(observation) if end < 0 else end + 1
    return position


def _find_failure(text: str, call: Call) -> tuple[int, int] | None:
    head = _find_head(text)
    if text.startswith("{", head):
        decided, found = _check_json(text, head, call)
        if decided:
            return found
    if call.is_shell:
        return _check_shell(text, head, call)
    if _OPENING.match(text, head) or _is_refused(text, head, max_lines=3):
        return _skip_bare_word(text, head)
    plain = _CAMEL.sub("_", call.tool).lower().replace("-", "_").replace(".", "_")
    if _READING_TOOL.search(plain) and not text.startswith(_REJECTED_EDIT, head):
        return None
    return _check_output(text)


def _check_shell(text: str, head: int, call: Call) -> tuple[int, int] | None:
    names = tuple(program.name for program in call.programs)
    is_editor = bool(names) and all(name in EDITOR_COMMANDS for name in names)
    if is_editor and text.startswith("[File: ", head):
        return None
    code, said = _find_exit_code(text)
    found = _find_own_message(text, head, names)
    if found is None and (is_editor or not is_viewer(call.programs)):
        is_refused = _is_refused(text, head, max_lines=3 if is_editor else 1)
        if is_refused and code != 0 and "help" not in call.text:
            found = _skip_bare_word(text, head)
        else:
            found = _check_output(text, is_told_fine=code == 0)
    # A viewer's exit code 1 says that nothing was found or that files differ.
    is_told = code > 1 or (code == 1 and not is_viewer(call.programs))
    return found or (said if is_told else None)


def _check_output(text: str, *, is_told_fine: bool = False) -> tuple[int, int] | None:
    """Return the place of a message that programs use to say that they failed."""
    if _TRACEBACK in text:
        found = _find_exception(text)
        if found:
            return found
    if is_told_fine:
        return _search(_STRONG_ERROR, text)
    for words, pattern in _MESSAGES:
        # plain loops: this runs over every output, and a generator costs more than the search
        for word in words:
            if word in text:
                found = _search(pattern, text)
                if found:
                    return found
                break
    return None


def _find_exception(text: str) -> tuple[int, int] | None:
    """Return the place of the last traceback's exception line; None if "Traceback" only stands inside a line."""
    start = text.rfind(_TRACEBACK)
    begin = text.rfind("\n", 0, start) + 1
    margin = text[begin:start]
    if margin.strip(" \t|+"):
        return None
    position = text.find("\n", start) + 1
    while 0 < position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        line = text[position : min(end, position + 500)]
        if line.startswith(margin) and line[len(margin) :].strip() and not line[len(margin)].isspace():
            return position, end
        position = end + 1
    return begin, start + len(_TRACEBACK)


def _find_own_message(text: str, head: int, names: tuple[str, ...]) -> tuple[int, int] | None:
    """Return the place of what the shell or one of these programs says in its own name."""
    found = None
    if "sh: " in text or "not found" in text:
        found = _search(_SHELL_MESSAGE, text)
    if found is None and ": " in text and any(f"{name}:" in text for name in names):
        found = _search(_build_own_message(names), text)
    if found is None and "git" in names and text.startswith(("fatal: ", "error: "), head):
        found = head, head
    if found is None and "file" in names and "cannot open" in text:
        found = _search(_NOT_OPENED, text)
    return found


@lru_cache(maxsize=4096)
def _build_own_message(names: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern for what these programs say in their own name, e.g. `cat: x: No such file or directory`."""
    known = "|".join(sorted({re.escape(name) for name in names[:50]}))
    own = rf"^(?:\S{{0,200}}/)?(?:{known}):[ \d(].{{0,500}}?(?i:{_WORDS}).*|(?:{known}): (?i:{_WORDS}).*"
    return re.compile(own, re.MULTILINE)


def _check_json(text: str, head: int, call: Call) -> tuple[bool, tuple[int, int] | None]:
    """Return whether the observation is one JSON object that settles the question, and where it says failure."""
    try:
        value = json.loads(text[head : head + _MAX_JSON])
    except (ValueError, RecursionError):
        return False, None
    is_content = call.is_shell and is_viewer(call.programs)
    key = None if is_content else _find_error_key(value)
    if key is None:
        return not call.is_shell and not _has_output(value), None
    position = text.find(f'"{key}"', head)
    return True, (position, len(text)) if position >= 0 else (head, len(text))


def _find_error_key(value: dict[str, Any]) -> str | None:
    for key in ("error", "errors", "error_message", "total_errors", "error_count", "isError", "is_error"):
        found = value.get(key)
        if found and str(found).lower() not in ("none", "null", "false", "0"):
            return key
    for key in ("success", "ok"):
        if value.get(key) is False:
            return key
    for key in ("exit_code", "returncode", "return_code", "exitCode"):
        if isinstance(value.get(key), int) and value[key] > 0:
            return key
    status = value.get("status")
    if isinstance(status, str) and re.match(r"(?i)error|fail", status):
        return "status"
    nested = next((value[key] for key in ("metadata", "result") if isinstance(value.get(key), dict)), None)
    return _find_error_key(nested) if nested and not value.keys() & nested.keys() else None


def _has_output(value: dict[str, Any]) -> bool:
    return any(isinstance(value.get(key), str) for key in ("output", "stdout", "stderr"))


def _find_head(text: str) -> int:
    """Return where the output begins behind the harness's own header lines."""
    position = 0
    for _ in range(6):
        match = _HEADER.match(text, position)
        if match is None or match.end() == position:
            break
        position = match.end()
    return position


def _is_refused(text: str, head: int, *, max_lines: int) -> bool:
    """True if the output is a short remark that says no, e.g. `Wrong flag!`; prompts and footers do not count."""
    if len(text) - head > 4000 or not _REFUSAL.match(text, head) or _REPORT.match(text, head):
        return False
    return sum(not _FOOTER.fullmatch(line[:1000]) for line in text[head:].split("\n")) <= max_lines


def _skip_bare_word(text: str, head: int) -> tuple[int, int]:
    """Return the place of the line, or of the next one where the first is no more than `ERROR:`."""
    end = text.find("\n", head)
    end = len(text) if end < 0 else end
    if end - head < 8 and text[end:].strip():
        following = end + len(text[end : end + 100]) - len(text[end : end + 100].lstrip())
        return following, following
    return head, end


def _find_exit_code(text: str) -> tuple[int, tuple[int, int] | None]:
    """Return the exit code that the harness states at the beginning or the end, -1 if it states none."""
    head, tail = text[:400], max(400, len(text) - 600)
    for begin, part in ((tail, text[tail:]), (0, head)):
        matches = list(_EXIT_CODE.finditer(part)) if any(word in part for word in ("ode", "ODE", "tatus")) else []
        if matches:
            place = begin + matches[-1].start()
            return int(matches[-1][1]), (place, place)
    return -1, None


def _search(pattern: re.Pattern[str], text: str) -> tuple[int, int] | None:
    match = pattern.search(text)
    return match.span() if match else None


def _get_line(observation: str, text: str, place: tuple[int, int]) -> str:
    """Return the line at a place of the plain text as it stands in the observation."""
    begin = text.rfind("\n", 0, place[0]) + 1
    end = text.find("\n", place[0])
    end = len(text) if end < 0 else end
    if observation is text:
        # Of a line of a megabyte the part where it says so.
        begin = begin if place[0] - begin < _MAX_ERROR // 2 else place[0]
        return text[begin : min(end, begin + _MAX_ERROR)].strip()
    return observation.split("\n")[text.count("\n", 0, begin)][:_MAX_ERROR].strip()
