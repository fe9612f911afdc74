"""Two attempts of one trial to be compared: one that succeeded, one that failed, and where they part."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.models import Attempt, Message, Outcome
from core.store import Store
from core.traces.parting import Parting, Turn, align_turns, list_turns

MOST_CANDIDATES = 6
"""Of either side: in a trial with hundreds of attempts, the first ones are enough to choose from."""


@dataclass(frozen=True)
class Side:
    """One of the two."""

    attempt: Attempt
    messages: list[Message]

    @property
    def label(self) -> str:
        """As the reviewer sees it, e.g. `A2`."""
        return f"A{self.attempt.number}"


@dataclass(frozen=True)
class ContrastInput:
    """What may be known of the two. The verifier's output is not in here, on purpose."""

    task_text: str
    succeeded: Side
    failed: Side
    parting: Parting
    """The one is `succeeded`, the other `failed`."""

    @property
    def labels(self) -> dict[str, int]:
        """Ids of the two attempts by their labels."""
        return {side.label: side.attempt.id for side in (self.succeeded, self.failed)}


@dataclass(frozen=True)
class _Candidate:
    side: Side
    turns: list[Turn]


def load_contrast_input(store: Store, attempt_id: int) -> ContrastInput:
    """The pair of the trial that an attempt belongs to; always the same one.

    Of all pairs the one that goes together longest; a whole success comes before one in part, a short pair before a
    long one.

    Raises:
        LookupError: The trial has no success, or no failure.
    """
    trial_id = store.traces.get_attempt(attempt_id).trial_id
    attempts = store.traces.list_attempts(trial_id)
    successes = _choose(attempts, Outcome.SUCCESS) or _choose(attempts, Outcome.PARTIAL)
    failures = _choose(attempts, Outcome.FAILURE)
    if not successes or not failures:
        raise LookupError(f"trial {trial_id} has nothing to compare")
    ours, theirs = _load(store, successes), _load(store, failures)
    pairs = [(align_turns(one.turns, other.turns), one.side, other.side) for one in ours for other in theirs]
    parting, succeeded, failed = min(pairs, key=_rank)
    task_text = store.traces.get_trial(trial_id).source_task_text
    return ContrastInput(task_text, succeeded, failed, parting)


def _choose(attempts: Sequence[Attempt], outcome: Outcome) -> list[Attempt]:
    return [attempt for attempt in attempts if attempt.outcome is outcome][:MOST_CANDIDATES]


def _load(store: Store, attempts: Sequence[Attempt]) -> list[_Candidate]:
    sides = [Side(attempt, store.traces.load_messages(attempt.conversation_id)) for attempt in attempts]
    return [_Candidate(side, list_turns(side.messages)) for side in sides]


def _rank(pair: tuple[Parting, Side, Side]) -> tuple[object, ...]:
    parting, one, other = pair
    size = one.attempt.characters + other.attempt.characters
    return (not parting.is_apart, -len(parting.shared), size, one.attempt.number, other.attempt.number)
