"""How an attempt over the input limit is cut: the same attempt is always cut in the same way, and then always fits.

Task text and first messages take at most half. Long observations are squeezed to head and tail, the longest first, then
the agent's own long messages; if that is not enough, whole turns leave, those first that teach least (`ranking.py`).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from core.extraction.left_out import LeftOut, SqueezedMessage
from core.extraction.ranking import EDGE_MESSAGES, Rank, parse_actions, rank_messages
from core.extraction.squeezing import find_allowance, squeeze
from core.models import Message, Role
from core.traces.actions import Action
from core.traces.report import CHARACTERS_PER_TOKEN

MIN_INPUT_LIMIT = 1_000
"""Tokens; a smaller limit counts as this one."""
_OBSERVATION_FLOOR = 1_000
"""Characters: before observations get shorter than this, turns are left out."""
_AGENT_FLOOR = 2_000
_MAX_TURN = 8
"""Messages that stay or go together: the agent's and what answers it."""
_GAP_CHARACTERS = 48
"""At most, of the line that stands for messages left out."""

NumberedMessage = tuple[int, Message]


class Cut(NamedTuple):
    """What is sent of an attempt."""

    task_text: str
    kept: list[NumberedMessage]
    """Each message with its own index in the attempt, ascending."""
    left_out: LeftOut | None
    """None if everything is sent."""


class _Plan(NamedTuple):
    allowed: list[int]
    """Characters of each message's text."""
    sizes: list[int]
    """Characters that each message takes at most, with its header."""
    task: int
    """Characters of the task text."""


def cut_attempt(
    task_text: str,
    messages: Sequence[Message],
    *,
    limit_tokens: int,
    label: str = "",
    least_tokens: int = MIN_INPUT_LIMIT,
) -> Cut:
    """What of an attempt fits; everything if it is under the limit.

    Args:
        task_text: The task; counts like the messages.
        messages: All messages of the attempt. Secrets in them are masked: a cut may go through the middle of one.
        limit_tokens: At most so many, counted as four characters each, with the lines that number the messages.
        label: Of the attempt, where several are shown.
        least_tokens: A smaller limit counts as this one.
    """
    limit = max(limit_tokens, least_tokens) * CHARACTERS_PER_TOKEN
    headers = [len(render_header(index, message, label=label)) + 2 for index, message in enumerate(messages)]
    if len(task_text) + sum(headers) + sum(len(message.content) for message in messages) <= limit:
        return Cut(task_text, list(enumerate(messages)), None)
    actions = parse_actions(messages)
    opening = _count_opening(messages)
    plan = _share_out(len(task_text), messages, headers, opening, limit)
    turns = list(_split_turns(messages, opening))
    ranks = rank_messages(len(messages), actions)
    room = limit - plan.task - sum(plan.sizes[:opening])
    kept = [*range(opening), *_choose_messages(turns, ranks, plan.sizes, room)]
    return _build_cut(task_text, messages, kept, plan, _list_errors(actions))


def render_header(index: int, message: Message, *, label: str = "") -> str:
    """The line above a message, e.g. `[message 12, assistant]`, or `[A2 message 12, assistant]`."""
    return f"[{label} message {index}, {message.role}]" if label else f"[message {index}, {message.role}]"


def render_messages(kept: Sequence[NumberedMessage], *, first: int = 0, label: str = "") -> list[str]:
    """Messages below their headers, and a line in the place of those that are left out between them.

    Args:
        kept: Ascending by number.
        first: Number of the first message that there is.
        label: Of the attempt, where several are shown.
    """
    lines: list[str] = []
    expected = first
    for index, message in kept:
        if index > expected:
            lines.append(render_gap(expected, index - 1))
        expected = index + 1
        lines += [render_header(index, message, label=label), message.content]
    return lines


def render_gap(first: int, last: int) -> str:
    """The line that stands for messages that are left out."""
    return f"[messages {first} to {last} are left out]" if last > first else f"[message {first} is left out]"


def _count_opening(messages: Sequence[Message]) -> int:
    """How many messages come before the agent's first one: the instructions and the task. At least one."""
    agent = next((index for index, message in enumerate(messages) if message.role is Role.ASSISTANT), len(messages))
    return min(max(agent, 1), EDGE_MESSAGES, len(messages))


