"""What a page sends when a reviewer does something, and what it is told afterwards."""

from typing import Any, Literal

from pydantic import BaseModel, Field, field_validator

from core.models import HintText

Problem = Literal["conflict", "refused"]


class PickedQuote(BaseModel):
    """A piece of a message that a reviewer selected in the transcript."""

    attempt_id: int
    message: int
    """0-based over all messages of the attempt."""
    quote: str


class ReviewAction(BaseModel):
    """One thing that a reviewer did. Sent again until it is acknowledged: the id says that it is the same one."""

    id: str
    """UUID, made where the action was taken."""
    seq: int = 0
    """Order within the page; actions are performed in this order."""
    page: str = ""
    """An id of the open page. What one page sends was decided in one view: its own earlier actions are no conflict,
    though it may not know their versions yet."""
    trial_id: int | None = None
    hint_id: str | None = None
    version: int | None = None
    """Of the hint, for actions on one; else of the trial, as the reviewer saw it. None: whatever it is now."""
    action: str
    payload: dict[str, Any] = Field(default_factory=dict)

    @field_validator("id")
    @classmethod
    def _is_given(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("an action needs an id")
        return value


class ActionResult(BaseModel):
    """What became of an action. Only `ok` means that it is saved."""

    id: str
    ok: bool
    problem: Problem | None = None
    """`conflict`: somebody else changed the same thing first, nothing was saved. `refused`: it cannot be done."""
    message: str = ""
    """What was done, or what is wrong and what to do; plain text."""
    theirs: HintText | str | None = None
    """With a conflict: the hint's words, or the task text, as they are now."""
    by: str | None = None
    """With a conflict: who changed it."""
    at_utc: str | None = None
    """With a conflict: when."""
    version: int | None = None
    """Of the hint, for actions on one; else of the trial: as they are now."""
    trial_version: int | None = None
    opened_trial_id: int | None = None
    """The trial that an undo or redo restored: show it."""
    hint_id: str | None = None
    """The hint that the action made or changed."""
    bulk_id: str | None = None
    """What undoes a bulk action as a whole."""
