"""What every extractor gets to see of an attempt. The verifier's output is not in here, on purpose."""

from collections.abc import Collection

from pydantic import BaseModel

from core.models import Attempt, Message, Outcome
from core.store import Store

MAXIMUM_SUCCESSES = 12
MAXIMUM_OTHERS = 12
"""Attempts of a trial that are compared with each other: more show nothing new, and reading takes time."""
_LIMITS = (MAXIMUM_SUCCESSES, MAXIMUM_OTHERS)


class AttemptInput(BaseModel):
    """One attempt, ready to be read."""

    attempt_id: int
    conversation_id: str
    task_text: str
    outcome: Outcome
    messages: list[Message]
    tool_definitions: str | None = None
    """JSON of the tools the agent was offered; not all of them were used."""


def load_attempt_input(store: Store, attempt_id: int) -> AttemptInput:
    """Everything an extractor may know of an attempt.

    Raises:
        UsageError: There is no such attempt.
    """
    return AttemptInput(attempt_id=attempt_id, **store.traces.load_attempt(attempt_id)._asdict())


def load_trial_inputs(store: Store, trial_id: int, *, wanted: Collection[int]) -> list[AttemptInput]:
    """The wanted attempts of a trial, and of the others as many as a comparison needs; in order.

    Args:
        store: Where they are.
        trial_id: The trial.
        wanted: Ids of the attempts that must be among them.
    """
    chosen = set(wanted)
    for attempts, limit in zip(_split_by_success(store.traces.list_attempts(trial_id)), _LIMITS, strict=True):
        missing = max(limit - sum(each.id in chosen for each in attempts), 0)
        chosen.update([each.id for each in attempts if each.id not in chosen][:missing])
    return [load_attempt_input(store, each) for each in sorted(chosen)]


def _split_by_success(attempts: list[Attempt]) -> tuple[list[Attempt], list[Attempt]]:
    successful = [each for each in attempts if each.outcome in (Outcome.SUCCESS, Outcome.PARTIAL)]
    return successful, [each for each in attempts if each not in successful]
