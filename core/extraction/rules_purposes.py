"""What a tool is for: what its definition says, what is known of a program, or what it answered. Never a guess."""

import json
import re
from collections import Counter
from collections.abc import Collection, Sequence

from core.extraction.rules_wording import is_inline_script, list_libraries, list_names, read_arguments
from core.models import Message
from core.traces.actions import Action
from core.traces.programs import get_family

_PROGRAMS = {
    "python": "Runs Python scripts and modules",
    "perl": "Runs Perl scripts and one-liners",
    "pytest": "Runs the tests of a Python project",
    "pip": "Installs Python packages",
    "uv": "Installs Python packages and runs Python projects",
    "git": "Shows and records changes of a repository",
    "curl": "Sends HTTP requests",
    "wget": "Downloads files over HTTP",
    "node": "Runs JavaScript",
    "npm": "Installs packages and runs the scripts of a Node project",
    "npx": "Runs a Node package's command",
    "tsc": "Compiles TypeScript",
    "apt-get": "Installs system packages",
    "apt": "Installs system packages",
    "make": "Builds what the Makefile describes",
    "cmake": "Configures a C or C++ build",
    "gcc": "Compiles C",
    "g++": "Compiles C++",
    "cargo": "Builds and tests a Rust project",
    "go": "Builds and tests a Go project",
    "mvn": "Builds and tests a Maven project",
    "gradlew": "Builds and tests the project with its own Gradle",
    "javac": "Compiles Java",
    "java": "Runs Java classes",
    "docker": "Builds and runs containers",
    "ffmpeg": "Converts and cuts audio and video",
    "ffprobe": "Shows streams and duration of audio and video",
    "sqlite3": "Queries a SQLite database",
    "psql": "Queries a PostgreSQL database",
    "mysql": "Queries a MySQL database",
    "openssl": "Works with keys, certificates and ciphers",
    "tar": "Packs and unpacks archives",
    "unzip": "Unpacks zip archives",
    "tshark": "Reads packet captures",
    "tcpdump": "Captures and reads network packets",
    "strings": "Shows the printable text in a binary file",
    "file": "Tells the type of a file",
    "xxd": "Shows a file as hexadecimal",
    "objdump": "Disassembles a binary",
    "gdb": "Debugs a program",
    "jq": "Filters JSON",
    "sed": "Edits text by patterns",
    "systemctl": "Starts, stops and inspects services",
    "nginx": "Serves and proxies HTTP; can check its own configuration",
    "soffice": "Converts office documents without a screen",
    "libreoffice": "Converts office documents without a screen",
    "pandoc": "Converts documents",
    "pdftotext": "Takes the text out of a PDF",
    "ssh": "Runs commands on another machine",
    "nc": "Opens raw network connections",
    # Source: SWE-agent, config/commands, and its tools for security challenges
    "edit": "Changes the open file",
    "insert": "Adds lines to the open file",
    "set_cursors": "Chooses the lines that the next edit replaces",
    "decompile": "Decompiles a function of a binary",
    "disassemble": "Disassembles a function of a binary",
    "connect_start": "Opens an interactive connection to a host and port",
    "connect_sendline": "Sends a line over the open connection",
    "open": "Opens a file at a line",
    "create": "Creates and opens a file",
    "find_file": "Finds files by name",
    "search_file": "Searches the open file",
    "search_dir": "Searches all files of a folder",
}
_SHOWN_KEYS = 4
READING = re.compile(
    r"(?:get|search|find|list|read|query|fetch|lookup|look|load|show|describe|view|check)(?:_|[A-Z]|$)"
)
"""Names of tools that only look something up."""


