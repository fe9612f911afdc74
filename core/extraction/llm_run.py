"""One run of an `llm` batch in one event loop: parallel, rate-limited, each answer saved as it arrives.

Sending stops at once when a person wants a pause, when another worker took over, or when every request would fail.
What is in flight by then is waited for and saved, because it is paid for.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from core.errors import JobStopped, ModelServerError, WorkerReplaced
from core.extraction.budget import Budget
from core.extraction.conversation import ask, build_first_body
from core.extraction.exchange import USED, Exchange, Status
from core.extraction.launch import mark_key
from core.extraction.limiter import RateLimiter
from core.extraction.output_modes import OutputMode
from core.extraction.past import recall
from core.extraction.prices import choose_price
from core.extraction.refusals import (
    build_credit_error,
    build_key_error,
    build_model_error,
    build_outage_error,
    build_same_words_error,
    build_unreachable_error,
    quote,
)
from core.extraction.reply_body import read_answer_text, read_exchange
from core.extraction.retry import RetryPolicy
from core.extraction.saving import Saver
from core.extraction.server import ModelServer
from core.extraction.talk import Outcome, Talk
from core.extraction.weighing import MOST_SAME_WORDS
from core.extraction.wording import PROMPT_VERSIONS, Wording, build_wording
from core.settings import Settings
from core.store import Store
from core.store.batch_models import Answer, Batch, PendingRequest

PORTION = 50
WATCH_SECONDS = 0.2


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
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    """Nothing more is sent."""
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    """Nothing more will be answered."""
    failure: BaseException | None = None
    asked: dict[str, "asyncio.Future[Outcome]"] = field(default_factory=dict)

    async def run(self) -> None:
        """Answer every pending request, or raise what ended the run."""
        config, model = self.batch.config, self.batch.model or ""
        server = ModelServer(self.settings, timeout_seconds=self.retry.timeout_seconds)
        mode = self.store.workspace.find_server_mode(server=server.name, model=model)
        price = choose_price(config)
        limiter = RateLimiter(max_rpm=config.max_rpm, max_tpm=config.max_tpm, clock=time.monotonic)
        recall(self.store, self.batch, limiter, server=server.name, now_unix=time.time())
        self.talk = Talk(
            server=server,
            model=model,
            mode=OutputMode(mode) if mode else OutputMode.JSON_SCHEMA,
            limiter=limiter,
            price=price,
            save_mode=lambda found: self.store.workspace.save_server_mode(server=server.name, model=model, mode=found),
            budget=Budget(
                config.budget_usd, price, spent_usd=self.store.batches.get_usage(self.batch.id).cost_usd or 0.0
            ),
            save_refused=lambda name: self.store.workspace.save_refused_parameter(
                server=server.name, model=model, parameter=name
            ),
            refused=self.store.workspace.find_refused_parameters(server=server.name, model=model),
            output_limit=config.output_limit,
            retry=self.retry,
            stop=self.stop,
            keep=self._keep,
            find_answered=self._find_answered,
            is_key_known=self._is_key_known(server.name),
        )
        self.places = asyncio.Semaphore(config.batch_size)
        self.secret = self.store.workspace.get_secret()
        self.saver = Saver(self.store, self.batch, check_lease=self.check_lease, end=self._end)
        try:
            self.saver.bring_back()
            self.store.batches.save_server(self.batch.id, server.name, key_mark=mark_key(self.settings))
            # a pause that a killed worker did not live to see counts before anything is sent
            self.report()
            await self._answer_and_save()
        finally:
            await server.aclose()
        if self.failure is not None:
            raise self.failure

    def _is_key_known(self, server: str) -> bool:
        """True if this server answered an earlier run of this batch with the present key."""
        is_same = (self.batch.server, self.batch.key_mark) == (server, mark_key(self.settings))
        return is_same and self.store.answers.has_answered(self.batch.id)

    async def _answer_and_save(self) -> None:
        saving = asyncio.create_task(self._save_regularly())
        try:
            await self._answer_all()
        finally:
            self.finished.set()
            await saving

    async def _answer_all(self) -> None:
        tasks: set[asyncio.Task[None]] = set()
        for request in self._iterate_pending():
            # a free place is waited for before the next prompt is built, so memory stays flat
            await self.places.acquire()
            if self.stop.is_set():
                break
            task = asyncio.create_task(self._answer(request))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            task.add_done_callback(lambda _: self.places.release())
        while tasks:
            if self.stop.is_set():
                self._cancel_waiting(tasks)
            await asyncio.wait(tasks, timeout=WATCH_SECONDS)

    def _cancel_waiting(self, tasks: set[asyncio.Task[None]]) -> None:
        # who waits for its turn or for a retry gives up; who has sent something waits for the answer, unless
        # another worker owns the batch now and would ask again anyway
        for task in tasks:
            if task not in self.talk.sending or isinstance(self.failure, WorkerReplaced):
                task.cancel()

    def _iterate_pending(self) -> Iterator[PendingRequest]:
        after = 0
        while pending := self.store.answers.list_pending(self.batch.id, after=after, limit=PORTION):
            yield from pending
            after = pending[-1].id

    async def _answer(self, request: PendingRequest) -> None:
        outcome = Outcome(request=request)
        try:
            await self._ask_or_reuse(request, outcome)
        except (asyncio.CancelledError, Exception) as error:
            if outcome.sent:
                # an answer that was to be repaired is paid for all the same; its question stays open
                self.saver.add(_take_answer(outcome, is_open=True))
            if not isinstance(error, asyncio.CancelledError):
                self._end(error)

    async def _ask_or_reuse(self, request: PendingRequest, outcome: Outcome) -> None:
        wording = build_wording(self.store, request, secret=self.secret, input_limit=self.batch.config.input_limit)
        outcome.left_out = wording.left_out
        body = build_first_body(self.talk, wording, outcome)
        body_hash = outcome.body_hash
        known = None if self.batch.config.ask_again else self.store.answers.find_valid_reply(body_hash)
        if known is not None:
            outcome.hints = wording.read(read_answer_text(known))
            await self._save(outcome, is_reused=True)
        elif body_hash in self.asked:
            # two runs that said exactly the same: one question, one answer
            shared = await asyncio.shield(self.asked[body_hash])
            # read anew: the same words may stand for the attempts of another trial
            outcome.hints = None if shared.hints is None else wording.read(shared.answer)
            outcome.reason, outcome.detail = shared.reason, shared.detail
            await self._save(outcome, is_open=shared.is_fatal, is_reused=True)
        elif not self.stop.is_set():
            await self._ask(wording, body, outcome)

    async def _ask(self, wording: Wording, body: dict[str, Any], outcome: Outcome) -> None:
        # a server without JSON schema changes the body, and with it the hash, while it is asked
        body_hash = outcome.body_hash
        shared = self.asked[body_hash] = asyncio.get_running_loop().create_future()
        try:
            await ask(self.talk, wording, body, outcome)
            shared.set_result(outcome)
            if outcome.is_fatal:
                self._end(_build_fatal_error(outcome, self.talk))
            await self._save(outcome, is_open=outcome.is_fatal)
        finally:
            shared.cancel()
            # an answer is found in the store from now on; a failure may be asked again
            del self.asked[body_hash]

    async def _save(self, outcome: Outcome, *, is_open: bool = False, is_reused: bool = False) -> None:
        # whoever waits here keeps its place until the answer is safe: a crash costs no more than there are places
        await self.saver.add(_take_answer(outcome, is_open=is_open, is_reused=is_reused))

    async def _keep(self, outcome: Outcome) -> None:
        await self._save(outcome, is_open=True)

    def _find_answered(self, outcome: Outcome, body_hash: str) -> Exchange | None:
        if not outcome.request.sent:
            return None
        raw = self.store.answers.find_answered(outcome.request, body_hash)
        exchange = None if raw is None else read_exchange(200, raw)
        # a reply that was of no use at all is asked for again
        return exchange if exchange is not None and exchange.status in USED else None

    def _end(self, error: BaseException) -> None:
        self.failure = self.failure or error
        self.stop.set()
        # whoever waits for a free place has to see it
        self.places.release()

    async def _save_regularly(self) -> None:
        last_report = 0.0
        while not self.finished.is_set():
            await self.saver.wait(WATCH_SECONDS)
            self.saver.save(self.talk)
            is_time = time.monotonic() - last_report >= WATCH_SECONDS
            if is_time and not self.stop.is_set() and not self.saver.is_stuck:
                last_report = time.monotonic()
                self._report()
        await self.saver.close(self.talk)

    def _report(self) -> None:
        try:
            self.report()
        except JobStopped as error:
            self._end(error)


def _take_answer(outcome: Outcome, *, is_open: bool = False, is_reused: bool = False) -> Answer:
    """What came back since the last time, to be saved; taken out of the outcome, so that nobody saves it twice."""
    replies, sent = outcome.replies, outcome.sent
    outcome.replies, outcome.sent = [], 0
    return Answer(
        request_id=outcome.request.id,
        attempt_id=outcome.request.attempt_id,
        kind=outcome.request.kind,
        prompt_version=PROMPT_VERSIONS[outcome.request.kind],
        body_hash=outcome.body_hash,
        replies=replies,
        content=None if outcome.hints is None else outcome.hints.model_dump_json(),
        sent=sent,
        is_open=is_open,
        reused=is_reused,
        reason=outcome.reason,
        detail=outcome.detail,
        left_out=outcome.left_out,
        hints=0 if outcome.hints is None else len(outcome.hints.hints),
    )


def _build_fatal_error(outcome: Outcome, talk: Talk) -> ModelServerError:
    server, said = talk.server.name, outcome.detail
    if outcome.reason == Status.KEY_REFUSED:
        return build_key_error(server, said)
    if outcome.reason == Status.NO_CREDIT:
        return build_credit_error(server, said)
    if outcome.reason in (Status.BAD_REQUEST, Status.REFUSED):
        return build_same_words_error(server, said, times=MOST_SAME_WORDS)
    if outcome.reason == Status.MODEL_UNKNOWN:
        return build_model_error(server, talk.model, said)
    if outcome.reason == Status.WRONG_ADDRESS:
        return ModelServerError(
            f"There are no chat completions at {server}{quote(said)}. Check OPENAI_BASE_URL: it mostly ends in /v1."
        )
    return build_outage_error(server, said) if talk.has_answered else build_unreachable_error(server, said)
