"""What a person asks to publish, and what came of it."""

from typing import Literal

from pydantic import BaseModel, Field


class PublishOptions(BaseModel):
    """Where to publish, and what."""

    repo: str | None = None
    """`owner/name`, or `name` for the token's own user; None: not to the Hub."""
    output_dir: str | None = None
    """Folder for exactly the files of the commit; None: no export."""
    prefix: str
    """First part of each task's folder name."""
    private: bool = False
    """For a repository that does not exist yet; a public one is refused, never changed."""
    replace: bool = False
    """Publish also over the tasks of another dataset, or over other data."""
    tasks: str | None = None
    """Source tasks: a folder of task folders, a .parquet or .jsonl file, or a Hub id."""
    source_episodes: bool = True
    """Name the episodes behind each pitfall in the instruction."""
    first_trials: int | None = None
    """Only the first so many trials of the dataset, in order of first appearance."""


class TrialNote(BaseModel):
    """Something to say about one trial, in a sentence."""

    trial: str
    reason: str


class PublishResult(BaseModel):
    """What is at the target now."""

    trials: int
    repo: str | None
    revision: str | None
    """The commit that holds it; None for a folder."""
    path: str | None
    """The folder of a local export."""
    url: str | None
    unchanged: bool
    """True if the target held exactly this already: no commit was made."""
    left_out: list[TrialNote] = Field(default_factory=list)
    """Approved trials that were not published, and why."""
    warnings: list[TrialNote] = Field(default_factory=list)
    removed: list[str] = Field(default_factory=list)
    """Trials whose tasks were in the repository (or folder) before and are no more."""


class PreviewTask(BaseModel):
    """One task as it would be published."""

    folder: str
    trial_id: int
    trial_name: str
    instruction: str
    content_hash: str
    change: Literal["new", "changed", "same"]
    """Against the dataset's newest publication, wherever it went."""


class Preview(BaseModel):
    """What would be published now."""

    tasks: list[PreviewTask]
    left_out: list[TrialNote]
    warnings: list[TrialNote]
    removed: list[str]
    """Trials in the newest publication that would not be published any more."""
