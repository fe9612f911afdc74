"""What is worth keeping of an attempt that is too long: what failed, what mended it, what was used first."""

from collections.abc import Iterable, Sequence
from enum import IntEnum

from core.models import Message, Role
from core.traces.actions import Action, find_fixes, list_actions

EDGE_MESSAGES = 6
"""So many at the beginning, and as many at the end, are worth more than anything in between."""
_MAX_PARSED = 50_000
"""Characters: reading the commands of a longer message of the agent may take longer than its request."""


class Rank(IntEnum):
    """Whatever has the lowest rank is left out first."""

    FILLER = 0
    FIRST_USE = 1
    ERROR = 2
    FIXED = 3
    EDGE = 4


def parse_actions(messages: Sequence[Message]) -> list[Action]:
    """What the attempt executed, in order; an agent's message beyond all measure counts as talk."""
    return list_actions(
        [
            message.model_copy(update={"content": ""})
            if message.role is Role.ASSISTANT and len(message.content) > _MAX_PARSED
            else message
            for message in messages
        ]
    )


def rank_messages(count: int, actions: Sequence[Action]) -> list[Rank]:
    """The rank of every message, by index.

    Args:
        count: How many messages the attempt has.
        actions: What it executed, in order.
    """
    ranks = [Rank.FILLER] * count
    _raise(ranks, _list_first_uses(actions), Rank.FIRST_USE)
    _raise(ranks, _list_errors(actions), Rank.ERROR)
    for fix in find_fixes(actions):
        _raise(ranks, [fix.failed, fix.worked, *([fix.change] if fix.change else [])], Rank.FIXED)
    edges = {*range(min(EDGE_MESSAGES, count)), *range(max(count - EDGE_MESSAGES, 0), count)}
    return [Rank.EDGE if index in edges else rank for index, rank in enumerate(ranks)]


def _raise(ranks: list[Rank], actions: Iterable[Action], rank: Rank) -> None:
    for action in actions:
        for index in (action.message, action.observation):
            if index is not None:
                ranks[index] = max(ranks[index], rank)


def _list_first_uses(actions: Sequence[Action]) -> list[Action]:
    """Of every tool and program, the first call that worked."""
    firsts: dict[str, Action] = {}
    for action in actions:
        if not action.failed:
            for name in action.names:
                firsts.setdefault(name, action)
    return list(firsts.values())


def _list_errors(actions: Sequence[Action]) -> list[Action]:
    """Of every error, the first and the last time: what stands between them says the same again."""
    firsts: dict[tuple[str, str], Action] = {}
    lasts: dict[tuple[str, str], Action] = {}
    for action in actions:
        if action.failed:
            firsts.setdefault((action.family, action.error), action)
            lasts[action.family, action.error] = action
    return [*firsts.values(), *lasts.values()]
