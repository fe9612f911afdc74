"""What a preview of a publication found, as pages and command line show it."""

from pydantic import BaseModel, Field

from core.publishing.options import PublishOptions, Seen, TrialNote


class SampleFile(BaseModel):
    """One file of a task."""

    path: str
    size: int
    """Bytes."""
    text: str | None
    """Its beginning; None: it is no text."""
    is_cut: bool = False
    """True if there is more of it."""


class SampleTask(BaseModel):
    """One task as files."""

    folder: str
    trial_name: str
    files: list[SampleFile]


class TargetState(BaseModel):
    """A repository or folder as it was found."""

    place: str
    """The repository's name, or the folder."""
    url: str | None = None
    is_there: bool
    is_private: bool = False
    tasks: int
    """Tasks of this dataset that it holds."""
    is_ours: bool = True
    """False: it holds something else, which would be replaced."""
    user: str | None = None
    """Whose token it is."""
    role: str = ""
    """Of the token: `write`, `fineGrained`, or empty if the Hub does not say."""


class FileSize(BaseModel):
    """One file of the commit."""

    path: str
    size: int
    """Bytes."""


class Preview(BaseModel):
    """What would be published now, and what it would change."""

    options: PublishOptions
    target: TargetState
    is_same: bool
    """True if the target holds exactly this already, byte for byte: there is nothing to publish."""
    seen: Seen
    """To publish exactly this and nothing else."""
    trials: int
    tasks: int
    """More than trials where twins are published."""
    with_verifier: int
    hints: int
    added: int
    changed: int
    same: int
    removed: int
    """Tasks."""
    removed_trials: list[str]
    """Of which nothing would be left."""
    removed_files: list[str] = Field(default_factory=list)
    """Files of somebody else that would be removed, with `--replace`."""
    undecided: int
    """Trials that nobody decided on yet."""
    rejected: int
    left_out: list[TrialNote]
    """Approved trials that would not be published, and why."""
    warnings: list[TrialNote]
    samples: list[SampleTask]
    card: str
    card_difference: str
    """From the card that is there now; empty if it stays the same, or there is none."""
    files: list[FileSize]
    note: str = ""
    """What could not be shown, and why."""
