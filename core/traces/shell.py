"""A shell command line -> the programs it runs, in order.

Not a shell: it knows quoting, operators, here-documents, compound commands and the wrappers that people put in
front of a command. Text that no shell would accept still gives an answer, in linear time.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

BUILTINS = frozenset(
    ["cd", "pushd", "popd", "dirs", "echo", "printf", "export", "unset", "true", "false", "set", "source", ".", ":", "alias", "unalias", "test", "[", "[[", "sleep", "wait", "exit", "clear", "reset", "shopt", "trap", "eval", "read", "umask", "ulimit", "local", "return", "break", "continue", "shift", "declare", "typeset", "readonly", "let", "hash", "type", "command", "builtin", "exec", "history", "logout", "bg", "fg", "jobs", "stty", "pwd"]
)
"""Programs that do not say what a command line is for."""

VIEWERS = frozenset(
    ["cat", "head", "tail", "less", "more", "most", "grep", "egrep", "fgrep", "zgrep", "rg", "ag", "ack", "find", "fd", "ls", "ll", "tree", "wc", "nl", "od", "xxd", "hexdump", "strings", "file", "stat", "cut", "sort", "uniq", "tr", "column", "awk", "gawk", "mawk", "jq", "yq", "bat", "zcat", "tac", "rev", "fold", "comm", "paste", "which", "whereis", "locate", "du", "df", "ps", "env", "printenv", "id", "whoami", "uname", "hostname", "date", "man", "tee", "diff", "cmp", "open", "goto", "scroll_up", "scroll_down", "search_dir", "search_file", "find_file", "view_file"]
)
"""Programs whose output is content that somebody else wrote."""

EDITOR_COMMANDS = frozenset(["open", "goto", "scroll_up", "scroll_down", "create", "edit", "search_dir", "search_file", "find_file", "submit"])
"""SWE-agent's special commands. Source: SWE-agent, `config/commands`."""

_GIT_VIEWERS = frozenset(["log", "show", "diff", "blame", "grep", "status", "ls-files", "ls-tree", "cat-file", "branch", "remote", "config"])
_INSTALLERS = {
    "pip": "install", "uv": "add install pip", "apt": "install", "apt-get": "install", "apk": "add", "yum": "install",
    "dnf": "install", "brew": "install", "conda": "install create", "mamba": "install", "npm": "install i ci add",
    "yarn": "add install", "pnpm": "add install i", "cargo": "install add", "go": "get install", "gem": "install",
    "poetry": "add install", "snap": "install", "pacman": "-S -Sy -Syu", "R": "-e", "nvm": "install", "rustup": "",
}  # fmt: skip
# Each wrapper with those of its options that take a value.
_WRAPPERS = {
    "sudo": "-u -g -h -p -C -U", "doas": "-u", "env": "-u -C -S", "nohup": "", "time": "-f -o", "timeout": "-s -k",
    "nice": "-n", "ionice": "-c -n", "stdbuf": "-i -o -e", "setsid": "", "command": "", "builtin": "", "exec": "-a",
    "xargs": "-n -I -P -L -d -a -E -s", "watch": "-n", "strace": "-e -o -p", "unbuffer": "", "chronic": "",
}  # fmt: skip
_SHELLS = frozenset(("bash", "sh", "zsh", "dash", "ksh", "ash", "su"))
_RUNNERS = frozenset(("uv", "poetry", "pipenv", "pdm", "rye", "hatch", "conda", "mamba", "pixi"))
_OPENING = frozenset(("if", "while", "until", "{", "for", "select", "case"))
_CLOSING = frozenset(("fi", "done", "esac", "}"))
_JOINING = frozenset(("then", "else", "elif", "do", "!", "time", "coproc"))
_MAX_NESTING = 4

_TOKEN = re.compile(
    r"(?P<space>(?:[ \t\r\f\v]|\\\r?\n)+)"
    r"|(?P<comment>\#[^\n]*)"
    r"|(?P<newline>\n)"
    r"|(?P<heredoc>\d*<<-?(?!<)[ \t]*)"
    r"|(?P<redirect>\d*(?:<<<|<>|<&|>&|&>>|&>|>>|>\||<(?!\()|>(?!\())[ \t]*)"
    r"|(?P<op>\|\||&&|;;&?|\|&|[;|&()])"
)
_PLAIN = re.compile(r"[^\s'\"\\$`;&|()<>]+")
_DOUBLE_QUOTED = re.compile(r"[\"\\`]|\$\(")
_BRACKETED = re.compile(r"['\"\\`()]")
_BACKTICKED = re.compile(r"[\\`]")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(?:\[[^\]\s]*\])?\+?=")
_NAME = re.compile(r"[\w.+@%~-]*[\w+~]$|\[\[?$|[.:]$")
_VERSION = re.compile(r"(?<=^python)[\d.]+$|(?<=^pip)[\d.]+$|(?<=^node)\d+$|(?<=^php)[\d.]+$|(?<=[a-z+]-)\d[\d.]*$")
_EDIT = re.compile(r"\s*edit\s+\d+:\d+[^\n]*(?=\n|$)")


