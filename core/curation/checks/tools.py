"""Whether the tools that hints name are real: executed, and with success."""

import re
from collections.abc import Sequence

from core.curation.checks.finding import block, show, warn
from core.curation.context import AttemptContext, TrialContext, fold_command
from core.models import Finding, Hint, Outcome, ToolText
from core.traces.actions import Action
from core.traces.programs import get_family

_PART = re.compile(r"[\w.+-]*\w")
_SHELLS = frozenset({"bash", "sh", "shell", "zsh", "terminal", "cli", "tmux", "execute_bash", "bash_command"})
_PLACEHOLDER = re.compile(r"<[^<>\n]{1,40}>|\[[A-Za-z_ -]{2,40}\]|\{[A-Za-z_ ]{1,40}\}|\.{3}|\u2026|\$[A-Z_]{2,40}")
_ONLY_MENTION = frozenset({"which", "whereis", "type", "man", "echo", "printf", "command", "ls", "find", "cat"})
_PLAIN = re.compile(r"[\s\"'`\\]+")
Uses = Sequence[tuple[AttemptContext, Action]]


def check_tool_was_executed(hint: Hint, context: TrialContext) -> list[Finding]:
    """`tool-never-executed`, `tool-only-failed`, `tool-only-in-failures` (block): nobody saw it help.

    No attempt executed it; or it failed whenever it was; or only attempts that failed executed it with success. An
    attempt whose outcome is an exception or not known did not fail.
    """
    if not isinstance(hint.text, ToolText) or not hint.text.name.strip():
        return []
    name = hint.text.name
    uses = _find_uses(name, context)
    if not uses:
        return [block(hint, "tool-never-executed", f"No attempt executed {show(name)}.", "name")]
    worked = [attempt for attempt, action in uses if not action.failed]
    if not worked:
        message = f"{show(name)} failed each time it was executed ({len(uses)} of {len(uses)})."
        return [block(hint, "tool-only-failed", message, "name")]
    if all(attempt.outcome is Outcome.FAILURE for attempt in worked):
        names = ", ".join(dict.fromkeys(attempt.name for attempt in worked))
        message = f"Only attempts that failed executed {show(name)} ({names})."
        return [block(hint, "tool-only-in-failures", message, "name")]
    return []


def check_example_was_run(hint: Hint, context: TrialContext) -> list[Finding]:
    """`example-never-run` (warn): no attempt ran a tool's example. Stand-ins such as `<file>` may differ."""
    if not isinstance(hint.text, ToolText) or not hint.text.example.strip():
        return []
    example = hint.text.example.strip().strip("`").strip()
    pieces = [piece for piece in map(_fold, _PLACEHOLDER.split(example)) if len(piece) > 1]
    uses = _find_uses(hint.text.name, context) or list(context.iterate_actions())
    if not pieces or any(_holds_in_order(_fold(action.command), pieces) for _, action in uses):
        return []
    if any(_holds_in_order(_fold(action.command), pieces) for _, action in context.iterate_actions()):
        return []
    return [warn(hint, "example-never-run", f"No attempt ran {show(example)}.", "example")]


def _find_uses(name: str, context: TrialContext) -> Uses:
    """Every execution of what a hint calls a tool: by its own name, by a word of it, or inside a script."""
    whole = name.strip().strip("`").casefold()
    parts = [part.casefold() for part in _PART.findall(name)]
    for candidate in dict.fromkeys([whole, *parts]):
        uses = context.executed.get(candidate) or context.executed.get(get_family(candidate))
        if uses:
            return uses
    if _SHELLS.intersection(parts):
        return [(attempt, action) for attempt, action in context.iterate_actions() if action.is_shell]
    if len(parts) == 1 and len(whole) > 2:
        word = re.compile(rf"(?<![\w-]){re.escape(whole)}(?![\w-])", re.IGNORECASE)
        return [
            (attempt, action)
            for attempt, action in context.iterate_actions()
            if action.program not in _ONLY_MENTION and not action.is_install and word.search(action.command)
        ]
    return []


def _fold(text: str) -> str:
    # quotes and escapes are written in as many ways as there are notations
    return _PLAIN.sub("", fold_command(text))


def _holds_in_order(text: str, pieces: Sequence[str]) -> bool:
    place = 0
    for piece in pieces:
        place = text.find(piece, place)
        if place < 0:
            return False
        place += len(piece)
    return True
