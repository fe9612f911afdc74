"""`metadata.json` of a task: where it comes from, and how it was made. Pure."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from core.models import Attempt, Dataset, Origin, Trial
from core.publishing.names import describe_source


class TaskMetadata(NamedTuple):
    """Everything that stands in it."""

    trial: Trial
    dataset: Dataset
    attempts: Sequence[Attempt]
    episodes: int
    base_pass_rate: float | None
    """Share of the attempts with a known outcome that succeeded, 0 to 1; None if no outcome is known."""
    origins: Sequence[Origin]
    is_reviewed: bool
    has_verifier: bool
    hint_selection: str
    """What the instruction carries; `none` in a twin."""
    twin_of: str | None
    hints: Sequence[dict[str, Any]]


def dump_metadata(facts: TaskMetadata) -> bytes:
    """The file's content."""
    content: dict[str, Any] = {
        "trial_name": facts.trial.name,
        "task": facts.trial.task,
        "source_dataset": describe_source(facts.dataset),
        "source_revision": facts.dataset.revision,
        "episodes": facts.episodes,
        "attempts": len(facts.attempts),
        "outcomes": count_outcomes(facts.attempts),
        "base_pass_rate": facts.base_pass_rate,
        **list_origins(facts.origins),
        "reviewed": facts.is_reviewed,
        "has_verifier": facts.has_verifier,
        "hint_selection": facts.hint_selection,
        "twin_of": facts.twin_of,
        "hints": list(facts.hints),
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def count_outcomes(attempts: Sequence[Attempt]) -> dict[str, int]:
    """How many attempts had which outcome; those that none had are left out."""
    return dict(sorted(Counter(attempt.outcome.value for attempt in attempts).items()))


def list_origins(origins: Sequence[Origin]) -> dict[str, list[str]]:
    """Extractors, models and prompt versions, each sorted and once."""
    return {
        "extractor": sorted({origin.extractor for origin in origins}),
        "model": sorted({origin.model for origin in origins if origin.model}),
        "prompt_version": sorted({origin.prompt_version for origin in origins if origin.prompt_version}),
    }
