"""Where two attempts at the same task part: pure, and the same for the model that compares them and for the reviewer.

Turns are equal if they execute the same; turns that only talk are compared only where nothing is executed. A turn that
only looks around, and that one of the two left out, is no parting.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from core.models import Message, Role
from core.traces.actions import Action, action_key, list_actions

MOST_TURNS = 400
"""So many turns of each attempt are aligned; what comes behind them is no beginning any more."""
MOST_CHARACTERS = 50_000
"""A message of the agent beyond this counts as talk: reading its commands would take too long."""


_THOUGHTS = frozenset(("think", "thinking", "thought", "sequential_thinking"))
"""Tools that change nothing and say nothing: no two thoughts are alike."""


class Turn(NamedTuple):
    """What the agent did, or said, in one message."""

    message: int
    """Index of the message."""
    key: str
    """The same for the same calls; of a turn without any, its words."""
    shows_only: bool
    """True if it executed something, and all of that only displays something."""
    acts: bool
    """True if it executed something; a call that only takes down a thought is talk."""


class Parting(NamedTuple):
    """How far two attempts went together."""

    shared: list[tuple[int, int]]
    """Message indexes of the agent's equal turns before they part, one in each attempt, in order."""
    one: int | None
    """Index of the agent's message with which the first attempt goes its own way; None if it does nothing more."""
    other: int | None

    @property
    def is_apart(self) -> bool:
        """False if the two did and said the same to their ends."""
        return self.one is not None or self.other is not None


def find_parting(one: Sequence[Message], other: Sequence[Message]) -> Parting:
    """Where two attempts part: the first turn of each whose calls, or reply, the other one has not.

    Args:
        one: All messages of an attempt.
        other: All messages of another attempt at the same task.
    """
    return align_turns(list_turns(one), list_turns(other))


def list_turns(messages: Sequence[Message]) -> list[Turn]:
    """The agent's turns of an attempt in order, at most `MOST_TURNS` of them."""
    agent = [index for index, message in enumerate(messages) if message.role is Role.ASSISTANT][:MOST_TURNS]
    if not agent:
        return []
    # one message behind the last turn: it may be the harness that says that nothing was executed
    calls: dict[int, list[Action]] = {}
    for action in list_actions([_shorten(message) for message in messages[: agent[-1] + 2]]):
        if action.tool.lower() not in _THOUGHTS:
            calls.setdefault(action.message, []).append(action)
    return [_build_turn(index, messages[index], calls.get(index, [])) for index in agent]


def align_turns(one: Sequence[Turn], other: Sequence[Turn]) -> Parting:
    """`find_parting`, for turns that were listed before."""
    ours, theirs = [turn for turn in one if turn.acts], [turn for turn in other if turn.acts]
    shared = list(_align(ours, theirs))
    last = (shared[-1][0].message, shared[-1][1].message) if shared else (-1, -1)
    left = [turn for turn in one if turn.message > last[0]]
    right = [turn for turn in other if turn.message > last[1]]
    if any(turn.acts for turn in (*left, *right)):
        first, second = _find_first_act(left), _find_first_act(right)
    else:
        # both did the same, or nothing at all: then they part by what they say
        said = _count_equal(left, right)
        shared += zip(left[:said], right[:said], strict=True)
        left, right = left[said:], right[said:]
        first, second = (left[0].message if left else None), (right[0].message if right else None)
    return Parting([(a.message, b.message) for a, b in shared], first, second)


def _shorten(message: Message) -> Message:
    if message.role is Role.ASSISTANT and len(message.content) > MOST_CHARACTERS:
        return message.model_copy(update={"content": ""})
    return message


def _build_turn(index: int, message: Message, calls: Sequence[Action]) -> Turn:
    key = "\n".join(map(action_key, calls)) if calls else " ".join(message.content.split())
    return Turn(index, key, bool(calls) and all(call.shows_only for call in calls), bool(calls))


def _align(one: Sequence[Turn], other: Sequence[Turn]) -> Iterator[tuple[Turn, Turn]]:
    """Equal acting turns, as long as whatever stands between them in only one of the two merely looks around."""
    matcher = SequenceMatcher(None, [turn.key for turn in one], [turn.key for turn in other], autojunk=False)
    begin, other_begin = 0, 0
    for start, other_start, length in matcher.get_matching_blocks():
        between = (*one[begin:start], *other[other_begin:other_start])
        if not length or not all(turn.shows_only for turn in between):
            return
        begin, other_begin = start + length, other_start + length
        yield from zip(one[start:begin], other[other_start:other_begin], strict=True)


def _find_first_act(turns: Sequence[Turn]) -> int | None:
    """The first turn that acts; one without any goes its own way where it begins to talk instead."""
    acting = next((turn.message for turn in turns if turn.acts), None)
    return acting if acting is not None or not turns else turns[0].message


def _count_equal(one: Sequence[Turn], other: Sequence[Turn]) -> int:
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a.key != b.key), min(len(one), len(other)))
