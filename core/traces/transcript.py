"""The messages of an attempt as a person reads them: roles told apart, errors and loops marked, episodes as ticks."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from core.models import Episode, Message, Role
from core.traces.actions import Action, Loop, find_loops, list_actions, list_observations
from core.traces.blocks import Block, list_blocks

MAX_GAP = 8
"""Messages between two failures that still count as one loop."""
MAX_ERROR_LINES = 50
_BAD_LINE = re.compile(
    r"\bFAIL(?:ED|URE)?\b|^\s*[\w.]*(?:Error|Exception)\b[^\n]{0,3}:|\b(?:ERROR|fatal|FATAL):|^Traceback \(most recent"
    r"|command not found$|No such file or directory|Segmentation fault"
)


_BAD_WORDS = (
    "FAIL",
    "Error",
    "Exception",
    "ERROR:",
    "fatal:",
    "FATAL:",
    "Traceback",
    "command not found",
    "No such file",
    "Segmentation",
)
"""A line without any of these is not read by the pattern, which is slow."""


class ShownMessage(NamedTuple):
    """One message, ready to be shown."""

    number: int
    """0-based over all messages of the attempt."""
    role: str
    """`system`, `user`, `agent`, `tool`, `observation` or `unknown`."""
    text: str
    """As stored."""
    blocks: list[Block]
    error_lines: list[int]
    """Lines of the text, counted from 0, that say that something failed."""


class Bracket(NamedTuple):
    """A stretch of messages in which the same thing failed again and again."""

    first: int
    last: int
    """Index of the last message, its answer included."""
    times: int
    what: str
    """E.g. `the same call` or `the same error`."""


class Transcript(NamedTuple):
    """What is known of a whole attempt before any of its messages is laid out."""

    messages: Sequence[Message]
    outputs: frozenset[int]
    """Indexes of the messages that answer a call."""
    errors: dict[int, list[str]]
    """The lines that say that a call failed, by index of the message."""
    brackets: list[Bracket]


def read_transcript(messages: Sequence[Message]) -> Transcript:
    """What the attempt executed and what became of it; cheap beside the messages themselves.

    Args:
        messages: All of the attempt.
    """
    actions = list_actions(messages)
    errors: dict[int, list[str]] = {}
    for action in actions:
        if action.failed and action.observation is not None:
            errors.setdefault(action.observation, []).append(action.error)
    return Transcript(messages, frozenset(list_observations(actions)), errors, list_brackets(find_loops(actions)))


def show_message(transcript: Transcript, index: int) -> ShownMessage:
    """One message with its blocks.

    Args:
        transcript: Of the attempt.
        index: 0-based over all its messages.
    """
    message = transcript.messages[index]
    is_output = message.role is Role.TOOL or index in transcript.outputs
    lines = list(_find_error_lines(message.content, transcript.errors.get(index, []))) if is_output else []
    return ShownMessage(
        number=index,
        role=_name_role(message.role, is_output),
        text=message.content,
        blocks=list_blocks(message, is_output=is_output),
        error_lines=lines[:MAX_ERROR_LINES],
    )


def list_brackets(loops: Sequence[Loop]) -> list[Bracket]:
    """The stretches to bracket, in order, none inside another; what lies far apart is no loop to a reader."""
    found = sorted(
        (bracket for loop in loops if not loop.is_nested for bracket in _cut_at_gaps(loop)),
        key=lambda item: (item.first, -item.last),
    )
    kept: list[Bracket] = []
    for bracket in found:
        if not kept or bracket.first > kept[-1].last:
            kept.append(bracket)
    return kept


def list_ticks(episodes: Sequence[Episode], attempt_id: int) -> list[tuple[str, int]]:
    """Name and number of messages of each episode of an attempt, the shortest first; one entry per length."""
    mine = sorted((item for item in episodes if item.attempt_id == attempt_id), key=lambda item: item.message_count)
    ticks: dict[int, str] = {}
    for episode in mine:
        ticks.setdefault(episode.message_count, episode.name)
    return [(name, count) for count, name in ticks.items()]


def _name_role(role: Role, is_output: bool) -> str:
    if role is Role.ASSISTANT:
        return "agent"
    return "observation" if is_output and role is not Role.TOOL else str(role)


def _find_error_lines(text: str, errors: Sequence[str]) -> Iterator[int]:
    if not errors and not any(word in text for word in _BAD_WORDS):
        return
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    said = set()
    for error in errors:
        place = text.find(error.split("\n", 1)[0])
        if place >= 0:
            said.add(bisect_right(starts, place) - 1)
    for number, begin in enumerate(starts):
        end = starts[number + 1] - 1 if number + 1 < len(starts) else len(text)
        # a line of a megabyte says nothing that its beginning does not
        line = text[begin : min(end, begin + 2_000)]
        if number in said or (any(word in line for word in _BAD_WORDS) and _BAD_LINE.search(line)):
            yield number


def _cut_at_gaps(loop: Loop) -> Iterator[Bracket]:
    run: list[Action] = []
    for action in [*loop.actions, None]:
        if action is not None and (not run or action.message - run[-1].message <= MAX_GAP):
            run.append(action)
            continue
        if len({each.message for each in run}) > 1:
            last = max(run[-1].message, run[-1].observation or 0)
            what = "the same call fails" if loop.same_action else "the same error"
            yield Bracket(run[0].message, last, len(run), what)
        run = [] if action is None else [action]