class Program(NamedTuple):
    """One program of a command line, with its arguments without quotes."""

    name: str
    arguments: tuple[str, ...] = ()


class Line(NamedTuple):
    """One logical line: a command with its continuation, here-documents and compound body."""

    text: str
    programs: tuple[Program, ...]


class _Token(NamedTuple):
    kind: str
    value: str
    end: int
    nested: tuple[str, ...] = ()


def list_lines(script: str) -> list[Line]:
    """Return the logical lines of a script in order; blank lines and comments are none.

    Args:
        script: what was typed, e.g. `"cd /app && ls\\npython3 << 'EOF'\\nprint(1)\\nEOF\\n"` (two lines).
    """
    return _Reader(script, nesting=0).read()


def list_programs(script: str) -> tuple[Program, ...]:
    """Return every program that a script runs, in order; wrappers such as `sudo` are looked through."""
    return tuple(program for line in list_lines(script) for program in line.programs)


def find_main_program(programs: tuple[Program, ...]) -> Program | None:
    """Return the first program that is no builtin, else the first, else None."""
    return next((each for each in programs if each.name not in BUILTINS), programs[0] if programs else None)


def is_viewer(programs: tuple[Program, ...]) -> bool:
    """True if the output of these programs is displayed content, whose words say nothing of success."""
    return bool(programs) and all(_only_shows(program) for program in programs)


def is_install(programs: tuple[Program, ...]) -> bool:
    """True if one of the programs installs something."""
    return any(_installs(program) for program in programs)


def get_family(name: str) -> str:
    """Return the program's name without its version: `python3.11` and `python` are one family."""
    return _VERSION.sub("", name) or name


def _only_shows(program: Program) -> bool:
    if program.name in BUILTINS or program.name in VIEWERS or program.name == "xargs":
        return True
    if program.name == "sed":
        return not any(each.startswith("-i") or each.startswith("--in-place") for each in program.arguments)
    if program.name == "git":
        return next((each for each in program.arguments if not each.startswith("-")), "") in _GIT_VIEWERS
    return False


def _installs(program: Program) -> bool:
    if get_family(program.name) == "python" and program.arguments[:2] == ("-m", "pip"):
        return "install" in program.arguments
    verbs = _INSTALLERS.get(get_family(program.name))
    return verbs is not None and any(each in verbs.split() for each in program.arguments[:3])


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
        for token in _list_tokens(self.script):
            self._take(token)
        self._end_command()
        self._end_line(len(self.script))
        return self.lines

    def _take(self, token: _Token) -> None:
        if token.kind == "word":
            self._take_word(token)
        elif token.kind == "target":
            self.nested.extend(token.nested)
        else:
            self._take_operator(token)

    def _take_word(self, token: _Token) -> None:
        word = token.value
        mode = self.modes[-1] if self.modes else ""
        if mode == "case" or mode == "pattern":
            self._take_case_word(word, mode)
        elif self.words or self.mode in ("test", "skip"):
            self.words.append(_unquote(word))
            if word == "]]":
                self.mode = ""
        elif word in _OPENING:
            self._open_compound(word)
        elif word in _CLOSING:
            self.depth = max(0, self.depth - 1)
            self.mode = "skip"
        elif word not in _JOINING and not _ASSIGNMENT.match(word):
            self.words.append(_unquote(word))
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

    def _take_operator(self, token: _Token) -> None:
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
        text = self.script[self.start : end].strip()
        self.start = end
        programs, self.programs = tuple(self.programs), []
        if programs or any(line.strip() and not line.lstrip().startswith("#") for line in text.split("\n")):
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
        if not word.startswith("-") and not _ASSIGNMENT.match(word):
            break
        position += 2 if word in valued else 1
    return words[position + (words[0] == "timeout") :]


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
    if get_family(name) == "python" and "-m" in words[1:4]:
        rest = words[words.index("-m") + 1 :]
    elif name in _RUNNERS and words[1:2] == ["run"]:
        rest = words[2:]
    elif name == "find":
        flag = next((each for each in ("-exec", "-execdir") if each in words), None)
        rest = words[words.index(flag) + 1 :] if flag else []
    return _resolve(rest, nesting + 1) if rest and nesting < _MAX_NESTING else []


