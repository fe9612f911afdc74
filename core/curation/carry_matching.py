"""Which trial and attempts of a later import are those of an earlier one: by name and by content. Pure.

An attempt is the same if its messages are, so quotes need not be looked for again; names only say where to look first.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from core.models import Attempt, Trial


class Likeness(NamedTuple):
    """A trial of the later import, and which of its attempts are which of the earlier trial's."""

    trial: Trial
    attempts: Mapping[int, int]
    """Id there by id of the earlier import: those with the same messages."""
    is_named: bool
    """True if it has the earlier trial's name."""
    is_whole: bool
    """True if every attempt of the earlier trial is there."""
    has_others: bool
    """True if it has attempts that the earlier trial had not."""

    @property
    def is_home(self) -> bool:
        """True if what was decided on the whole trial may hold for it: a superset is it only under the same name."""
        return self.is_whole and (self.is_named or not self.has_others)


def compare_trials(old: Trial, old_attempts: Sequence[Attempt], new: Trial, attempts: Sequence[Attempt]) -> Likeness:
    """How much of an earlier trial a later one is."""
    by_content: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        by_content.setdefault(attempt.conversation_id, []).append(attempt)
    same = {
        attempt.id: max(by_content[attempt.conversation_id], key=lambda other: _count_shared(attempt, other)).id
        for attempt in old_attempts
        if attempt.conversation_id in by_content
    }
    contents = {attempt.conversation_id for attempt in old_attempts}
    return Likeness(
        trial=new,
        attempts=same,
        is_named=new.name == old.name,
        is_whole=len(same) == len(old_attempts),
        has_others=any(attempt.conversation_id not in contents for attempt in attempts),
    )


def find_holder(likenesses: Sequence[Likeness], attempt_ids: Collection[int]) -> Likeness | None:
    """The first trial that holds all these attempts of the earlier one; None if none does, or there are no attempts."""
    if not attempt_ids:
        return None
    return next((item for item in likenesses if all(it in item.attempts for it in attempt_ids)), None)


def find_home(likenesses: Sequence[Likeness]) -> Likeness | None:
    """The trial that an earlier one is now; None if it is part of a larger one, was split, or changed."""
    return next((item for item in likenesses if item.is_home), None)


def _count_shared(one: Attempt, other: Attempt) -> int:
    # of several runs with the same messages, the one that is called alike and ended alike
    return (
        2 * (one.source_trial_name == other.source_trial_name)
        + 2 * (one.run_id == other.run_id)
        + (one.result == other.result)
    )
