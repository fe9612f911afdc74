"""A shell command line -> the programs it runs, in order.

Not a shell: it knows quoting, operators, here-documents, compound commands and the wrappers that people put in
front of a command. Text that no shell would accept still gives an answer, in linear time.
"""

import re
from typing import NamedTuple

from core.traces.programs import Program, get_family
from core.traces.shell_words import ASSIGNMENT, Token, list_tokens, unquote

# Each wrapper with those of its options that take a value.
_WRAPPERS = {
    "sudo": "-u -g -h -p -C -U", "doas": "-u", "env": "-u -C -S", "nohup": "", "time": "-f -o", "timeout": "-s -k",
    "nice": "-n", "ionice": "-c -n", "stdbuf": "-i -o -e", "setsid": "", "command": "", "builtin": "", "exec": "-a",
    "xargs": "-n -I -P -L -d -a -E -s", "watch": "-n", "chroot": "", "strace": "-e -o -p", "unbuffer": "",
    "chronic": "",
}  # fmt: skip
_SHELLS = frozenset(("bash", "sh", "zsh", "dash", "ksh", "ash", "su"))
_RUNNERS = frozenset(("uv", "poetry", "pipenv", "pdm", "rye", "hatch", "conda", "mamba", "pixi"))
_RUNNER_OPTIONS = frozenset(
    ("--with", "--python", "-p", "-n", "--name", "--extra", "--group", "--directory", "--package", "-j", "--project")
)
_OPENING = frozenset(("if", "while", "until", "{", "for", "select", "case"))
_CLOSING = frozenset(("fi", "done", "esac", "}"))
_JOINING = frozenset(("then", "else", "elif", "do", "!", "time", "coproc", "function"))
_MAX_NESTING = 4

_NAME = re.compile(r"(?![-%])(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9_.+@%~-]*[A-Za-z0-9_+~]$|\[\[?$|[.:]$")
_LEADING_COMMENTS = re.compile(r"\s*(?:#[^\n]*(?:\s+|$))*")
_EDIT = re.compile(r"\s*edit\s+\d+:\d+[^\n]*(?=\n|$)")


class Line(NamedTuple):
    """One logical line: a command with its continuation, here-documents and compound body."""

    text: str
    programs: tuple[Program, ...]


def list_lines(script: str) -> list[Line]:
    r"""Return the logical lines of a script in order; blank lines and comments are none.

    Args:
        script: what was typed, e.g. `"cd /app && ls\npython3 << 'EOF'\nprint(1)\nEOF\n"` (two lines).
    """
    return _Reader(script, nesting=0).read()


def list_programs(script: str) -> tuple[Program, ...]:
    """Return every program that a script runs, in order; wrappers such as `sudo` are looked through."""
    return tuple(program for line in list_lines(script) for program in line.programs)


def drop_leading_comments(script: str) -> str:
    """Return a script from its first command on; `""` if there is none."""
    return _LEADING_COMMENTS.sub("", script, count=1).strip()


