"""The words of the field as data: the same names in code, database, page and README.

Everything here is plain data; rules that need more than one field live in the stages.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Role(StrEnum):
    """Who says a message. An observation is a `user` or `tool` message that follows an action."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What the dataset's `result` says of an attempt; the raw value is kept beside it."""

    SUCCESS = "success"
    PARTIAL = "partial"
    FAILURE = "failure"
    ERROR = "error"
    UNKNOWN = "unknown"


class Grouping(StrEnum):
    """Which column makes a trial."""

    TRIAL_NAME = "trial_name"
    TASK = "task"


class HintKind(StrEnum):
    """In publishing order."""

    TOOL = "tool"
    STRATEGY = "strategy"
    PITFALL = "pitfall"
    CRITERION = "criterion"


class HintState(StrEnum):
    """What a hint's decisions say of it."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class TrialStatus(StrEnum):
    """What a trial's decisions say of it."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"


class Severity(StrEnum):
    """`block` keeps a hint from being published until a person deals with it."""

    BLOCK = "block"
    WARN = "warn"
    INFO = "info"


class Extractor(StrEnum):
    """Who proposes hints."""

    LLM = "llm"
    RULES = "rules"


class RequestKind(StrEnum):
    """What a model is asked. A repair is sent for a request of another kind, whose answer could not be read."""

    ATTEMPT = "attempt"
    """The hints of one attempt."""
    CONTRAST = "contrast"
    """What a successful and a failed attempt of one trial did differently."""
    REPAIR = "repair"
    MERGE = "merge"
    """One wording for several hints of a trial that nearly say the same; only ever a suggestion."""


class EvidenceStatus(StrEnum):
    """Where code found a quote: as given, elsewhere in the attempt, nearly so, or nowhere."""

    EXACT = "exact"
    REPOINTED = "repointed"
    APPROXIMATE = "approximate"
    """Nearly the same words, the same digits; the quote was replaced by the true text of the message."""
    MISSING = "missing"


class JobKind(StrEnum):
    """What the worker can do."""

    IMPORT = "import"
    EXTRACT = "extract"
    PREVIEW = "preview"
    """Look at what a publication would be, and change nothing."""
    PUBLISH = "publish"
    CARRY_OVER = "carry_over"
    """Bring the decisions on an earlier import to a later one."""
    WIND_UP = "wind_up"
    """Cancel what a server's Batch API still has of a cancelled batch, and collect what it answered till then."""


class JobState(StrEnum):
    """`cancelled` is a person's and final; `stopped` is the worker's and can be resumed."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


class Message(BaseModel):
    """One message of a conversation, normalised: text only, tool calls written as `<tool_call>` blocks."""

    model_config = ConfigDict(frozen=True)

    role: Role
    content: str
    call_ids: tuple[str, ...] = ()
    """Ids of the tool calls made in this message, in the order of their blocks."""
    answers: str | None = None
    """Id of the tool call that this message answers."""


class Quote(BaseModel):
    """A verbatim piece of one message."""

    message: int
    """0-based over all messages of the attempt, system messages included."""
    quote: str


class ToolText(BaseModel):
    """A tool that was really executed."""

    kind: Literal[HintKind.TOOL] = HintKind.TOOL
    name: str
    purpose: str = ""
    example: str = ""


class StrategyText(BaseModel):
    """One step of what worked."""

    kind: Literal[HintKind.STRATEGY] = HintKind.STRATEGY
    do: str
    why: str = ""
    check: str = ""


class PitfallText(BaseModel):
    """`avoid` and `instead` are bare infinitives, so that "don't ..." reads on."""

    kind: Literal[HintKind.PITFALL] = HintKind.PITFALL
    when: str = ""
    avoid: str
    instead: str = ""
    symptom: str = ""


class CriterionText(BaseModel):
    """How to tell that the task is done."""

    kind: Literal[HintKind.CRITERION] = HintKind.CRITERION
    text: str
    basis: str = ""


HintText = Annotated[ToolText | StrategyText | PitfallText | CriterionText, Field(discriminator="kind")]


class ProposedHint(BaseModel):
    """One hint as an extractor found it in one attempt."""

    text: HintText
    evidence: list[Quote] = Field(default_factory=list)


class AttemptHints(BaseModel):
    """Everything an extractor has to say of one attempt. No hints is a fair answer."""

    happened: str = ""
    """What happened, in a sentence or two. Kept, never published."""
    failure_cause: str = ""
    opinion: Outcome | None = None
    """The model's opinion where the dataset has no outcome; never taken for one."""
    hints: list[ProposedHint] = Field(default_factory=list)


