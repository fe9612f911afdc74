"""What a person asks to publish, and what came of it."""

from enum import StrEnum

from pydantic import BaseModel, Field

MAX_TASK_MB = 256
MAX_TASK_FILES = 10_000


class Layout(StrEnum):
    """How tasks lie in the repository or folder; the readable `hints` table is the same in both."""

    ARCHIVE = "archive"
    """One table of archives: `path` and `task_binary`, a tar.gz of the task's folder."""
    FOLDERS = "folders"
    """Task folders below `tasks/`, which Harbor reads directly, and a table that lists them."""


class HintSelection(StrEnum):
    """Which kinds of hints an instruction carries."""

    FULL = "full"
    PITFALLS_AND_CRITERIA = "pitfalls_and_criteria"
    WITHOUT_STRATEGY = "without_strategy"


class Unmatched(StrEnum):
    """What becomes of a trial that has no source task."""

    LEAVE_OUT = "leave_out"
    WITHOUT_VERIFIER = "without_verifier"
    """It is published in the standard environment; its metadata and the card say that nothing checks it."""


class Seen(BaseModel):
    """What a preview showed: exactly this is published, on exactly this, or nothing is."""

    head: str | None
    """The repository's head then; None: there was no repository."""
    manifest_sha256: str
    """Of the manifest, which holds the hashes of everything else."""


CONTENT_OPTIONS = (
    "layout",
    "unmatched",
    "hint_selection",
    "twins",
    "source_episodes",
    "min_pass_rate",
    "max_pass_rate",
    "with_evidence",
    "with_reviewers",
    "licence",
)
"""Fields of `PublishChoices` that say what the tasks are; where they go is not among them."""


class PublishChoices(BaseModel):
    """Where to publish, and what; all but the tasks' names."""

    repo: str | None = None
    """`owner/name`, or `name` for the token's own user; None: not to the Hub."""
    output_dir: str | None = None
    """Folder for exactly the files of the commit; None: no export."""
    export_hints: str | None = None
    """A .jsonl or .csv file for the rows of the `hints` table; None: none is written."""
    private: bool = False
    """For a repository that does not exist yet; a public one is refused, never changed."""
    replace: bool = False
    """Publish also over the tasks of another dataset, or over other data."""
    layout: Layout = Layout.ARCHIVE
    """How the tasks lie there."""
    tasks: str | None = None
    """Source tasks: a folder of task folders, a .parquet or .jsonl file, or a Hub id."""
    unmatched: Unmatched = Unmatched.LEAVE_OUT
    """With source tasks: what becomes of a trial that has none. Without them it says nothing."""
    max_task_mb: int = Field(default=MAX_TASK_MB, ge=1, le=MAX_TASK_MB)
    """Megabytes that one source task may hold, unpacked; a larger one is refused."""
    max_task_files: int = Field(default=MAX_TASK_FILES, ge=1, le=MAX_TASK_FILES)
    """Files and folders that one source task may hold; one with more is refused."""
    hint_selection: HintSelection = HintSelection.FULL
    """Which kinds of hints the instructions carry; metadata and tables hold the same ones."""
    twins: bool = False
    """Publish beside each task the same task without hints, `<prefix>-NNNN-plain`."""
    source_episodes: bool = True
    """Name the episodes behind each pitfall in the instruction."""
    min_pass_rate: float | None = Field(default=None, ge=0, le=1)
    """Only trials of which at least this share of the attempts with a known outcome succeeded; None: no bound."""
    max_pass_rate: float | None = Field(default=None, ge=0, le=1)
    """Only trials of which at most this share of the attempts with a known outcome succeeded; None: no bound."""
    with_evidence: bool = False
    """Publish the quotes that prove the hints, in the `hints` table."""
    with_reviewers: bool = False
    """Publish the names of the people who approved, in the `hints` table."""
    licence: str | None = None
    """Identifier of the licence on the card, e.g. `apache-2.0`; None: the source's, if it names one."""
    first_trials: int | None = None
    """Only the first so many trials of the dataset, in order of first appearance."""
    only_trials: list[int] | None = None
    """Only these trials, by id; None: all that are approved."""
    create_pr: bool = False
    """Open a pull request instead of changing the repository."""
    seen: Seen | None = None
    """What a person saw before; None: nobody looked, and whatever is there is taken as it is."""


class PublishOptions(PublishChoices):
    """Where to publish, and what."""

    prefix: str
    """First part of each task's folder name."""


class TrialNote(BaseModel):
    """Something to say about one trial, in a sentence."""

    trial: str
    reason: str
    is_unmatched: bool = False
    """True if it has no source task."""
    diff: str = ""
    """Lines of the traces' task text and of the source task's, as a unified diff; shown before publishing only."""


class PublishResult(BaseModel):
    """What is at the target now."""

    trials: int
    repo: str | None
    revision: str | None
    """The commit that holds it; None for a folder."""
    path: str | None
    """The folder of a local export."""
    hints_file: str | None = None
    """The file of hints that was written beside."""
    url: str | None
    pull_request: str | None = None
    """Address of the pull request that holds it; None: the repository itself does."""
    unchanged: bool
    """True if the target held exactly this already: no commit was made."""
    added: int = 0
    """Tasks that were not there before."""
    changed: int = 0
    """Tasks that were there with other contents."""
    withdrawn: list[str] = Field(default_factory=list)
    """Trials that were taken out because somebody asked for it."""
    left_out: list[TrialNote] = Field(default_factory=list)
    """Approved trials that were not published, and why."""
    warnings: list[TrialNote] = Field(default_factory=list)
    removed: list[str] = Field(default_factory=list)
    """Trials whose tasks were in the repository (or folder) before and are no more."""