class _Reader:
    """Reads one script; the state is what a shell would remember between two words."""

    def __init__(self, script: str, nesting: int) -> None:
        self.script = script
        self.nesting = nesting
        self.lines: list[Line] = []
        self.programs: list[Program] = []
        self.start = 0
        self.depth = 0
        self.modes: list[str] = []
        self.words: list[str] = []
        self.nested: list[str] = []
        self.mode = ""
        self.joined = False

    def read(self) -> list[Line]:
        edit = _EDIT.match(self.script)
        if edit:
            return [Line(self.script.strip(), (Program("edit", tuple(edit.group().split()[1:])),))]
        for token in list_tokens(self.script):
            self._take(token)
        self._end_command()
        self._end_line(len(self.script))
        return self.lines

    def _take(self, token: Token) -> None:
        if token.kind == "word":
            self._take_word(token)
        elif token.kind == "target":
            self.nested.extend(token.nested)
        else:
            self._take_operator(token)

    def _take_word(self, token: Token) -> None:
        word = token.value
        mode = self.modes[-1] if self.modes else ""
        if mode == "case" or mode == "pattern":
            self._take_case_word(word, mode)
        elif self.words or self.mode in ("test", "skip"):
            self.words.append(unquote(word))
            if word == "]]":
                self.mode = ""
        elif word in _OPENING:
            self._open_compound(word)
        elif word in _CLOSING:
            self.depth = max(0, self.depth - 1)
            self.mode = "skip"
            if word == "esac" and self.modes:
                self.modes.pop()
        elif word not in _JOINING and word != "-p" and not ASSIGNMENT.match(word):
            self.words.append(unquote(word))
            self.mode = "test" if word == "[[" else ""
        self.nested.extend(token.nested)

    def _open_compound(self, word: str) -> None:
        self.depth += 1
        if word in ("for", "select"):
            self.mode = "skip"
        elif word == "case":
            self.modes.append("case")

    def _take_case_word(self, word: str, mode: str) -> None:
        if mode == "case" and word == "in":
            self.modes[-1] = "pattern"
        elif mode == "pattern" and word == "esac":
            self.modes.pop()
            self.depth = max(0, self.depth - 1)

    def _take_operator(self, token: Token) -> None:
        mode = self.modes[-1] if self.modes else ""
        if mode == "pattern":
            self.modes[-1] = "branch" if token.value == ")" else mode
            return
        if self.mode == "test":
            return
        if token.value == "(" and len(self.words) == 1 and self.script.startswith(")", token.end):
            self._begin_command()
        self._end_command()
        if token.value == "(":
            self.depth += 1
        elif token.value == ")":
            self.depth = max(0, self.depth - 1)
        elif token.value.startswith(";;") and mode == "branch":
            self.modes[-1] = "pattern"
        if token.kind == "newline" and self.depth == 0 and not self.joined:
            self._end_line(token.end)
        self.joined = token.value in ("&&", "||", "|", "|&") or (self.joined and token.kind == "newline")

    def _begin_command(self) -> None:
        self.words = []
        self.nested = []
        self.mode = ""
        self.joined = False

    def _end_command(self) -> None:
        if self.words and self.mode != "skip":
            self.programs.extend(_resolve(self.words, self.nesting))
        if self.nesting < _MAX_NESTING:
            for script in self.nested:
                self.programs.extend(_list_nested(script, self.nesting))
        joined = self.joined and not self.words
        self._begin_command()
        self.joined = joined

    def _end_line(self, end: int) -> None:
        text = drop_leading_comments(self.script[self.start : end])
        self.start = end
        programs, self.programs = tuple(self.programs), []
        if text:
            self.lines.append(Line(text, programs))


def _list_nested(script: str, nesting: int) -> list[Program]:
    return [program for line in _Reader(script, nesting + 1).read() for program in line.programs]


def _resolve(words: list[str], nesting: int) -> list[Program]:
    """Return the programs of one simple command: wrappers looked through, `-c`, `-m` and `-exec` looked into."""
    found: list[Program] = []
    for _ in range(_MAX_NESTING):
        if not words or words[0] not in _WRAPPERS or (words[0] == "command" and words[1:2] in (["-v"], ["-V"])):
            break
        if words[0] == "xargs":
            found.append(Program("xargs"))
        rest = _unwrap(words)
        if not rest:
            return found or [Program(words[0])]
        words = rest
    if not words:
        return found
    name = words[0].rsplit("/", 1)[-1]
    script = _find_script(name, words) if nesting < _MAX_NESTING else None
    if script is not None:
        return found + _list_nested(script, nesting)
    if len(name) <= 80 and _NAME.match(name):
        found.append(Program(name, tuple(words[1:])))
        found.extend(_list_started(name, words, nesting))
    return found


def _unwrap(words: list[str]) -> list[str]:
    valued = _WRAPPERS[words[0]].split()
    position = 1
    while position < len(words):
        word = words[position]
        if not word.startswith("-") and not ASSIGNMENT.match(word):
            break
        position += 2 if word in valued else 1
    # the first word of its own is a duration, a folder
    return words[position + (words[0] in ("timeout", "chroot")) :]


def _skip_options(words: list[str], valued: frozenset[str]) -> list[str]:
    position = 0
    while position < len(words) and words[position].startswith("-"):
        position += 2 if words[position] in valued else 1
    return words[position:]


def _find_script(name: str, words: list[str]) -> str | None:
    if name not in _SHELLS:
        return None
    for position, word in enumerate(words[1:-1], start=1):
        if word.startswith("-") and not word.startswith("--") and word.endswith("c"):
            return words[position + 1]
        if not word.startswith("-") and name != "su":
            return None
    return None


def _list_started(name: str, words: list[str], nesting: int) -> list[Program]:
    """Return the programs that another program's arguments name."""
    rest: list[str] = []
    if get_family(name) == "python" and "-m" in words[1:6]:
        rest = words[words.index("-m") + 1 :]
    elif name in _RUNNERS and words[1:2] == ["run"]:
        rest = _skip_options(words[2:], _RUNNER_OPTIONS)
    elif name in ("npx", "parallel"):
        rest = _skip_options(words[1:], _RUNNER_OPTIONS)
    elif name == "find":
        flag = next((each for each in ("-exec", "-execdir") if each in words), None)
        rest = words[words.index(flag) + 1 :] if flag else []
    return _resolve(rest, nesting + 1) if rest and nesting < _MAX_NESTING else []
