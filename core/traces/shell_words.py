"""A script -> its words and operators, as a shell would split it. Linear in the length, whatever the text."""

import re
from collections.abc import Iterator
from typing import NamedTuple

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
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(?:\[[^\]\s]*\])?\+?=")
"""The beginning of a word such as `PATH=/x`."""


class Token(NamedTuple):
    """One piece of a script."""

    kind: str
    """`word`, `op`, `newline`, or `target` for the word behind a redirection."""
    value: str
    end: int
    nested: tuple[str, ...] = ()
    """The scripts of its substitutions, e.g. `date` in `"$(date)"`."""


def list_tokens(script: str) -> Iterator[Token]:
    """Yield words, operators, line ends and the targets of redirections; comments and here-documents are left out."""
    position, target, waiting = 0, "", []
    while position < len(script):
        if script.startswith("((", position):
            position = _skip_quoted(script, position)[0]
            yield Token("word", "((arithmetic))", position)
            continue
        match = _TOKEN.match(script, position)
        if match is None:
            word, nested, position = _read_word(script, position)
            if target == "heredoc":
                waiting.append(unquote(word))
            yield Token("target" if target else "word", word, position, nested)
            target = ""
            continue
        position = match.end()
        kind = str(match.lastgroup)
        if kind in ("heredoc", "redirect"):
            target = kind
        elif kind in ("op", "newline"):
            if kind == "newline" and waiting:
                position, waiting = _skip_heredocs(script, position, waiting), []
            yield Token(kind, match.group(), position)
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
            if script.startswith("(", position) and ASSIGNMENT.fullmatch(script, start, position):
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
        opener = script[position] if script[position] in '"`(' else script[position : position + 2]
        return opener, position + len(opener)
    pattern = {'"': _DOUBLE_QUOTED, "`": _BACKTICKED}.get(closer, _BRACKETED)
    match = pattern.search(script, position)
    return (match.group(), match.end()) if match else ("", len(script))


def _keep_script(nested: list[str], inside: str, closer: str, level: int, first: str) -> None:
    # Level 0 is the word itself; inside double quotes a substitution is one level deeper.
    is_outermost = level == 0 or (level == 1 and first == '"')
    if closer in ")`" and is_outermost and first != "(" and not inside.startswith("("):
        nested.append(inside)


def unquote(word: str) -> str:
    """Return a word without its quotes."""
    if word[:1] in "'\"" and word[-1:] == word[:1] and len(word) > 1 and word[0] not in word[1:-1]:
        return word[1:-1]
    if "'" in word or '"' in word:
        return word.replace('\\"', "\0").replace('"', "").replace("'", "").replace("\0", '"')
    return word.replace("\\", "")
