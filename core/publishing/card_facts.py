"""What the card is made of: counts over the published tasks, and what is known of their source."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from core.curation.checks import CHECKS
from core.models import HintKind, Origin
from core.publishing.metadata import count_outcomes
from core.publishing.options import PublishOptions
from core.publishing.task_rows import TasksIdentity
from core.publishing.tasks import BuiltTask
from core.store.overview import StageCounts

_CODE = re.compile(r"`([a-z]+(?:-[a-z]+)*)`(?=(?:,? (?:and )?`[a-z-]+`)* \((block|warn|info))")


def list_checks() -> dict[str, list[str]]:
    """The codes of the checks that hints go through, by severity, as their own docstrings name them."""
    found: dict[str, list[str]] = {}
    for check in CHECKS:
        for code, severity in _CODE.findall(check.__doc__ or ""):
            found.setdefault(severity, []).append(code)
    return found


class SourceFacts(NamedTuple):
    """What the workspace knows of the source."""

    licence: str | None = None
    """As the source's card names it."""
    statuses: StageCounts | None = None
    """Of all its trials, published or not."""


class Card(NamedTuple):
    """What a card says beside the counts."""

    example: str
    """Name of one task's folder."""
    options: PublishOptions
    source: SourceFacts = SourceFacts()
    tasks_identity: TasksIdentity | None = None
    """Where source tasks came from, if any did."""


@dataclass
class CardFacts:
    """Counts over the published tasks; twins are counted as twins only."""

    tasks: int = 0
    twins: int = 0
    reviewed: int = 0
    with_verifier: int = 0
    accepted: int = 0
    """Accepted hints, published or left out by the selection."""
    edited: int = 0
    """Accepted hints whose words a person changed."""
    rejected: int = 0
    hints: Counter[HintKind] = field(default_factory=Counter)
    """The published ones."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """Of the attempts."""
    origins: set[Origin] = field(default_factory=set)

    def add(self, task: BuiltTask) -> None:
        """Count one more task."""
        if task.twin_of is not None:
            self.twins += 1
            return
        self.tasks += 1
        self.reviewed += task.is_reviewed
        self.with_verifier += task.has_verifier
        self.accepted += len(task.facts.hints)
        self.edited += sum(hint.is_edited for hint in task.facts.hints)
        self.rejected += task.facts.rejected
        self.hints.update(hint.kind for hint in task.hints)
        self.outcomes.update(count_outcomes(task.facts.attempts))
        self.origins.update(task.origins)


def choose_licence(card: Card) -> str | None:
    """The licence that was asked for, else the one that holds for everything in the repository; None if none does."""
    if card.options.licence is not None:
        return card.options.licence
    if card.tasks_identity is not None and card.tasks_identity.licence != card.source.licence:
        return None
    return card.source.licence