class ContrastQuote(Quote):
    """A verbatim piece of one message of one of the attempts that were compared."""

    attempt_id: int


class ContrastHint(BaseModel):
    """One hint as a model found it between two attempts."""

    text: HintText
    evidence: list[ContrastQuote] = Field(default_factory=list)


class ContrastHints(BaseModel):
    """Everything a model has to say of a successful and a failed attempt of one trial. No hints is a fair answer."""

    succeeded_id: int
    """The attempt that succeeded, wholly or in part."""
    failed_id: int
    parted: str = ""
    """Where the two parted and why that mattered. Kept, never published."""
    hints: list[ContrastHint] = Field(default_factory=list)

    def split(self) -> dict[int, AttemptHints]:
        """The hints by the attempts that their quotes are from, in order; each with that attempt's quotes.

        A hint with quotes of both stands in both; one without any stands in the successful one, without proof.
        """
        by_attempt: dict[int, AttemptHints] = {}
        for hint in self.hints:
            for attempt_id in dict.fromkeys(quote.attempt_id for quote in hint.evidence) or [self.succeeded_id]:
                quotes = [quote for quote in hint.evidence if quote.attempt_id == attempt_id]
                own = [Quote(message=quote.message, quote=quote.quote) for quote in quotes]
                proposed = ProposedHint(text=hint.text, evidence=own)
                by_attempt.setdefault(attempt_id, AttemptHints()).hints.append(proposed)
        return by_attempt


class MergedHint(BaseModel):
    """One wording that a model proposes in the place of several hints."""

    hint_ids: list[str]
    text: HintText


class MergedHints(BaseModel):
    """Everything that a model proposes to merge in a trial. Nothing is a fair answer."""

    hints: list[MergedHint] = Field(default_factory=list)


class Reading(BaseModel):
    """What a model made of an attempt: for the reviewer, never published."""

    attempt_id: int
    happened: str
    failure_cause: str
    opinion: Outcome | None
    """How the model thinks that it ended; None where the dataset says it, or the model did not."""


class Dataset(BaseModel):
    """One import of one source with its grouping and markers."""

    id: int
    key: str
    """Hash of content or revision and of the import options: the same import twice has the same key."""
    name: str
    source: str
    source_kind: Literal["hub", "file"]
    config: str | None = None
    split: str | None = None
    revision: str | None = None
    """The Hub's commit, or the file's SHA-256."""
    group_by: Grouping
    markers: list[str]
    cut_at_marker: bool = False
    ready: bool
    created_utc: str


class Trial(BaseModel):
    """The unit of review and publishing."""

    id: int
    dataset_id: int
    number: int
    """0-based, in order of first appearance over all imports of the source; never changes. A trial that an earlier
    import had, by name, has that number again, so numbers may have gaps."""
    name: str
    task: str | None = None
    source_task_text: str
    """The task text as found in the traces."""
    edited_task_text: str | None = None
    """A reviewer's text, which wins."""
    task_source: str
    """Where the task text was found, in words."""
    status: TrialStatus = TrialStatus.OPEN
    version: int = 0
    """Grows with every decision on the trial or one of its hints."""

    @property
    def task_text(self) -> str:
        """The text that will be published."""
        return self.source_task_text if self.edited_task_text is None else self.edited_task_text


class Attempt(BaseModel):
    """A maximal conversation of a trial."""

    id: int
    trial_id: int
    number: int
    """1-based within the trial, in order of first appearance; shown as A1, A2."""
    source_trial_name: str
    conversation_id: str
    message_count: int
    characters: int
    outcome: Outcome
    result: str | None = None
    """The raw value of `result`."""
    run_id: str | None = None
    agent: str | None = None
    model: str | None = None


