"""One run of an `llm` batch in one event loop: parallel, rate-limited, each answer saved as it arrives.

Sending stops at once when a person wants a pause, when another worker took over, or when every request would fail.
What is in flight by then is waited for and saved, because it is paid for.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from core.errors import JobStopped, ModelServerError, WorkerReplaced
from core.extraction.answer import parse_answer
from core.extraction.attempt import load_attempt_input
from core.extraction.conversation import Outcome, Talk, ask, hash_body
from core.extraction.limiter import RateLimiter
from core.extraction.prices import Price, choose_price, get_cost_usd
from core.extraction.prompt import DEFAULT_OUTPUT_LIMIT, PROMPT_VERSION, build_prompt
from core.extraction.retry import RetryPolicy
from core.extraction.server import ModelServer, OutputMode, Status, read_answer_text
from core.settings import Settings
from core.store import Store
from core.store.batch_models import Answer, Batch, PendingRequest
from core.traces.report import CHARACTERS_PER_TOKEN

PORTION = 50
SAVE_SECONDS = 0.05
WATCH_SECONDS = 0.2


@dataclass
class Budget:
    """USD that a batch may spend, with what is in flight reserved."""

    limit: float | None
    price: Price | None
    spent: float
    reserved: float = 0.0
    open: int = 0
    """Reservations that are not settled yet."""

    def estimate(self, characters: int) -> float:
        """What a request may cost at most: its input, and the whole output limit."""
        tokens = characters // CHARACTERS_PER_TOKEN
        cost = get_cost_usd(self.price, tokens_in=tokens, tokens_cached=0, tokens_out=DEFAULT_OUTPUT_LIMIT)
        return cost or 0.0

    def allows(self, cost: float) -> bool:
        """True if that much more may be spent."""
        return self.limit is None or self.spent + self.reserved + cost <= self.limit

    def reserve(self, cost: float) -> None:
        """Set that much aside for one request."""
        self.open += 1
        self.reserved += cost

    def settle(self, cost: float, spent: float) -> None:
        """Put what was really spent in the place of a reservation."""
        self.open -= 1
        # sums of floats leave crumbs; without reservations nothing is reserved
        self.reserved = self.reserved - cost if self.open else 0.0
        self.spent += spent


@dataclass
class LlmRun:
    """The state of one run. Lives as long as one call of `run`."""

    store: Store
    batch: Batch
    settings: Settings
    report: Callable[[], None]
    """Saves real counts; raises JobStopped when the run should end."""
    check_lease: Callable[[], None]
    retry: RetryPolicy
    unsaved: list[Answer] = field(default_factory=list)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    """Nothing more is sent."""
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    """Nothing more will be answered."""
    failure: BaseException | None = None
    asked: dict[str, "asyncio.Future[Outcome]"] = field(default_factory=dict)

    async def run(self) -> None:
        """Answer every pending request, or raise what ended the run."""
        config, model = self.batch.config, self.batch.model or ""
        server = ModelServer(self.settings)
        mode = self.store.workspace.find_server_mode(server=server.name, model=model)
        price = choose_price(config)
        self.talk = Talk(
            server=server,
            model=model,
            mode=OutputMode(mode) if mode else OutputMode.JSON_SCHEMA,
            limiter=RateLimiter(max_rpm=config.max_rpm, max_tpm=config.max_tpm, clock=time.monotonic),
            price=price,
            save_mode=lambda found: self.store.workspace.save_server_mode(server=server.name, model=model, mode=found),
            retry=self.retry,
            stop=self.stop,
        )
        self.budget = Budget(config.budget_usd, price, self.store.batches.get_usage(self.batch.id).cost_usd or 0.0)
        self.secret = self.store.workspace.get_secret()
        saver = asyncio.create_task(self._save_regularly())
        try:
            await self._answer_all(config.batch_size)
        finally:
            self.finished.set()
            await saver
            await server.aclose()
        if self.failure is not None:
            raise self.failure

    async def _answer_all(self, concurrency: int) -> None:
        tasks: set[asyncio.Task[None]] = set()
        async for request in self._iterate_pending():
            # a free place is waited for before the next prompt is built, so memory stays flat
            while len(tasks) >= concurrency and not self.stop.is_set():
                _, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED, timeout=WATCH_SECONDS)
            if self.stop.is_set():
                break
            tasks.add(asyncio.create_task(self._answer(request)))
        while tasks:
            if self.stop.is_set():
                self._cancel_waiting(tasks)
            _, tasks = await asyncio.wait(tasks, timeout=WATCH_SECONDS)

    def _cancel_waiting(self, tasks: set[asyncio.Task[None]]) -> None:
        # who waits for its turn or for a retry gives up; who has sent something waits for the answer, unless
        # another worker owns the batch now and would ask again anyway
        for task in tasks:
            if task not in self.talk.sending or isinstance(self.failure, WorkerReplaced):
                task.cancel()

    async def _iterate_pending(self) -> AsyncIterator[PendingRequest]:
        after = 0
        while pending := self.store.answers.list_pending(self.batch.id, after=after, limit=PORTION):
            for request in pending:
                yield request
                await asyncio.sleep(0)
            after = pending[-1].id

    async def _answer(self, request: PendingRequest) -> None:
        outcome = Outcome(body_hash="")
        try:
            await self._ask_or_reuse(request, outcome)
        except asyncio.CancelledError:
            if outcome.replies:
                # an answer that was to be repaired is paid for all the same; its question stays open
                self.unsaved.append(self._build_answer(request, outcome, is_open=True))
        except Exception as error:
            self._end(error)

    async def _ask_or_reuse(self, request: PendingRequest, outcome: Outcome) -> None:
        messages = build_prompt(load_attempt_input(self.store, request.attempt_id), secret=self.secret)
        outcome.body_hash = body_hash = hash_body(self.talk.build_body(messages, output_limit=DEFAULT_OUTPUT_LIMIT))
        known = self.store.answers.find_valid_reply(body_hash)
        if known is not None:
            outcome.hints = parse_answer(read_answer_text(known))
            self.unsaved.append(self._build_answer(request, outcome, is_reused=True))
        elif body_hash in self.asked:
            # two runs that said exactly the same: one question, one answer
            shared = await asyncio.shield(self.asked[body_hash])
            outcome.hints, outcome.reason, outcome.detail = shared.hints, shared.reason, shared.detail
            self.unsaved.append(self._build_answer(request, outcome, is_open=shared.is_fatal, is_reused=True))
        elif await self._reserve(cost := self.budget.estimate(sum(len(item["content"]) for item in messages))):
            await self._ask(request, messages, outcome, cost)

    async def _ask(
        self, request: PendingRequest, messages: list[dict[str, str]], outcome: Outcome, cost: float
    ) -> None:
        # a server without JSON schema changes the body, and with it the hash, while it is asked
        body_hash = outcome.body_hash
        shared = self.asked[body_hash] = asyncio.get_running_loop().create_future()
        try:
            await ask(self.talk, messages, outcome)
        finally:
            self.budget.settle(cost, sum(reply.cost_usd or 0.0 for reply in outcome.replies))
            if outcome.hints is None and outcome.reason is None:
                shared.cancel()
            else:
                shared.set_result(outcome)
            # an answer is found in the store from now on; a failure may be asked again
            del self.asked[body_hash]
        if outcome.is_fatal:
            self._end(_build_fatal_error(outcome, self.talk))
        self.unsaved.append(self._build_answer(request, outcome, is_open=outcome.is_fatal))

    async def _reserve(self, cost: float) -> bool:
        while not self.budget.allows(cost) and not self.stop.is_set():
            if not self.budget.open:
                self._end(
                    ModelServerError(
                        f"The budget of ${self.budget.limit:g} is spent (${self.budget.spent:.4f}, and the next "
                        f"request may cost ${cost:.4f}). Raise the budget and resume: what is answered is kept."
                    )
                )
            await asyncio.sleep(WATCH_SECONDS)
        if self.stop.is_set():
            return False
        self.budget.reserve(cost)
        return True

    def _build_answer(
        self, request: PendingRequest, outcome: Outcome, *, is_open: bool = False, is_reused: bool = False
    ) -> Answer:
        return Answer(
            request_id=request.id,
            attempt_id=request.attempt_id,
            body_hash=outcome.body_hash,
            replies=outcome.replies,
            content=None if outcome.hints is None else outcome.hints.model_dump_json(),
            sent=outcome.sent,
            is_open=is_open,
            reused=is_reused,
            reason=outcome.reason,
            detail=outcome.detail,
        )

    def _end(self, error: BaseException) -> None:
        self.failure = self.failure or error
        self.stop.set()

    async def _save_regularly(self) -> None:
        last_report = 0.0
        while not self.finished.is_set():
            await asyncio.sleep(SAVE_SECONDS)
            self._save()
            if time.monotonic() - last_report >= WATCH_SECONDS and not self.stop.is_set():
                last_report = time.monotonic()
                self._report()
        self._save()

    def _save(self) -> None:
        if not self.unsaved or isinstance(self.failure, WorkerReplaced):
            return
        try:
            self.check_lease()
            self.store.answers.save_answers(self.batch, self.unsaved, prompt_version=PROMPT_VERSION)
        except Exception as error:
            # they stay unsaved and are tried again until the run is over, which then ends with this error
            self._end(error)
            return
        self.unsaved = []

    def _report(self) -> None:
        try:
            self.report()
        except JobStopped as error:
            self._end(error)


def _build_fatal_error(outcome: Outcome, talk: Talk) -> ModelServerError:
    said = f" ({outcome.detail.strip().rstrip('.')})" if outcome.detail else ""
    if outcome.reason == Status.KEY_REFUSED:
        return ModelServerError(
            f"The server {talk.server.name} refused the key{said}. Set OPENAI_API_KEY to a valid one."
        )
    if outcome.reason == Status.MODEL_UNKNOWN:
        return ModelServerError(
            f'The server {talk.server.name} has no model "{talk.model}"{said}. Choose another one with --model.'
        )
    if outcome.reason == Status.WRONG_ADDRESS:
        return ModelServerError(
            f"There are no chat completions at {talk.server.name}{said}. Check OPENAI_BASE_URL: it mostly ends in /v1."
        )
    return ModelServerError(
        f"The server {talk.server.name} cannot be reached{said}. Check OPENAI_BASE_URL and that the server runs."
    )