def _list_tokens(script: str) -> Iterator[_Token]:
    position, target, waiting = 0, "", []
    while position < len(script):
        if script.startswith("((", position):
            position = _skip_quoted(script, position)[0]
            yield _Token("word", "((arithmetic))", position)
            continue
        match = _TOKEN.match(script, position)
        if match is None:
            word, nested, position = _read_word(script, position)
            if target == "heredoc":
                waiting.append(_unquote(word))
            yield _Token("target" if target else "word", word, position, nested)
            target = ""
            continue
        position = match.end()
        kind = str(match.lastgroup)
        if kind in ("heredoc", "redirect"):
            target = kind
        elif kind in ("op", "newline"):
            if kind == "newline" and waiting:
                position, waiting = _skip_heredocs(script, position, waiting), []
            yield _Token(kind, match.group(), position)
            target = ""


def _skip_heredocs(script: str, position: int, delimiters: list[str]) -> int:
    for delimiter in delimiters:
        position = _skip_heredoc(script, position, delimiter)
    return position


def _skip_heredoc(script: str, position: int, delimiter: str) -> int:
    """Return where the line behind the delimiter begins; the delimiter may be indented by tabs (`<<-`)."""
    start = position - 1
    while (start := script.find(delimiter, start + 1)) >= 0:
        behind = start + len(delimiter)
        if script[behind : behind + 1] in ("", "\n") and script[start - 1 : start] in ("\n", "\t"):
            return min(behind + 1, len(script))
    return len(script)


def _read_word(script: str, start: int) -> tuple[str, tuple[str, ...], int]:
    """Return a word as written, the scripts of its substitutions, and where it ends."""
    position, nested = start, []
    while position < len(script):
        plain = _PLAIN.match(script, position)
        if plain:
            position = plain.end()
            if script.startswith("(", position) and _ASSIGNMENT.fullmatch(script, start, position):
                position = _skip_quoted(script, position)[0]
            continue
        character = script[position]
        if character == "\\":
            position += 2
        elif character == "'":
            end = script.find("'", position + 1)
            position = len(script) if end < 0 else end + 1
        elif character in '"`' or script.startswith(("$(", "<(", ">("), position):
            position, found = _skip_quoted(script, position)
            nested.extend(found)
        elif character == "$":
            position += 1
        else:
            break
    position = min(max(position, start + 1), len(script))
    return script[start:position], tuple(nested), position


def _skip_quoted(script: str, start: int) -> tuple[int, list[str]]:
    """Return where a quotation, substitution or bracket ends, and the scripts right inside it."""
    stack: list[tuple[str, int]] = []
    nested: list[str] = []
    position = start
    while position < len(script):
        closer = stack[-1][0] if stack else ""
        opener, position = _next_bracket(script, position, closer)
        if not opener:
            return len(script), nested
        if opener == "\\":
            position += 1
        elif opener == closer:
            begin = stack.pop()[1]
            _keep_script(nested, script[begin : position - 1], opener, len(stack), script[start])
            if not stack:
                return position, nested
        elif opener == "'":
            end = script.find("'", position)
            position = len(script) if end < 0 else end + 1
        else:
            stack.append((")" if opener.endswith("(") else opener, position))
    return len(script), nested


def _next_bracket(script: str, position: int, closer: str) -> tuple[str, int]:
    if not closer:
        opener = script[position] if script[position] in "\"`(" else script[position : position + 2]
        return opener, position + len(opener)
    pattern = {'"': _DOUBLE_QUOTED, "`": _BACKTICKED}.get(closer, _BRACKETED)
    match = pattern.search(script, position)
    return (match.group(), match.end()) if match else ("", len(script))


def _keep_script(nested: list[str], inside: str, closer: str, level: int, first: str) -> None:
    # Level 0 is the word itself; inside double quotes a substitution is one level deeper.
    is_outermost = level == 0 or (level == 1 and first == '"')
    if closer in ")`" and is_outermost and first != "(" and not inside.startswith("("):
        nested.append(inside)


def _unquote(word: str) -> str:
    if word[:1] in "'\"" and word[-1:] == word[:1] and len(word) > 1 and word[0] not in word[1:-1]:
        return word[1:-1]
    if "'" in word or '"' in word:
        return word.replace('\\"', "\0").replace('"', "").replace("'", "").replace("\0", '"')
    return word.replace("\\", "")
