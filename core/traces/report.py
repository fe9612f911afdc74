"""What an import found, for people and for `--json`."""

from collections import Counter

from pydantic import BaseModel, Field

CHARACTERS_PER_TOKEN = 4
"""The usual rule of thumb; used for estimates only."""


class ImportReport(BaseModel):
    """Counts of one import. `rows` = `episodes` + `set_aside`."""

    rows: int = 0
    trials: int = 0
    episodes: int = 0
    attempts: int = 0
    set_aside: int = 0
    set_aside_reasons: Counter[str] = Field(default_factory=Counter)
    outcomes: Counter[str] = Field(default_factory=Counter)
    """Attempts by outcome."""
    normalised: Counter[str] = Field(default_factory=Counter)
    """What was replaced in the attempts' texts, by name."""
    secrets: Counter[str] = Field(default_factory=Counter)
    """Keys and tokens seen in the attempts, by kind."""
    task_sources: Counter[str] = Field(default_factory=Counter)
    """Trials by how their task text was found."""
    disagreeing_tasks: int = 0
    """Trials whose attempts name different tasks."""
    shared_tasks: int = 0
    """Tasks that several trial names share: grouping by task would compare their attempts."""
    characters_per_row: int = 0
    """Characters that one call per row would read."""
    characters_per_attempt: int = 0
    """Characters that one call per attempt reads."""
    notes: list[str] = Field(default_factory=list)
    licence: str | None = None
    """As the source states it; carried into what is published."""

    @property
    def tokens_per_row(self) -> int:
        """Estimated tokens that one call per row would read."""
        return self.characters_per_row // CHARACTERS_PER_TOKEN

    @property
    def tokens_per_attempt(self) -> int:
        """Estimated tokens that one call per attempt reads."""
        return self.characters_per_attempt // CHARACTERS_PER_TOKEN
