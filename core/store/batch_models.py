"""What the store knows of extraction, as data: batches and their figures, requests, replies and answers."""

from typing import Literal, NamedTuple

from pydantic import BaseModel

from core.models import Extractor, RequestKind

Selection = Literal["all", "new", "failed"]
Way = Literal["live", "files", "batch_api"]
DEFAULT_INPUT_LIMIT = 100_000
DEFAULT_OUTPUT_LIMIT = 3_000


class BatchConfig(BaseModel):
    """What a batch was launched with."""

    extractor: Extractor
    model: str | None = None
    batch_size: int = 100
    """Concurrent requests."""
    max_rpm: int = 500
    """Requests per minute."""
    max_tpm: int | None = None
    """Tokens per minute, in and out together; None means no limit."""
    budget_usd: float | None = None
    price_in: float | None = None
    """USD per million input tokens, for a model whose price is not known; None means the known one."""
    price_out: float | None = None
    input_limit: int = DEFAULT_INPUT_LIMIT
    """Tokens of trace text that one request may hold; a longer attempt is cut."""
    output_limit: int = DEFAULT_OUTPUT_LIMIT
    """Tokens that one answer may hold; live, one that does not end within them is asked for once more, with a
    larger limit."""
    first_trials: int | None = None
    """Only the first N trials in order of first appearance; None means all."""
    only: Selection = "all"
    trial: str | None = None
    """Only the trials with this name; None means all."""
    min_success: float | None = None
    """Only trials of which at least this share of the attempts succeeded, 0 to 1."""
    max_success: float | None = None
    """Only trials of which at most this share of the attempts succeeded, 0 to 1."""
    contrast: bool = False
    """Compare a successful and a failed attempt of each trial that has both; pages and command line do, if nobody
    says no. The rules never do."""
    suggest_merges: bool = False
    """Have hints that nearly say the same reworded as one, for a person to accept; only where calls are live."""
    ask_again: bool = False
    """Send also what was answered before."""
    way: Way = "live"
    """How it is sent: live calls, files for another engine, or the server's Batch API."""
    folder: str | None = None
    """Where the files of the way `files` are."""


class CutReckoning(NamedTuple):
    """How many characters of an attempt are counted."""

    characters_per_message: int
    """What its numbering takes."""
    most_characters: int
    """Of task, messages and numbering together; an attempt that has more is cut."""
    cut_characters: int
    """What is left of one that is cut."""


class ChosenTotals(NamedTuple):
    """What a configuration chooses, added up."""

    attempts: int
    characters: int
    """Of tasks, messages and their numbering, as far as they are sent."""
    task_characters: int
    rows: int
    """Episodes: what one call per row would send."""
    row_messages: int
    row_characters: int
    """Of all episodes; a prefix counts by its share of the attempt's messages."""


class ChosenContrasts(NamedTuple):
    """What a configuration compares, added up; each pair counted with the trial's average attempts."""

    contrasts: int
    characters: int
    """Of task text and both attempts, each comparison counted up to its limit."""
    messages: int


class Estimate(BaseModel):
    """What a batch will take, reckoned before its launch."""

    attempts: int
    contrasts: int = 0
    """Comparisons of a successful and a failed attempt."""
    requests: int
    """Attempts and contrasts."""
    tokens_in: int
    tokens_out: int
    cost_usd: float | None
    """None if the model's price is not known."""
    seconds: float
    """At the chosen limits."""
    limited_by: str
    """What the time comes from, in words."""
    answer_tokens: int
    """Assumed per answer of one attempt."""
    is_measured: bool
    """True if answer length and latency come from this model's earlier replies here."""
    row_requests: int
    """What one call per row would send."""
    row_tokens_in: int
    row_cost_usd: float | None


class LiveFigures(BaseModel):
    """How a run stands this second; written by the worker, gone when the run is over."""

    at_unix: float
    in_flight: int
    sent_in_last_minute: int
    rpm: int
    """Requests per minute allowed right now."""
    is_slowed: bool = False
    """True while the server holds the speed below the chosen limit."""
    slowed_rpm: int | None = None
    """The present speed after the server refused without a time, which comes back by itself; None at full speed."""
    is_away: bool = False
    """True while a server that answered before does not answer; then `blocked_until_unix` is when it is asked again."""
    blocked_until_unix: float | None = None
    """Until when the server asked everybody to wait."""
    mode: str = ""
    """How the server is told the form of the answer."""


