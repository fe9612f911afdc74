"""What an attempt really executed: the calls in order, what answered them, which failed, which were repeated or fixed.

Only assistant messages execute things, and a call that the harness rejected was not executed.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.models import Message, Role
from core.traces.calls import Call
from core.traces.notations import list_calls
from core.traces.observations import find_failure, split_screen
from core.traces.shell import BUILTINS, find_main_program, get_family, is_install, is_viewer

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
_MAX_SHARING = 20


@dataclass(frozen=True, slots=True)
class Action:
    """One call that was executed."""

    message: int
    """Index of the assistant message."""
    tool: str
    """The function's name of a tool call; for a bare command line its first program that is no builtin."""
    command: str
    """As a person would read it: the command line, or the name and its arguments as JSON."""
    is_shell: bool
    """True for command lines, also those given to a tool such as `execute_bash`."""
    observation: int | None
    """Index of the message that answered; None if there is none."""
    failed: bool
    error: str
    """The line of the observation that says that it failed, verbatim; `""` if it did not."""
    programs: tuple[str, ...]
    """Every program of the command line, in order, wrappers left out: `sudo -E python -m pytest` runs
    `("python", "pytest")`. Empty for other calls."""
    program: str
    """The program that the command line is about, `""` if there is none."""
    is_install: bool
    """True if the command line installs something."""
    shows_only: bool
    """True if the command line only displays something (`cat`, `ls`, `git log`)."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that a person may rightly call this tool by: the tool and the programs it ran."""
        return tuple(dict.fromkeys((self.tool, *self.programs)))

    @property
    def family(self) -> str:
        """What two attempts at the same thing have in common: the program without its version, or the tool."""
        return get_family(self.program) if self.program else self.tool


@dataclass(frozen=True, slots=True)
class Loop:
    """The same thing failing again and again."""

    actions: tuple[Action, ...]
    """At least two failures, in order."""
    same_action: bool
    """True if the very same action failed each time; False if one tool failed for one cause."""
    is_nested: bool
    """True if a longer loop of the list holds all of these actions."""

    @property
    def messages(self) -> tuple[int, ...]:
        """Indexes of the assistant messages, in order."""
        return tuple(dict.fromkeys(action.message for action in self.actions))

    @property
    def tool(self) -> str:
        """The tool or program that failed."""
        return self.actions[0].program or self.actions[0].tool

    @property
    def error(self) -> str:
        """What the first failure said."""
        return self.actions[0].error


@dataclass(frozen=True, slots=True)
class Fix:
    """An error and the action after which it was gone."""

    failures: tuple[Action, ...]
    """What failed before, in order; the last one is the closest to what worked."""
    change: Action | None
    """What made the difference if it was not the action itself: an install, or an edit in between."""
    worked: Action

    @property
    def failed(self) -> Action:
        """The last failure before it worked."""
        return self.failures[-1]


def list_actions(messages: Sequence[Message]) -> list[Action]:
    """Return everything that the attempt executed, in order; empty if it only talked.

    Args:
        messages: all messages of the attempt; the indexes in the answer count from 0 over all of them.
    """
    places = _index_answers(messages)
    with_tool_role = any(message.role is Role.TOOL for message in messages)
    actions: list[Action] = []
    for number, calls in list_calls(messages).items():
        found = _find_observations(messages, number, calls, places, with_tool_role=with_tool_role)
        errors = _find_errors(messages, calls, found)
        actions.extend(map(_build_action, [number] * len(calls), calls, found, errors))
    return actions


def is_observation(messages: Sequence[Message], index: int) -> bool:
    """True if message `index` answers an executed action. Reads the whole attempt: not for a loop over messages."""
    return index in list_observations(list_actions(messages))


def list_observations(actions: Sequence[Action]) -> list[int]:
    """Return the indexes of the messages that answer these actions, in order."""
    return sorted({action.observation for action in actions if action.observation is not None})


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


def _build_action(number: int, call: Call, observation: int | None, error: str) -> Action:
    main = find_main_program(call.programs)
    return Action(
        message=number,
        tool=call.tool,
        command=call.text,
        is_shell=call.is_shell,
        observation=observation,
        failed=bool(error),
        error=error,
        programs=tuple(program.name for program in call.programs),
        program=main.name if main else "",
        is_install=is_install(call.programs),
        shows_only=is_viewer(call.programs),
    )


def _index_answers(messages: Sequence[Message]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for number, message in enumerate(messages):
        if message.answers is not None:
            places[message.answers].append(number)
    return places


def _find_observations(
    messages: Sequence[Message],
    number: int,
    calls: list[Call],
    places: dict[str, list[int]],
    *,
    with_tool_role: bool,
) -> list[int | None]:
    """Return the message that answers each call: by id, else by order, else all calls share the next one."""
    ids = messages[number].call_ids
    if ids and len(ids) == len(calls) and any(each in places for each in ids):
        return [_find_after(places.get(each, []), number) for each in ids]
    run = list(_iterate_answers(messages, number))
    if with_tool_role:
        # Then a user message is what a person says.
        run = [each for each in run if messages[each].role is Role.TOOL]
    if not run:
        return [None] * len(calls)
    if len(run) > 1 and with_tool_role:
        return [run[position] if position < len(run) else None for position in range(len(calls))]
    return [run[0]] * len(calls)


def _find_after(places: list[int], number: int) -> int | None:
    # Some exports begin their ids again in every turn.
    position = bisect_right(places, number)
    return places[position] if position < len(places) else None


def _iterate_answers(messages: Sequence[Message], number: int) -> Iterator[int]:
    for following in range(number + 1, len(messages)):
        if messages[following].role is Role.ASSISTANT:
            return
        if messages[following].role is not Role.SYSTEM:
            yield following


def _find_errors(messages: Sequence[Message], calls: list[Call], observations: list[int | None]) -> list[str]:
    """Return the error of each call, `""` where nothing says that it failed."""
    errors = [""] * len(calls)
    for observation in dict.fromkeys(observations):
        if observation is None:
            continue
        sharing = [position for position, each in enumerate(observations) if each == observation]
        text = messages[observation].content
        for screen in split_screen(text, [calls[position].text for position in sharing]):
            members = [sharing[position] for position in screen.commands]
            position, error = _find_culprit(screen.text, calls, members)
            errors[position] = error
    return errors


def _find_culprit(text: str, calls: list[Call], members: list[int]) -> tuple[int, str]:
    """Return which of the calls that share an output failed: the one it names, else the last that does something."""
    # Pasting a file line by line makes thousands of commands; the cost stays linear.
    near = members[-_MAX_SHARING:]
    failed = [(position, error) for position in near if (error := find_failure(text, calls[position]))]
    if not failed:
        return members[-1], ""
    named = [each for each in failed if _names_program(each[1], calls[each[0]])]
    working = [each for each in failed if not is_viewer(calls[each[0]].programs)]
    return (named or working or failed)[-1]


def _names_program(error: str, call: Call) -> bool:
    names = {program.name for program in call.programs}
    return any(f"{name}: " in error for name in names - BUILTINS)


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
    if worked.shows_only and failed.shows_only:
        return False
    return _is_like(failed.command, worked.command) or _find_install(actions, failure, installs) is not None


def _find_change(actions: Sequence[Action], failure: int, success: int, installs: list[int]) -> Action | None:
    """Return what was done in between: the install of what was missing, else the last change if the action is the same."""
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
