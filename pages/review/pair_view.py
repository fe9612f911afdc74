"""Two attempts in rows side by side: which messages belong together, and where the two part."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from threading import Lock
from typing import Any, NamedTuple

from core.errors import TraceHintsError
from core.models import Message
from core.store import Store
from core.traces.parting import Parting, find_parting
from pages.review.outgoing import PairWanted


class PairRow(NamedTuple):
    """Two messages that stand beside each other."""

    one: int | None
    """Index of the first attempt's message; None: only the other one has a message here."""
    other: int | None
    same: bool
    """The agent did the same in both, or the words are the same."""
    parts: bool = False
    """The first row of each attempt's own way."""


KEPT = 16
"""Pairs that are kept: two attempts of 400 messages of 20 kB take seconds, and the browser may ask again meanwhile."""
_LAST: dict[tuple[str, str], list[PairRow]] = {}
_LOCK = Lock()
"""Guards `_LAST`, which all sessions share."""


def build_pair(store: Store, wanted: PairWanted) -> dict[str, Any]:
    """Rows in order, as plain data; `problem` if an attempt is not there any more."""
    try:
        one, other = (store.traces.get_attempt(attempt_id) for attempt_id in (wanted.one, wanted.other))
        rows = _align(store, one.conversation_id, other.conversation_id)
    except TraceHintsError as error:
        return {**wanted.model_dump(), "rows": [], "problem": str(error)}
    return {**wanted.model_dump(), "rows": [list(row) for row in rows]}


def _align(store: Store, one_id: str, other_id: str) -> list[PairRow]:
    """The rows, from the last ones if they are there: the ids are hashes of the content, so they never change."""
    with _LOCK:
        known = _LAST.pop((one_id, other_id), None)
    if known is None:
        one, other = store.traces.load_messages(one_id), store.traces.load_messages(other_id)
        known = align_messages(one, other, find_parting(one, other))
    with _LOCK:
        _LAST[one_id, other_id] = known
        while len(_LAST) > KEPT:
            _LAST.pop(next(iter(_LAST)))
    return known


def align_messages(one: Sequence[Message], other: Sequence[Message], parting: Parting) -> list[PairRow]:
    """All messages of both in order: equal turns beside each other, and what lies between them one by one.

    Args:
        one: All messages of an attempt.
        other: All messages of another attempt at the same task.
        parting: Of the two, in this order.
    """
    rows: list[PairRow] = []
    begin, other_begin = 0, 0
    for shared, other_shared in parting.shared:
        rows += _pair(one, other, range(begin, shared), range(other_begin, other_shared))
        rows.append(PairRow(shared, other_shared, same=True))
        begin, other_begin = shared + 1, other_shared + 1
    if not parting.is_apart:
        return [*rows, *_pair(one, other, range(begin, len(one)), range(other_begin, len(other)))]
    parted = len(one) if parting.one is None else parting.one
    other_parted = len(other) if parting.other is None else parting.other
    rows += _pair(one, other, range(begin, parted), range(other_begin, other_parted))
    first, *rest = _pair(one, other, range(parted, len(one)), range(other_parted, len(other)))
    # what follows is each one's own way, also where both happen to say the same
    return [*rows, first._replace(same=False, parts=True), *(row._replace(same=False) for row in rest)]


def _pair(one: Sequence[Message], other: Sequence[Message], ours: range, theirs: range) -> Iterator[PairRow]:
    for mine, yours in zip_longest(ours, theirs):
        both = mine is not None and yours is not None
        yield PairRow(mine, yours, same=both and _is_same(one[mine], other[yours]))


def _is_same(one: Message, other: Message) -> bool:
    return one.role is other.role and one.content.split() == other.content.split()