def _share_out(task: int, messages: Sequence[Message], headers: Sequence[int], opening: int, limit: int) -> _Plan:
    lengths = [len(message.content) for message in messages]
    agent = [lengths[i] for i in range(opening, len(messages)) if messages[i].role is Role.ASSISTANT]
    observed = [lengths[i] for i in range(opening, len(messages)) if messages[i].role is not Role.ASSISTANT]
    room = limit - sum(headers)
    # half, or more where the rest needs less
    to_opening = find_allowance(
        [task, *lengths[:opening]],
        max(limit // 2 - sum(headers[:opening]), room - sum(agent) - sum(observed)),
    )
    room -= sum(min(length, to_opening) for length in (task, *lengths[:opening]))
    # the floors are shares of a very small limit, so that the last turn fits into it
    to_observed = max(find_allowance(observed, room - sum(agent)), min(_OBSERVATION_FLOOR, limit // 32))
    room -= sum(min(length, to_observed) for length in observed)
    to_agent = max(find_allowance(agent, room), min(_AGENT_FLOOR, limit // 16))
    allowed = [
        to_opening if index < opening else to_agent if message.role is Role.ASSISTANT else to_observed
        for index, message in enumerate(messages)
    ]
    sizes = [min(pair) + header for *pair, header in zip(lengths, allowed, headers, strict=True)]
    return _Plan(allowed, sizes, min(task, to_opening))


def _split_turns(messages: Sequence[Message], opening: int) -> Iterator[range]:
    """The indexes behind the opening in runs: a message of the agent and what answers it."""
    start = opening
    for index in range(opening + 1, len(messages) + 1):
        is_end = index == len(messages) or messages[index].role is Role.ASSISTANT
        if is_end or index - start == _MAX_TURN:
            yield range(start, index)
            start = index


def _choose_messages(turns: Sequence[range], ranks: Sequence[Rank], sizes: Sequence[int], room: int) -> list[int]:
    """The indexes of the messages that stay: turns leave by rank, the oldest first, until the rest fits.

    The last turn never leaves.
    """
    is_kept = [True] * len(turns)
    total = sum(sizes[index] for turn in turns for index in turn)
    # sorting keeps the order of equals: the oldest first
    for number in sorted(range(len(turns) - 1), key=lambda number: max(ranks[index] for index in turns[number])):
        if total <= room:
            break
        is_kept[number] = False
        gaps = 1 - (number > 0 and not is_kept[number - 1]) - (not is_kept[number + 1])
        total += gaps * _GAP_CHARACTERS - sum(sizes[index] for index in turns[number])
    return [index for turn, kept in zip(turns, is_kept, strict=True) if kept for index in turn]


def _list_errors(actions: Sequence[Action]) -> dict[int, list[str]]:
    """What each observation says that went wrong, by its index."""
    errors: defaultdict[int, list[str]] = defaultdict(list)
    for action in actions:
        if action.failed and action.observation is not None:
            errors[action.observation].append(action.error)
    return errors


def _build_cut(
    task_text: str, messages: Sequence[Message], kept: Sequence[int], plan: _Plan, errors: dict[int, list[str]]
) -> Cut:
    task = squeeze(task_text, plan.task)
    sent: list[NumberedMessage] = []
    squeezed: list[SqueezedMessage] = []
    for index in kept:
        text, missing = squeeze(messages[index].content, plan.allowed[index], errors=errors.get(index, ()))
        if missing:
            squeezed.append(SqueezedMessage(index=index, characters_left_out=missing))
        sent.append((index, messages[index].model_copy(update={"content": text}) if missing else messages[index]))
    left_out = LeftOut(
        messages=len(messages),
        ranges=list(_list_gaps(kept)),
        squeezed=squeezed,
        task_characters_left_out=task.characters_left_out,
        characters=len(task_text) + sum(len(message.content) for message in messages),
        characters_sent=len(task_text)
        + sum(len(messages[index].content) for index in kept)
        - sum(item.characters_left_out for item in squeezed)
        - task.characters_left_out,
    )
    return Cut(task.text, sent, left_out)


def _list_gaps(kept: Sequence[int]) -> Iterator[tuple[int, int]]:
    # the first and the last message are always kept
    for before, after in zip(kept, kept[1:], strict=False):
        if after > before + 1:
            yield before + 1, after - 1