class Episode(BaseModel):
    """One source row: the first `message_count` messages of an attempt."""

    attempt_id: int
    name: str
    row_number: int
    """0-based in the source."""
    message_count: int


class Evidence(BaseModel):
    """A quote, the place it points at, and whether code found it there."""

    attempt_id: int
    message: int
    quote: str
    status: EvidenceStatus


class Origin(BaseModel):
    """Who proposed a hint."""

    model_config = ConfigDict(frozen=True)

    extractor: Literal["llm", "rules", "person"]
    model: str | None = None
    prompt_version: str | None = None
    batch: int | None = None
    """Id of the batch, so that batches can be compared by what reviewers accepted."""


class Hint(BaseModel):
    """One tool, strategy step, pitfall or success criterion of a trial, with evidence."""

    id: str
    """UUID, the same for the same words in the same trial of the same dataset."""
    trial_id: int
    position: int
    text: HintText
    """The words that will be published."""
    proposed_text: HintText
    """The words as proposed, before any edit."""
    state: HintState = HintState.PROPOSED
    version: int = 0
    origins: list[Origin]
    attempt_ids: list[int]
    """The attempts it was proposed from, in order: support is counted by these."""
    evidence: list[Evidence]

    @property
    def kind(self) -> HintKind:
        """Tool, strategy, pitfall or criterion."""
        return self.text.kind

    @property
    def is_edited(self) -> bool:
        """True if a person changed the words."""
        return self.text != self.proposed_text


class Finding(BaseModel):
    """What a check says of a hint or trial."""

    code: str
    severity: Severity
    message: str
    place: str = ""
    """Where it holds: a field of the hint, e.g. `example` or `avoid`; `evidence 0` (0-based); "" for all of it."""
    hint_id: str | None = None
    """None: the finding is about the trial."""
    overridden: bool = False
    """A reviewer decided, with a reason, that this block does not hold."""


class Suggestion(BaseModel):
    """Other words that a model proposes for hints that are there. Nothing of it holds until a person accepts it."""

    id: str
    """UUID, the same for the same suggestion."""
    trial_id: int
    kind: Literal["merge", "reword"]
    hint_ids: list[str]
    """The hints it would replace: two or more to merge, one to reword."""
    text: HintText
    origin: Origin
    state: Literal["open", "accepted", "dismissed"] = "open"


class Change(BaseModel):
    """One thing about a hint or trial that a decision changed; undoing puts `before` back."""

    field: str
    """Which thing, e.g. `state`, `text`, `override no-verified-quote`."""
    before: Any = None
    """As JSON; None: there was none."""
    after: Any = None

    def reverse(self) -> "Change":
        """What undoes it."""
        return Change(field=self.field, before=self.after, after=self.before)


class Decision(BaseModel):
    """What a reviewer did to what. A row that is never updated."""

    id: str
    """UUID, made where the action was taken, so that a repeat is recognised."""
    reviewer: str
    at_utc: str
    trial_id: int
    hint_id: str | None = None
    action: str
    before: str | None = None
    after: str | None = None
    reason: str | None = None
    step_id: str | None = None
    """The action that this row is part of: what one undo takes back. None: made before there was undo."""
    changes: list[Change] = Field(default_factory=list)


class Job(BaseModel):
    """One piece of work for the worker, with its real progress."""

    id: int
    kind: JobKind
    dataset_id: int | None = None
    state: JobState
    stage: str = ""
    done: int = 0
    total: int | None = None
    """None: not known yet."""
    failed: int = 0
    reason: str | None = None
    error_code: int | None = None
    """Exit code that the command line ends with."""
    params: str = "{}"
    result: str | None = None
    created_by: str = ""
    created_utc: str
    started_utc: str | None = None
    finished_utc: str | None = None
    not_before_utc: str | None = None
    """Until when a queued job waits for something elsewhere; None: for nothing."""

    @property
    def is_over(self) -> bool:
        """True once nothing more happens by itself."""
        return self.state in (JobState.FINISHED, JobState.STOPPED, JobState.CANCELLED, JobState.PAUSED)
