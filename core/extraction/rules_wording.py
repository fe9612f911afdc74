"""How the rules write a command, a call, an error and a quote: short, and without what belongs to nobody else."""

import json
import re
import sys
from collections.abc import Iterable
from typing import Any

from core.models import Message, Quote
from core.traces.actions import Action

COMMAND_CHARACTERS = 120
ERROR_CHARACTERS = 140
QUOTE_CHARACTERS = 200
_SHELL_PREFIX = re.compile(r"^(?:\S{0,200}/)?(?:ba|da|z|k)?sh: (?:line \d+: |\d+: )?|^\S{1,80}: line \d+: |^- ")
_PERSONAL = re.compile(r"/(?:home|Users)/[^/\s'\"`:]+")
_LONG_VALUE = re.compile(r"\b(?:0x)?[0-9A-Fa-f]{24,}\b|\b[A-Za-z0-9+/]{60,}={0,2}")
_HASH = re.compile(r"\b(?=[0-9a-f]{0,39}\d)(?=[0-9a-f]{0,39}[a-f])[0-9a-f]{7,40}\b")
_FLAG = re.compile(r"\b(\w{2,12})\{[^{}\n]*\}")
_HAS_DIGIT = re.compile(r"\S*\d\S*")
_WRITTEN_FILE = re.compile(r"\b(?:cat|tee)\s*(?:-a\s+)?(?:>{1,2}\s*)?([^\s<>|&;'\"]+)\s*<<|<<-?\s*\S+\s*>{1,2}\s*(\S+)")
_IMPORT = re.compile(r"^\s*(?:from|import)\s+([A-Za-z_]\w*)", re.MULTILINE)
_INLINE = re.compile(r"\bpython[\d.]*\s+(?:-\s*)?<<|\bpython[\d.]*\s+-c\b")


def shorten_command(command: str, *, limit: int = COMMAND_CHARACTERS) -> str:
    """The first line of a command line, cut with an ellipsis; home folders and long values are left out."""
    line = next((line for line in command.strip().splitlines() if line.strip()), "").strip()
    clean = tidy(line)
    is_cut = len(clean) > limit or "\n" in command.strip()
    return clean[:limit].rstrip() + (" ..." if is_cut else "")


def tidy(text: str) -> str:
    """The text without people's folders, keys of hundreds of digits, and what stands in a flag's braces."""
    text = _PERSONAL.sub("~", text)
    text = _FLAG.sub(r"\1{...}", text)
    return _HASH.sub("...", _LONG_VALUE.sub("...", text))


def clean_error(error: str, *, task_text: str, is_shell: bool) -> str:
    """What an error says, on one line: without the shell's own prefix, and of a tool's without this case's values."""
    text = " ".join(tidy(_SHELL_PREFIX.sub("", error.strip())).split()).strip(",")
    text = _unpack_json(text)
    if not is_shell:
        text = _HAS_DIGIT.sub(lambda match: _hide_value(match.group(), task_text), text)
    return text if len(text) <= ERROR_CHARACTERS else text[:ERROR_CHARACTERS].rstrip() + "..."


def _unpack_json(text: str) -> str:
    if not text.startswith("{"):
        return text
    try:
        value, _ = json.JSONDecoder().raw_decode(text)
    except ValueError:
        return text
    said = [value[key] for key in ("error", "code", "message", "detail") if isinstance(value.get(key), str)]
    return ": ".join(dict.fromkeys(said[:2])) or text


def _hide_value(word: str, task_text: str) -> str:
    core = word.strip(".,;:!?()[]'\"")
    is_named = re.search(rf"(?<![\w-]){re.escape(core)}(?![\w-])", task_text) is not None
    return word if is_named else word.replace(core, "...")


def read_arguments(action: Action) -> dict[str, Any]:
    """The arguments of a function call by name; empty for a command line or where there are none."""
    _, _, arguments = action.command.partition(" ")
    if action.is_shell or not arguments.startswith("{"):
        return {}
    try:
        value = json.loads(arguments)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def list_names(names: Iterable[str], *, last: str = "and") -> str:
    """Names in backticks: "`a`, `b` and `c`"."""
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"


def find_written_file(action: Action) -> str:
    """The file that a command line or an editing tool writes, `""` if it writes none."""
    if not action.is_shell:
        arguments = read_arguments(action)
        holds_text = any(key in arguments for key in ("content", "file_text", "contents", "new_str", "text"))
        path = next((arguments[key] for key in ("path", "file_path", "filename") if key in arguments), "")
        return path if holds_text and isinstance(path, str) else ""
    match = _WRITTEN_FILE.search(action.command.partition("\n")[0])
    name = (match[1] or match[2]) if match else ""
    return name if re.search(r"\w", name) else ""


def is_inline_script(action: Action) -> bool:
    """True for Python typed into the command line."""
    return action.is_shell and _INLINE.search(action.command) is not None


def list_libraries(action: Action) -> list[str]:
    """The packages, not of the standard library, that inline Python imports, in order."""
    return [name for name in list_imports(action) if name not in sys.stdlib_module_names]


def list_imports(action: Action) -> list[str]:
    """The modules that Python in a command line imports, in order; also of a script that it writes."""
    return list(dict.fromkeys(_IMPORT.findall(action.command))) if action.is_shell else []


def quote_call(content: str, action: Action) -> Quote | None:
    """The call as it stands in its message: as a command line, as JSON, or the tool's name; None if it does not."""
    line = next((line for line in action.command.strip().splitlines() if line.strip()), "").strip()
    forms = [line[:QUOTE_CHARACTERS], json.dumps(line, ensure_ascii=False)[1:-1][:QUOTE_CHARACTERS]]
    name, _, arguments = action.command.partition(" ")
    if arguments:
        forms.append(f'{{"name": "{name}", "arguments": {arguments}}}'[:QUOTE_CHARACTERS])
    for wanted in (*forms, f'"name": "{action.tool}"', action.tool):
        if wanted.strip() and wanted in content:
            return Quote(message=action.message, quote=wanted)
    return None


def quote_error(action: Action) -> Quote | None:
    """What the call was answered where it failed; None if nobody answered."""
    if action.observation is None or not action.error.strip():
        return None
    return Quote(message=action.observation, quote=action.error.strip()[:QUOTE_CHARACTERS])


def quote_actions(messages: list[Message], actions: Iterable[Action]) -> list[Quote]:
    """The calls as they stand in their messages, each message once."""
    quotes = (quote_call(messages[action.message].content, action) for action in actions)
    return unique_quotes(quotes)


def unique_quotes(quotes: Iterable[Quote | None]) -> list[Quote]:
    """The quotes that there are, none of them twice."""
    return list({(quote.message, quote.quote): quote for quote in quotes if quote is not None}.values())
