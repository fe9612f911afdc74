"""What an attempt really executed: the calls in order, what answered them, which failed, which were repeated or fixed.

Only assistant messages execute things, and a call that the harness rejected was not executed.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence

from core.models import Message, Role
from core.traces.calls import Call
from core.traces.executed import Action, Fix, Loop
from core.traces.notations import list_calls
from core.traces.observations import find_failure, split_screen
from core.traces.programs import BUILTINS, find_main_program, is_install, is_viewer
from core.traces.repeats import action_key, find_fixes, find_loops

__all__ = [
    "Action",
    "Fix",
    "Loop",
    "action_key",
    "find_fixes",
    "find_loops",
    "is_observation",
    "list_actions",
    "list_observations",
]

_MAX_SHARING = 20


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
