"""What the browser sends: what was decided and not yet acknowledged, and what it wants to have."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class PartWanted(BaseModel):
    """A stretch of an attempt's messages."""

    attempt_id: int
    first: int = 0


class PairWanted(BaseModel):
    """Two attempts that stand side by side."""

    one: int
    other: int


class TextWanted(BaseModel):
    """A question about words that are being typed and not saved."""

    n: int
    """Counts the questions, so that a late answer is recognised."""
    trial_id: int
    texts: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Words by hint, as they stand in the editor."""
    task_text: str | None = None


class BulkWanted(BaseModel):
    """A question about many trials at once, before anything is done."""

    n: int
    id: str
    """Of the action that would do it."""
    wish: dict[str, Any]
    """As `BulkWish`, but with `query` for a filter as it stands in the URL."""


class Outgoing(BaseModel):
    """Everything that is open on the browser's side; every answer is complete in itself, so none can be missed."""

    model_config = ConfigDict(extra="ignore")

    seq: int = 0
    actions: list[dict[str, Any]] = Field(default_factory=list)
    """As `ReviewAction`; oldest first."""
    query: dict[str, str] | None = None
    """The queue's filter as it stands in the URL; None: the browser has the queue."""
    opened: int | None = None
    """The trial on the screen."""
    hold: int | None = None
    """The trial that the reviewer has been looking at for a moment: it is reserved."""
    trials: list[int] = Field(default_factory=list, max_length=20)
    parts: list[PartWanted] = Field(default_factory=list, max_length=20)
    pair: PairWanted | None = None
    """How the messages of these two belong together."""
    check: TextWanted | None = None
    """What the checks say of these words."""
    instruction: TextWanted | None = None
    """The instruction as it would be published with these words."""
    bulk: BulkWanted | None = None
