"""What is known of programs: which only display something, which install, which say nothing of a line's purpose."""

import re
from typing import NamedTuple

BUILTINS = frozenset(
    [
        "cd",
        "pushd",
        "popd",
        "dirs",
        "echo",
        "printf",
        "export",
        "unset",
        "true",
        "false",
        "set",
        "source",
        ".",
        ":",
        "alias",
        "unalias",
        "test",
        "[",
        "[[",
        "sleep",
        "wait",
        "exit",
        "clear",
        "reset",
        "shopt",
        "trap",
        "eval",
        "read",
        "umask",
        "ulimit",
        "local",
        "return",
        "break",
        "continue",
        "shift",
        "declare",
        "typeset",
        "readonly",
        "let",
        "hash",
        "type",
        "command",
        "builtin",
        "exec",
        "history",
        "logout",
        "bg",
        "fg",
        "jobs",
        "stty",
        "pwd",
    ]
)
"""Programs that do not say what a command line is for."""

VIEWERS = frozenset(
    [
        "cat",
        "head",
        "tail",
        "less",
        "more",
        "most",
        "grep",
        "egrep",
        "fgrep",
        "zgrep",
        "rg",
        "ag",
        "ack",
        "find",
        "fd",
        "ls",
        "ll",
        "tree",
        "wc",
        "nl",
        "od",
        "xxd",
        "hexdump",
        "strings",
        "file",
        "stat",
        "cut",
        "sort",
        "uniq",
        "tr",
        "column",
        "awk",
        "gawk",
        "mawk",
        "jq",
        "yq",
        "bat",
        "zcat",
        "tac",
        "rev",
        "fold",
        "comm",
        "paste",
        "which",
        "whereis",
        "locate",
        "du",
        "df",
        "ps",
        "env",
        "printenv",
        "id",
        "whoami",
        "uname",
        "hostname",
        "date",
        "man",
        "tee",
        "diff",
        "cmp",
        "open",
        "goto",
        "scroll_up",
        "scroll_down",
        "search_dir",
        "search_file",
        "find_file",
        "view_file",
    ]
)
"""Programs whose output is content that somebody else wrote."""

EDITOR_COMMANDS = frozenset(
    ["open", "goto", "scroll_up", "scroll_down", "create", "edit", "search_dir", "search_file", "find_file", "submit"]
)
"""SWE-agent's special commands. Source: SWE-agent, `config/commands`."""

_GIT_VIEWERS = frozenset(
    ["log", "show", "diff", "blame", "grep", "status", "ls-files", "ls-tree", "cat-file", "branch", "remote", "config"]
)
_INSTALLERS = {
    "pip": "install", "uv": "add install pip", "apt": "install", "apt-get": "install", "apk": "add", "yum": "install",
    "dnf": "install", "brew": "install", "conda": "install create", "mamba": "install", "npm": "install i ci add",
    "yarn": "add install", "pnpm": "add install i", "cargo": "install add", "go": "get install", "gem": "install",
    "poetry": "add install", "snap": "install", "pacman": "-S -Sy -Syu", "R": "-e", "nvm": "install", "rustup": "",
}  # fmt: skip
_VERSION = re.compile(r"(?<=^python)[\d.]+$|(?<=^pip)[\d.]+$|(?<=^node)\d+$|(?<=^php)[\d.]+$|(?<=[a-z+]-)\d[\d.]*$")


class Program(NamedTuple):
    """One program of a command line, with its arguments without quotes."""

    name: str
    arguments: tuple[str, ...] = ()


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
