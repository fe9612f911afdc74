"""One call: a function with its arguments, or a command line with the programs it runs.

Reads the pieces that all notations share: JSON objects, parameters in XML, command lines.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from core.traces.programs import Program, find_main_program
from core.traces.shell import drop_leading_comments, list_programs

_SHELL_TOOLS = frozenset(
    [
        "bash",
        "sh",
        "shell",
        "terminal",
        "cmd",
        "command",
        "exec",
        "execute",
        "run",
        "bash_command",
        "execute_bash",
        "run_bash",
        "bash_tool",
        "shell_command",
        "run_shell",
        "run_shell_command",
        "execute_shell",
        "execute_shell_command",
        "execute_command",
        "run_command",
        "exec_command",
        "run_cmd",
        "run_terminal_cmd",
        "run_terminal_command",
        "run_in_terminal",
        "terminal_command",
        "local_shell",
        "local_shell_call",
        "container_exec",
        "cmd_run",
        "execute_cmd",
        "bash_exec",
        "exec_bash",
    ]
)
_SCRIPT_KEYS = ("command", "cmd", "keystrokes", "script", "commands", "code", "bash", "input", "raw_action")
_NAME_KEYS = ("name", "tool", "tool_name", "function", "function_name", "action")
_ARGUMENT_KEYS = ("arguments", "parameters", "args", "tool_input", "action_input", "tool_args", "kwargs", "input")
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": "))
_DECODER = json.JSONDecoder(strict=False)
_PARAMETER = re.compile(r"<((?:\w{1,20}:)?parameter)(?:=|\s+name\s*=\s*)[\"']?([^\s\"'<>]{1,128})[\"']?\s*>")
_CHILD = re.compile(r"\s*<([A-Za-z_][\w.-]{0,63})>")
_NAME_SPACE = re.compile(r"__|[:/]")
_HARNESS_EXIT = re.compile(r"exit_[a-z_]+$")


class Call(NamedTuple):
    """One call as it stands in an assistant message."""

    tool: str
    """The function's name as written; for a bare command line its main program."""
    text: str
    is_shell: bool
    programs: tuple[Program, ...] = ()
    is_block: bool = False
    """Written in a tag of its own, as the import writes the calls that have an id."""


def build_call(name: str, arguments: Any) -> Call:
    """Return a call of a function; a shell tool's command line is read, and a wrapped SWE-agent action unwrapped.

    Args:
        name: e.g. `"execute_bash"`.
        arguments: an object, a JSON string of one, or any other text.
    """
    arguments = _load_arguments(arguments)
    plain = _NAME_SPACE.split(name.lower())[-1].replace("-", "_").replace(".", "_").removeprefix("functions_")
    script = _find_script(arguments) if plain in _SHELL_TOOLS or plain == "swe_agent_action" else ""
    if plain == "swe_agent_action":
        # Harbor's wrapper, not a tool that the agent knows of.
        return next(read_script(script), Call("", "", is_shell=True))
    if script.strip():
        return Call(name, script.strip(), is_shell=True, programs=list_programs(script))
    return Call(name, f"{name} {_render_arguments(arguments)}".strip(), is_shell=False)


def _load_arguments(arguments: Any) -> Any:
    if isinstance(arguments, str) and arguments.lstrip()[:1] in ("{", "["):
        value, _ = decode_json(arguments.strip(), 0)
        return arguments if value is None else value
    return arguments


def _find_script(arguments: Any) -> str:
    if isinstance(arguments, str):
        return arguments
    if not isinstance(arguments, dict):
        return ""
    value = next((arguments[key] for key in _SCRIPT_KEYS if arguments.get(key)), "")
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return value[-1] if len(value) == 3 and value[1].startswith("-") and value[1].endswith("c") else " ".join(value)
    return value if isinstance(value, str) else ""


def _render_arguments(arguments: Any) -> str:
    if isinstance(arguments, str):
        return arguments
    return _ENCODER.encode(arguments) if arguments else ""


def read_object(value: Any, *, lenient: bool = False) -> Iterator[Call]:
    """Yield the calls that a JSON object writes; `lenient` where a tag already says that it is a call."""
    if not isinstance(value, dict):
        return
    if isinstance(value.get("tool_calls"), list):
        for each in value["tool_calls"]:
            yield from read_object(each, lenient=True)
        return
    inner = value.get("function")
    if isinstance(inner, dict):
        yield from read_object(inner, lenient=True)
        return
    name = next((value[key] for key in _NAME_KEYS if isinstance(value.get(key), str) and value[key]), None)
    key = next((key for key in _ARGUMENT_KEYS if isinstance(value.get(key), dict | str)), None)
    arguments = value[key] if key else {}
    is_schema = isinstance(arguments, dict) and "properties" in arguments
    is_plain_text = isinstance(arguments, str) and key not in ("arguments", "action_input", "tool_input")
    if name and (lenient or (key and not is_schema and not is_plain_text)):
        yield build_call(name.strip(), arguments)


def read_script(script: str) -> Iterator[Call]:
    """Yield the one call of a command block, nothing for an empty one.

    Source: SWE-agent writes `exit_cost` and the like where the harness, not the agent, ended the run.
    """
    text = drop_leading_comments(script)
    if text and not _HARNESS_EXIT.match(text):
        yield build_shell_call(text, list_programs(text))


def build_shell_call(text: str, programs: tuple[Program, ...]) -> Call:
    """Return the call of a bare command line, named by its main program; `bash` where it runs none (`x=5`)."""
    main = find_main_program(programs)
    return Call(main.name if main else "bash", text, is_shell=True, programs=programs)


def read_parameters(body: str) -> Any:
    """Return the arguments inside an XML call: parameters, JSON, child elements, or the text itself."""
    parameters: dict[str, Any] = {}
    position = 0
    while match := _PARAMETER.search(body, position):
        value, position = read_until(body, match.end(), f"</{match[1]}>")
        parameters[match[2]] = value.strip("\n")
    if parameters:
        return parameters
    stripped = body.strip()
    if stripped.startswith("{"):
        value, _ = decode_json(stripped, 0)
        return stripped if value is None else value
    position = 0
    while match := _CHILD.match(stripped, position):
        value, position = read_until(stripped, match.end(), f"</{match[1]}>")
        parameters[match[1]] = value.strip("\n")
    return parameters or stripped or {}


def decode_json(text: str, position: int) -> tuple[Any, int]:
    """Return the JSON value at a position and its end, or None and the next position."""
    try:
        return _DECODER.raw_decode(text, position)
    except (ValueError, RecursionError):
        return None, position + 1


def read_until(text: str, position: int, closing: str) -> tuple[str, int]:
    """Return the text up to a closing tag, or all of it, and the position behind."""
    end = text.find(closing, position)
    return (text[position:], len(text)) if end < 0 else (text[position:end], end + len(closing))
