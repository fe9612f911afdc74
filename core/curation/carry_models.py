"""What carrying decisions over from one import to another did, or would do."""

from collections import Counter

from pydantic import BaseModel, Field

LISTED = 200
"""Things left behind that are named; all are counted."""


class LeftBehind(BaseModel):
    """Something that cannot be carried over. It stays as it is in the earlier import."""

    trial: str
    """Name of the trial in the earlier import."""
    what: str
    """In words, e.g. `approval`, or the words of a hint."""
    reason: str
    count: int = 1
    """Decided things that the line stands for."""


class CarryReport(BaseModel):
    """What was carried over, and what was not and why."""

    from_dataset: int
    to_dataset: int
    dry_run: bool
    """True if nothing was changed."""
    trials: int = 0
    """Decided trials of the earlier import."""
    carried_trials: int = 0
    """Of those, trials of which anything is here now: carried over by this run or before."""
    hints: int = 0
    approvals: int = 0
    rejections: int = 0
    task_texts: int = 0
    known: int = 0
    """Things that were carried over before: they are left as they are here."""
    left: int = 0
    """Things that cannot be carried over."""
    reasons: Counter[str] = Field(default_factory=Counter)
    """Of those, by reason."""
    left_behind: list[LeftBehind] = Field(default_factory=list)
    """The first of them, in order of the trials."""

    def add_carried(self, counts: Counter[str]) -> None:
        """More was carried over."""
        self.hints += counts["hints"]
        self.approvals += counts["approvals"]
        self.rejections += counts["rejections"]
        self.task_texts += counts["task_texts"]

    def add_left(self, item: LeftBehind) -> None:
        """One more thing stays behind."""
        self.left += item.count
        self.reasons[item.reason] += item.count
        if len(self.left_behind) < LISTED:
            self.left_behind.append(item)

    @property
    def has_carried(self) -> bool:
        """True if this run carried anything over."""
        return bool(self.hints or self.approvals or self.rejections or self.task_texts)

    def describe_carried(self) -> str:
        """In words, e.g. `12 hints, 3 approvals`; `nothing` if it was nothing."""
        counts = (
            (self.hints, "hint"),
            (self.approvals, "approval"),
            (self.rejections, "rejection"),
            (self.task_texts, "edited task text"),
        )
        return ", ".join(f"{count:,} {word}{'' if count == 1 else 's'}" for count, word in counts if count) or "nothing"


class TakenBack(BaseModel):
    """What taking back what was carried over did."""

    stayed: int
    """Trials that stay as they are, because they were changed since."""
