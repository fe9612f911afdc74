"""What an attempt did again and again, and how it got out of it."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence

from core.traces.executed import Action, Fix, Loop

_WAITING = re.compile(
    r',? ?"(?:duration|timeout\w*|security_risk|is_blocking|is_background|is_input|max_wait\w*)": ("[^"]*"|[^,}\]]*)'
)
_SHELL_PREFIX = re.compile(r"^(?:\S{0,200}/)?(?:ba|da|z|k)?sh: (?:line \d+: |\d+: )?")
_LINT_CODE = re.compile(r"^- [A-Z]+\d+ ")
_WORD = re.compile(r"\w+")
_MISSING = re.compile(
    r"No module named ['\"]?([\w.-]+)|(?:^|[\s/])([\w.+-]+): (?:command )?not found|command not found: (\S+)"
    r"|Cannot find module ['\"]([^'\"]+)|Unable to locate package (\S+)"
)
_SINGLE_PURPOSE = frozenset(("edit", "insert", "submit"))
_MAX_WAITING_FAILURES = 20


def action_key(action: Action) -> str:
    """Return what makes an action the same again: whitespace and waiting times do not count."""
    command = action.command if action.is_shell else _WAITING.sub("", action.command)
    return f"{action.tool} {' '.join(command.split())}"


def find_loops(actions: Sequence[Action]) -> list[Loop]:
    """Return what failed twice or more, in order of its first failure: the same action, or one tool for one cause.

    A cause is the error's words; a wider one also ignores the numbers in them. Loops may lie inside each other
    (`is_nested`), because "the same call 4 times" and "the same error 5 times" are both true.
    """
    groups: dict[tuple[str, ...], list[Action]] = defaultdict(list)
    for action in actions:
        if action.failed:
            groups["action", action_key(action)].append(action)
            for cause in _list_causes(action):
                groups["cause", action.family, cause].append(action)
    found: dict[tuple[Action, ...], bool] = {}
    for key, members in groups.items():
        if len({member.message for member in members}) > 1:
            found[tuple(members)] = found.get(tuple(members), False) or key[0] == "action"
    return sorted(_build_loops(found), key=lambda loop: (loop.messages[0], -len(loop.actions)))


def find_fixes(actions: Sequence[Action]) -> list[Fix]:
    """Return the errors that were overcome, in the order in which something worked.

    It worked when a related action of the same program or tool was answered without an error: the same command, one
    much like it, or any after an install of what was missing. Whatever only displays something fixes nothing.
    """
    waiting: dict[str, list[int]] = defaultdict(list)
    installs: list[int] = []
    fixes: list[Fix] = []
    for number, action in enumerate(actions):
        if action.failed:
            waiting[action.family] = [*waiting[action.family], number][-_MAX_WAITING_FAILURES:]
            continue
        if action.observation is not None:
            fixed = [each for each in waiting[action.family] if _is_fixed(actions, each, number, installs)]
            if fixed:
                waiting[action.family] = [each for each in waiting[action.family] if each not in fixed]
                change = _find_change(actions, fixed[-1], number, installs)
                fixes.append(Fix(tuple(actions[each] for each in fixed), change, action))
        if action.is_install:
            installs.append(number)
    return fixes


def _build_loops(found: dict[tuple[Action, ...], bool]) -> Iterator[Loop]:
    members = [(set(map(id, actions)), actions, same) for actions, same in found.items()]
    for ids, actions, same in members:
        yield Loop(actions, same, is_nested=any(ids < others for others, _, _ in members))


def _list_causes(action: Action) -> Iterator[str]:
    """Yield what an error comes down to, from narrow to wide, each tagged with its width."""
    error = _SHELL_PREFIX.sub("", action.error)
    if _LINT_CODE.match(error):
        yield "rejected by the editor's checker"
    words = _WORD.findall(error.lower())
    yield f"words {' '.join(words)}"
    yield f"kinds {' '.join('#' if any(map(str.isdigit, word)) else word for word in words)}"


def _is_fixed(actions: Sequence[Action], failure: int, success: int, installs: list[int]) -> bool:
    failed, worked = actions[failure], actions[success]
    if not worked.is_shell or worked.program in _SINGLE_PURPOSE:
        return True
    if _find_install(actions, failure, installs) is not None:
        return True
    return not (worked.shows_only and failed.shows_only) and _is_like(failed.command, worked.command)


def _find_change(actions: Sequence[Action], failure: int, success: int, installs: list[int]) -> Action | None:
    """Return what was done in between: the install of what was missing; before the same action, the last change."""
    install = _find_install(actions, failure, installs)
    if install is not None:
        return actions[install]
    if action_key(actions[failure]) != action_key(actions[success]):
        return None
    between = actions[failure + 1 : success]
    return next((each for each in reversed(between) if not each.shows_only and not each.failed), None)


def _find_install(actions: Sequence[Action], failure: int, installs: list[int]) -> int | None:
    """Return the install behind a failure that names what the failure missed, else None."""
    match = _MISSING.search(actions[failure].error)
    if match is None:
        return None
    missing = next(each for each in match.groups() if each).split(".")[0].lower()
    start = bisect_right(installs, failure)
    return next((each for each in installs[start:] if missing in actions[each].command.lower()), None)


def _is_like(one: str, other: str) -> bool:
    """True if two command lines share half of their words."""
    ours, theirs = set(one.split()), set(other.split())
    return 2 * len(ours & theirs) >= len(ours | theirs) or _find_script_name(one) == _find_script_name(other) != ""


def _find_script_name(command: str) -> str:
    return next((word for word in command.split("\n", 1)[0].split()[1:4] if re.search(r"\w\.\w{1,5}$", word)), "")
