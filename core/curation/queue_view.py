"""The queue as it goes to the browser: arrays, because with names of fields 12,000 trials would be far longer."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from core.models import Outcome, TrialStatus
from core.store.queue_models import QueueEntry

OUTCOME_LETTERS = {
    Outcome.SUCCESS: "s",
    Outcome.PARTIAL: "p",
    Outcome.FAILURE: "f",
    Outcome.ERROR: "e",
    Outcome.UNKNOWN: "u",
}
_LETTERS = {status: status.value[0] for status in TrialStatus}
QUEUE_COLUMNS = ("trial_id", "name", "status", "outcomes", "hints", "blocks", "warnings", "task")
"""What the arrays of `build_queue_rows` hold, in order."""


def build_queue_rows(entries: Iterable[QueueEntry]) -> list[list[Any]]:
    """One array a trial, as `QUEUE_COLUMNS` names them; status is its first letter, outcomes one letter an attempt."""
    return [
        [
            entry.trial_id,
            entry.name,
            _LETTERS[entry.status],
            spell_outcomes(entry.outcomes),
            entry.hints,
            entry.blocks,
            entry.warnings,
            " ".join(entry.task.split()),
        ]
        for entry in entries
    ]


@lru_cache(maxsize=4096)
def spell_outcomes(outcomes: tuple[Outcome, ...]) -> str:
    """One letter an attempt, e.g. `sfu`."""
    return "".join(OUTCOME_LETTERS[outcome] for outcome in outcomes)
