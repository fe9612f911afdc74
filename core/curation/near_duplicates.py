"""Hints of a trial that nearly say the same and were not merged, for a model to propose one wording for them. Pure."""

from collections.abc import Sequence

from core.curation.similarity import get_shared_words
from core.models import Hint, HintKind, HintState

NEARLY_THE_SAME = 0.4
"""Share of common words from which on one wording may do for both."""
MOST_GROUPS = 3
MOST_HINTS = 4
"""Of one group."""


def list_near_duplicates(hints: Sequence[Hint]) -> list[list[str]]:
    """Ids of the hints of each group, two or more, in the order of the hints; no hint is in two groups.

    Tools are left out, since equal names are one tool, and so is whatever a person decided on or edited.
    """
    left = [
        hint
        for hint in hints
        if hint.state is HintState.PROPOSED and not hint.is_edited and hint.kind is not HintKind.TOOL
    ]
    groups: list[list[str]] = []
    while left and len(groups) < MOST_GROUPS:
        first = left.pop(0)
        alike = [hint for hint in left if get_shared_words(first.text, hint.text) >= NEARLY_THE_SAME][: MOST_HINTS - 1]
        if alike:
            groups.append([first.id, *(hint.id for hint in alike)])
            left = [hint for hint in left if hint not in alike]
    return groups
