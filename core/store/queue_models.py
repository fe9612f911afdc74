"""The review queue as data: which trials are wanted, in which order, and what is known of each without opening it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple, Self

from pydantic import BaseModel, ValidationError

from core.models import Extractor, Outcome, TrialStatus


class QueueStatus(StrEnum):
    """Which trials are listed; the words stand in the URL."""

    OPEN = "open"
    """Undecided trials with hints."""
    CHECK = "check"
    """Undecided trials with something that blocks or warns."""
    APPROVED = "approved"
    REJECTED = "rejected"
    ALL = "all"
    """Also the trials that nothing was extracted for yet."""


class OutcomeMix(StrEnum):
    """How the attempts of a trial ended."""

    SUCCESSFUL = "successful"
    """Every attempt succeeded."""
    MIXED = "mixed"
    """Some succeeded, some did not: what the contrast is made of."""
    UNSUCCESSFUL = "unsuccessful"
    """None succeeded, and at least one is known to have failed."""
    UNKNOWN = "unknown"
    """No attempt has an outcome."""


class QueueSort(StrEnum):
    """The order of the list."""

    CHECK = "check"
    """Most to check first: blocks, then warnings."""
    NAME = "name"
    SUPPORT = "support"
    """The hint that most attempts proposed decides."""
    NEWEST = "newest"
    """What was extracted last comes first."""
    FIRST = "first"
    """Order of first appearance in the dataset."""


ANY_FINDING, BLOCKING = "any", "blocking"


class QueueFilter(BaseModel):
    """What a reviewer wants to see. All of it stands in the URL, so that a view can be shared."""

    dataset_id: int
    search: str = ""
    """Taken literally, upper and lower case alike: in the trial's name, its task text or its hints."""
    status: QueueStatus = QueueStatus.OPEN
    outcomes: OutcomeMix | None = None
    findings: str | None = None
    """`any` (blocks or warns), `blocking`, or the code of a check."""
    extractor: Extractor | None = None
    model: str | None = None
    edited: bool | None = None
    """True: a person changed the words of a hint or of the task."""
    attempts_min: int | None = None
    attempts_max: int | None = None
    audit: str | None = None
    """Only what this bulk approval set aside."""
    sort: QueueSort = QueueSort.CHECK

    @classmethod
    def from_query(cls, dataset_id: int, query: Mapping[str, str]) -> Self:
        """The filter that a URL names; what it names wrongly is left at its default."""
        names = [name for name in cls.model_fields if name != "dataset_id" and name in query]
        chosen: dict[str, Any] = {name: _read_value(name, query[name]) for name in names}
        try:
            return cls(dataset_id=dataset_id, **chosen)
        except ValidationError as error:
            wrong = {str(item["loc"][0]) for item in error.errors()}
            return cls(dataset_id=dataset_id, **{name: value for name, value in chosen.items() if name not in wrong})


class QueueEntry(NamedTuple):
    """A trial as the review queue shows it."""

    trial_id: int
    number: int
    name: str
    status: TrialStatus
    outcomes: tuple[Outcome, ...]
    """One per attempt, in order."""
    hints: int
    blocks: int
    """Hints that are not rejected with a blocking finding, and blocking findings of the trial."""
    warnings: int
    is_extracted: bool
    task: str
    """The beginning of the task text, with its line breaks."""
    support: int
    """The most attempts that stand behind one of its hints."""
    is_edited: bool


class BulkFacts(NamedTuple):
    """What decides whether a trial may be decided together with many others."""

    trial_id: int
    is_open: bool
    """Undecided, and something was extracted."""
    has_text: bool
    blocks: int
    warnings: int
    hints: int
    rejected: int
    """Hints of it that were rejected."""


def _read_value(name: str, value: str) -> object:
    return {"yes": True, "no": False}.get(value, value) if name == "edited" else value
