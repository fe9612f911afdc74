"""How many attempts a hint was seen in: what a reviewer weighs it by. Counted by distinct attempts, not by mentions."""

from collections.abc import Mapping
from typing import NamedTuple

from core.curation.context import SUCCESSFUL
from core.models import Hint, Outcome


class Support(NamedTuple):
    """Attempts behind a hint."""

    attempts: int
    """Attempts that it was proposed from."""
    of: int
    """Attempts of the trial."""
    successful: int
    """Of those behind it, successful or partly so."""

    def describe(self) -> str:
        """In words, e.g. `3 of 5 attempts, 2 of them successful`."""
        if not self.attempts:
            return "no attempt behind it"
        noun = "attempt" if self.of == 1 else "attempts"
        return f"{self.attempts} of {self.of} {noun}, {self._describe_successes()}"

    def _describe_successes(self) -> str:
        if self.attempts == 1:
            return "successful" if self.successful else "not successful"
        return f"{self.successful or 'none'} of them successful"


def count_support(hint: Hint, outcomes: Mapping[int, Outcome]) -> Support:
    """The support of a hint.

    Args:
        hint: Of the trial.
        outcomes: The outcome of each attempt of the trial, by id.
    """
    behind = {attempt_id for attempt_id in hint.attempt_ids if attempt_id in outcomes}
    successful = sum(outcomes[attempt_id] in SUCCESSFUL for attempt_id in behind)
    return Support(len(behind), len(outcomes), successful)