def read_descriptions(tool_definitions: str | None) -> dict[str, str]:
    """First sentence of each offered tool's description, by name. Source: OpenAI tool definitions."""
    try:
        listed = json.loads(tool_definitions or "[]")
    except ValueError:
        return {}
    descriptions: dict[str, str] = {}
    for item in listed if isinstance(listed, list) else []:
        function = item.get("function", item) if isinstance(item, dict) else {}
        if isinstance(function, dict) and function.get("name") and function.get("description"):
            text = " ".join(str(function["description"]).split())
            # also a list of remarks that follows without a full stop is no purpose
            first = text.partition(". ")[0].partition(" * ")[0].rstrip(".")
            descriptions[str(function["name"])] = (
                first if len(first) <= 160 else first[:160].rpartition(" ")[0] + " ..."
            )
    return descriptions


def describe_purpose(
    name: str, uses: Sequence[tuple[Action, list[Message]]], descriptions: dict[str, str], *, own: Collection[str] = ()
) -> str:
    """One or two sentences; `""` where neither the definition nor the answers say what the tool is for.

    Args:
        name: of the tool or program.
        uses: calls that worked, each with the messages of its attempt.
        descriptions: by tool, from the dataset.
        own: modules that the agents wrote themselves.
    """
    known = descriptions.get(name, "")
    if not known and any(action.is_shell for action, _ in uses):
        known = _PROGRAMS.get(get_family(name), "")
    # what a call answers that changes something says little of what it is for
    answered = describe_answer(uses) if not known or READING.match(name) else ""
    libraries = _describe_libraries(uses, own) if get_family(name) == "python" else ""
    return ". ".join(part for part in (known + libraries, answered) if part)


def _describe_libraries(uses: Sequence[tuple[Action, list[Message]]], own: Collection[str]) -> str:
    """The packages that inline scripts used."""
    scripts = (action for action, _ in uses if is_inline_script(action))
    counted = Counter(name for action in scripts for name in list_libraries(action) if name not in own)
    return f"; here with {list_names(name for name, _ in counted.most_common(3))}" if counted else ""


def describe_answer(uses: Sequence[tuple[Action, list[Message]]]) -> str:
    """What the answers to these calls have in common, if they are JSON objects: their names, never their values."""
    keys: Counter[str] = Counter()
    read = 0
    for action, messages in uses[:_SHOWN_KEYS]:
        found = list_answer_keys(action, messages)
        read += bool(found)
        keys.update(set(found))
    first = next((found for action, messages in uses if (found := list_answer_keys(action, messages))), [])
    always = [key for key in first if keys[key] == read]
    if not always or read == 0:
        return _describe_text(uses)
    more = f" and {len(always) - _SHOWN_KEYS} more" if len(always) > _SHOWN_KEYS else ""
    return f"Answers with {', '.join(f'`{key}`' for key in always[:_SHOWN_KEYS])}{more}"


def _describe_text(uses: Sequence[tuple[Action, list[Message]]]) -> str:
    """What all answers begin with, if it is words; the values that were asked for are left out."""
    firsts: list[str] = []
    for action, messages in uses[:_SHOWN_KEYS]:
        if action.observation is None or action.is_shell:
            return ""
        line = messages[action.observation].content.lstrip()[:200].split("\n", 1)[0].strip()
        for value in read_arguments(action).values():
            line = line.replace(str(value), "...") if str(value) else line
        firsts.append(line)
    is_plain = len(set(firsts)) == 1 and 6 <= len(firsts[0]) <= 60 and not any(map(str.isdigit, firsts[0]))
    return f"Answers “{firsts[0]}”" if is_plain and firsts[0][0].isalpha() else ""


def list_answer_keys(action: Action, messages: list[Message]) -> list[str]:
    """The names in the JSON object that answered a call, in order; those of the first item if it is a list."""
    if action.observation is None or action.is_shell:
        return []
    text = messages[action.observation].content.strip()
    if len(text) > 100_000 or text[:1] not in ("{", "["):
        return []
    try:
        value = json.loads(text)
    except ValueError:
        return []
    if isinstance(value, list):
        value = value[0] if value else {}
    # an object keyed by ids has values for names
    named = isinstance(value, dict) and all(isinstance(key, str) and key.isidentifier() for key in value)
    return [key for key in value if not any(map(str.isdigit, key))] if named else []