class Batch(BaseModel):
    """One launch of extraction; its state is its job's."""

    id: int
    job_id: int
    dataset_id: int
    extractor: Extractor
    model: str | None
    config: BatchConfig
    estimate: Estimate | None = None
    server: str | None = None
    """Address of the model's server at its last run; None before the first one."""
    key_mark: str | None = None
    """Of the key at its last run: another key has another mark."""
    live: LiveFigures | None = None


class BatchCounts(NamedTuple):
    """A batch's requests by state."""

    done: int
    failed: int
    pending: int

    @property
    def total(self) -> int:
        """All requests."""
        return self.done + self.failed + self.pending


class BatchUsage(NamedTuple):
    """What was sent for a batch and came back, over all its runs."""

    sent: int
    """Requests that were sent, retries and repairs included."""
    requests: int
    """Replies that came back."""
    tokens_in: int
    tokens_cached: int
    """Part of `tokens_in`."""
    tokens_out: int
    cost_usd: float | None
    """None if the price of one of the replies is unknown."""
    reused: int
    """Attempts answered by a reply that was paid for before."""
    hints: int
    """Proposed hints, before aggregation."""
    first_answers: int
    """Attempts that got an answer with status 200 to their first question."""
    first_valid: int
    """Of these, how many validated."""
    repaired: int
    """Answers that validated after a repair round."""

    def since(self, before: "BatchUsage") -> "BatchUsage":
        """What came on top since an earlier look."""
        pairs = zip(self._fields, self, before, strict=True)
        on_top = {name: None if now is None or then is None else now - then for name, now, then in pairs}
        return BatchUsage(**on_top)  # type: ignore[arg-type]  # only the cost can be None


class Acceptance(NamedTuple):
    """What reviewers made of the hints that a batch had a part in."""

    hints: int
    accepted: int
    edited: int
    """Of the accepted ones, those whose words a person changed."""
    rejected: int


class PendingRequest(NamedTuple):
    """A request that was not answered yet."""

    id: int
    attempt_id: int
    """Its subject; of a contrast, the trial of this attempt is."""
    kind: RequestKind = RequestKind.ATTEMPT
    subject: str | None = None
    """Of a merge: the ids of the hints of each group, as JSON."""
    sent: int = 0
    """How often it was sent before."""
    asked_after: int = 0
    """Replies with ids up to this one belong to a try that had failed before it was retried."""


class Reply(NamedTuple):
    """One answer of a server, valid or not."""

    body_hash: str
    kind: str
    """`attempt`, `contrast`, `longer` (either, once more with a larger limit) or `repair`."""
    model: str
    http_status: int | None
    raw: str
    valid: bool
    tokens_in: int
    tokens_cached: int
    tokens_out: int
    cost_usd: float | None
    """None if the model's price is unknown."""
    latency_seconds: float


class Answer(NamedTuple):
    """What became of a request."""

    request_id: int
    attempt_id: int
    body_hash: str | None
    replies: list[Reply]
    content: str | None
    """The hints of attempt or comparison as JSON; None if the request failed."""
    sent: int
    """How often it was sent in this run, retries and repairs included."""
    is_open: bool = False
    """True if the request must be asked again by the next run, although something came back."""
    reused: bool = False
    reason: str | None = None
    """Why it failed, e.g. `refused`."""
    detail: str | None = None
    hints: int = 0
    """How many hints the content holds."""
    left_out: str | None = None
    """What of the attempt was not sent, as JSON; None if all was."""
    kind: RequestKind = RequestKind.ATTEMPT
    prompt_version: str | None = None
    """Of the words that were asked with; None: as for every other answer that is saved with it."""


class FailureGroup(NamedTuple):
    """Failed requests of one kind with one reason."""

    kind: RequestKind
    reason: str
    requests: int
    detail: str | None
    trial_name: str


class LastAnswer(NamedTuple):
    """One answer as it arrived, for a look at what the model writes."""

    attempt_id: int
    trial_name: str
    attempt_number: int
    kind: RequestKind
    state: str
    """`done` or `failed`."""
    reason: str | None
    hints: int
    content: str | None
    """The proposed hints as JSON; None for a failure, or if a later batch replaced them."""
    finished_utc: str


class Throughput(NamedTuple):
    """What went on in a few seconds."""

    at_unix: int
    """When they began."""
    sent: int
    answered: int
    tokens: int


class TypicalReply(NamedTuple):
    """Averages over a model's latest valid replies in this workspace."""

    replies: int
    tokens_out: float
    latency_seconds: float
