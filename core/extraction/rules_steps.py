"""What an attempt did, as steps: calls of the same tool, with the same verb of a program, on the same file are one."""

import re
from dataclasses import dataclass

from core.extraction.rules_tools import HARNESS_TOOLS, get_name, is_worth_naming
from core.extraction.rules_trial import Digest
from core.extraction.rules_wording import find_written_file, is_inline_script, list_libraries, read_arguments
from core.traces.actions import Action
from core.traces.programs import EDITOR_COMMANDS, get_family

_WITH_VERB = frozenset(
    [
        "git",
        "apt-get",
        "apt",
        "pip",
        "npm",
        "docker",
        "cargo",
        "go",
        "mvn",
        "conda",
        "uv",
        "systemctl",
        "kubectl",
        "poetry",
        "yarn",
        "python",
    ]
)
_OPEN_FILE = re.compile(r"^\[File: (\S+) \(\d+ lines total\)\]", re.MULTILINE)
_EDITING = frozenset(("edit", "insert"))


@dataclass(frozen=True)
class Step:
    """The calls of one attempt that are one step: the same tool, the same verb of a program, the same file."""

    key: str
    position: int
    actions: tuple[Action, ...]


def list_steps(digest: Digest) -> list[Step]:
    """An attempt's steps in the order in which each was first done; writing a script that is run later is no step."""
    grouped: dict[str, list[tuple[int, Action]]] = {}
    run = " ".join(action.command for action in digest.actions if action.is_shell and not find_written_file(action))
    for position, action in enumerate(digest.actions):
        if action.failed or get_name(action).lower() in HARNESS_TOOLS or not (key := _get_key(digest, action)):
            continue
        written = find_written_file(action)
        if written and written.rsplit("/", 1)[-1] in run:
            continue
        grouped.setdefault(key, []).append((position, action))
    return [Step(key, found[0][0], tuple(action for _, action in found)) for key, found in grouped.items()]


def _get_key(digest: Digest, action: Action) -> str:
    written = find_written_file(action)
    if written:
        return f"write {written}"
    if not action.is_shell:
        arguments = read_arguments(action)
        # a tool that loads things by name does another thing with each
        return f"{action.tool} {arguments}" if len(arguments) == 1 and action.tool.startswith("load") else action.tool
    if action.program in _EDITING:
        return f"edit {file}" if (file := _find_edited_file(digest, action)) else ""
    if not is_worth_naming(action) or action.program in EDITOR_COMMANDS:
        return ""
    if is_inline_script(action):
        libraries = _list_foreign_libraries(digest, action)
        return f"inline {' '.join(libraries)}" if libraries else ""
    name = get_family(action.program)
    if _find_own_script(digest, action):
        return f"{name} own script"
    words = [word for word in action.command.split() if not word.startswith("-")]
    after = words[words.index(action.program) + 1 :] if action.program in words else []
    if name in _WITH_VERB:
        return f"{name} {next(iter(after), '')}"
    return name


def _find_edited_file(digest: Digest, action: Action) -> str:
    """The file that an edit changed, by its name; `""` for one that the agent made itself. Source: SWE-agent."""
    text = digest.attempt.messages[action.observation].content if action.observation is not None else ""
    match = _OPEN_FILE.search(text)
    name = match[1].rsplit("/", 1)[-1] if match else ""
    is_own = any(each.program == "create" and name in each.command for each in digest.actions)
    return "" if is_own else name


def _find_own_script(digest: Digest, action: Action) -> str:
    """The file that a command line runs and the agent wrote before, by its name; `""` if there is none."""
    written = {find_written_file(each).rsplit("/", 1)[-1] for each in digest.actions} | {
        each.command.split()[-1] for each in digest.actions if each.program == "create"
    }
    names = (word.rsplit("/", 1)[-1] for word in action.command.partition("\n")[0].split())
    return next((name for name in names if name in written and "." in name), "")


def _list_foreign_libraries(digest: Digest, action: Action) -> list[str]:
    """The packages of an inline script that the agent did not write itself."""
    own = {find_written_file(each).rsplit("/", 1)[-1].removesuffix(".py") for each in digest.actions}
    return [name for name in list_libraries(action) if name not in own and f"{name}.py" not in digest.attempt.task_text]
