"""Keystrokes for a terminal -> the command lines that were typed. Source: terminus-2 (Harbor).

What is typed into an editor or a pager is no command; what is typed into an interpreter is the interpreter's.
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from core.traces.calls import Call, build_shell_call, decode_json
from core.traces.programs import Program, get_family
from core.traces.shell import Line, list_lines

TERMINUS_KEYS = frozenset(("analysis", "plan", "commands", "task_complete", "explanation", "state_analysis"))

_KEYSTROKES = re.compile(r'"keystrokes"\s*:\s*("[^"\\]*(?:\\.[^"\\]*)*")', re.DOTALL)
_SPECIAL_KEY = re.compile(
    r"(?:C|M|S|Ctrl|ctrl)-\S|\^\S|Enter|Escape|Space|Tab|BSpace|Up|Down|Left|Right|Home|End|PgUp|PgDn|PageUp|PageDown"
    r"|F\d+|[A-Za-z0-9]|:[a-z]{1,3}!?|[\x00-\x1f]+"
)
_LEAVING = frozenset(("C-d", "exit()", "quit()", "exit", "quit", "\\q", ".quit", ".exit", "q"))
_LEAVING_EDITOR = frozenset(("q", ":q", ":q!", ":wq", ":wq!", ":x", "ZZ", "C-x", "C-c", "C-z", "\x18", "\x03", "F10"))
_EDITORS = frozenset(("vim", "vi", "nvim", "nano", "emacs", "less", "man", "htop"))
_INTERPRETERS = frozenset(("python", "ipython", "node", "sqlite3", "mysql", "psql", "irb", "gdb", "R"))
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w{1,64})\1")
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
# one search says of nearly every screen that it ends with none
_ANY_PROMPT = re.compile("|".join(f"(?:{pattern.pattern})" for pattern, _ in _PROMPTS))


def is_terminus(value: dict[str, Any]) -> bool:
    """True if a JSON object is a reply in terminus-2's notation."""
    commands = value.get("commands")
    if isinstance(commands, list) and any(isinstance(each, dict) and "keystrokes" in each for each in commands):
        return True
    return len(TERMINUS_KEYS & value.keys()) >= 2


def list_keystrokes(value: dict[str, Any]) -> list[str]:
    """Return what a reply types, in order; empty if it types nothing."""
    commands = value.get("commands")
    items = commands if isinstance(commands, list) else []
    typed = [each.get("keystrokes") if isinstance(each, dict) else each for each in items]
    return [each for each in typed if isinstance(each, str)]


def salvage_keystrokes(text: str, position: int) -> list[str]:
    """Return what a broken object types: the harness repairs some, and says so if it cannot."""
    typed = [decode_json(match[1], 0)[0] for match in _KEYSTROKES.finditer(text, position)]
    return [each for each in typed if isinstance(each, str)]


def find_prompt(screen: str) -> str:
    """Return the program that waits for input at the end of a screen, `""` for a shell."""
    line = screen[-4000:].rstrip().rsplit("\n", 1)[-1].strip()
    if _ANY_PROMPT.match(line) is None:
        return ""
    return next(program for pattern, program in _PROMPTS if pattern.match(line))


def list_typed(typed: Sequence[str], prompt: str) -> list[Call]:
    """Return one call per command line typed; special keys, answers to a pager and text in an editor are none.

    Args:
        typed: the keystrokes of one reply, in order.
        prompt: the program that waits for input before the first, `""` for a shell.
    """
    calls: list[Call] = []
    editor = False
    for keystrokes in _join_heredocs(typed):
        words = keystrokes.split()
        if editor:
            editor = not any(each in _LEAVING_EDITOR for each in words)
        elif prompt and keystrokes.strip() in _LEAVING:
            prompt = ""
        elif len(keystrokes) < 200 and all(_SPECIAL_KEY.fullmatch(each) for each in words):
            continue
        elif prompt:
            calls.append(Call(prompt, keystrokes.strip(), is_shell=True, programs=(Program(prompt),)))
        else:
            lines = list_lines(keystrokes)
            calls.extend(build_shell_call(line.text, line.programs) for line in lines)
            editor, prompt = _find_started(lines)
    return calls


def _join_heredocs(typed: Sequence[str]) -> Iterator[str]:
    """Yield the keystrokes, those of one here-document together: agents type its lines one by one."""
    waiting, closing = "", ""
    for keystrokes in typed:
        waiting += keystrokes if waiting.endswith("\n") or not waiting else f"\n{keystrokes}"
        if not closing and "<<" in keystrokes:
            closing = _find_open_heredoc(keystrokes)
        elif closing and any(line.strip("\t ") == closing for line in keystrokes.split("\n")):
            closing = ""
        if not closing:
            yield waiting
            waiting = ""
    if waiting:
        yield waiting


def _find_open_heredoc(keystrokes: str) -> str:
    """Return the word that would end the here-document that stays open at the end, `""` if none does."""
    last = next(iter(deque(_HEREDOC.finditer(keystrokes), maxlen=1)), None)
    if last is None or any(line.strip("\t ") == last[2] for line in keystrokes[last.end() :].split("\n")[1:]):
        return ""
    return last[2] if keystrokes.endswith("\n") else ""


def _find_started(lines: Sequence[Line]) -> tuple[bool, str]:
    """Return whether an editor was started last, and the interpreter that waits for input, `""` if none."""
    if not lines or len(lines[-1].programs) != 1 or "<" in lines[-1].text:
        return False, ""
    name, arguments = lines[-1].programs[0]
    family = get_family(name)
    if name in _EDITORS:
        return True, ""
    takes_file = family in ("sqlite3", "mysql", "psql", "gdb")
    is_waiting = family in _INTERPRETERS and len(arguments) <= (1 if takes_file else 0)
    return False, family if is_waiting else ""
