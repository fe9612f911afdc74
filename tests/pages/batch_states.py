"""Batches in every state that a person can meet, written through the store as worker and pipeline would."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.extraction.estimate import estimate_batch
from core.extraction.prices import choose_price
from core.models import (
    AttemptHints,
    CriterionText,
    Dataset,
    Extractor,
    JobKind,
    JobState,
    PitfallText,
    ProposedHint,
    StrategyText,
    ToolText,
)
from core.settings import load_settings
from core.store import Store, open_store
from core.store.batch_models import Answer, Batch, BatchConfig, LiveFigures, Reply
from core.store.batches import THROUGHPUT_SECONDS
from core.worker import build_fingerprint

MODEL = "gpt-4o-mini"
SERVER = "https://models.example/v1/"
HINTS = AttemptHints(
    happened="The agent looked the flight up and booked it.",
    hints=[
        ProposedHint(text=ToolText(name="search_flights", purpose="Finds flights between two airports")),
        ProposedHint(text=StrategyText(do="Ask for the date first", check="The date is in the query")),
        ProposedHint(text=PitfallText(when="the date is missing", avoid="search with a guess", instead="ask for it")),
        ProposedHint(text=CriterionText(text="The booking is confirmed")),
    ],
)


@contextmanager
def worker_elsewhere(home: Path) -> Iterator[None]:
    """Somebody else owns the workspace's jobs, so a page starts no worker that would run a made-up batch."""
    # the same code and settings, so that nobody asks it to leave
    fingerprint = build_fingerprint(load_settings())
    with open_store(home) as store:
        epoch = store.leases.acquire(owner="elsewhere", pid=os.getpid(), fingerprint=fingerprint, clock=time.time)
    assert epoch is not None, "a worker is at work"
    is_over = threading.Event()

    def renew() -> None:
        while not is_over.wait(0.5):
            with open_store(home) as store:
                store.leases.renew(epoch, clock=time.time)

    thread = threading.Thread(target=renew)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
        with open_store(home) as store:
            store.leases.release(epoch)


@dataclass
class BatchMaker:
    """Makes batches of one dataset."""

    store: Store
    dataset: Dataset

    def launch(self, config: BatchConfig | None = None, *, created_by: str = "Mira") -> Batch:
        """A queued batch with its estimate."""
        config = config or BatchConfig(extractor=Extractor.LLM, model=MODEL)
        job = self.store.jobs.create_job(
            JobKind.EXTRACT,
            params=config.model_dump(mode="json"),
            dataset_id=self.dataset.id,
            created_by=created_by,
        )
        estimate = None
        if config.extractor is Extractor.LLM:
            estimate = estimate_batch(self.store, self.dataset.id, config, price=choose_price(config))
        batch = self.store.batches.create_batch(
            job_id=job.id, dataset_id=self.dataset.id, config=config, estimate=estimate
        )
        self.store.batches.ensure_requests(batch.id)
        return batch

    def run(self, batch: Batch, *, server: str = SERVER) -> None:
        """The batch is running."""
        self.store.jobs.start_job(batch.job_id)
        if batch.extractor is Extractor.LLM:
            self.store.batches.save_server(batch.id, server)

    def show_live(self, batch: Batch, *, at_unix: float | None = None, **values: object) -> None:
        """What the worker writes every second; a little ahead, so that a slow machine still finds it fresh."""
        figures = {"in_flight": 3, "sent_in_last_minute": 490, "rpm": 500, "mode": "json_schema"} | values
        live = LiveFigures.model_validate({"at_unix": time.time() + 9 if at_unix is None else at_unix} | figures)
        self.store.batches.save_live(batch.id, live)

    def send(self, batch: Batch, per_slot: list[int], *, end_unix: float | None = None) -> None:
        """So many requests were sent and answered in the last few seconds, oldest first."""
        end = time.time() if end_unix is None else end_unix
        for age, count in enumerate(reversed(per_slot)):
            self.store.batches.add_throughput(
                batch.id, at_unix=end - age * THROUGHPUT_SECONDS, sent=count, answered=count, tokens=count * 1000
            )

    def answer(
        self,
        batch: Batch,
        count: int,
        *,
        hints: AttemptHints = HINTS,
        tokens_in: int = 1_000,
        tokens_cached: int = 0,
        cost_usd: float | None = 0.001,
        valid: bool = True,
        reused: bool = False,
    ) -> None:
        """The next attempts are answered; not valid at first means repaired by a second reply."""
        answers = []
        for request in self.store.answers.list_pending(batch.id, after=0, limit=count):
            kinds = [] if reused else [("attempt", valid)] if valid else [("attempt", False), ("repair", True)]
            replies = [
                Reply(
                    body_hash=f"{batch.id}-{request.id}",
                    kind=kind,
                    model=batch.model or "",
                    http_status=200,
                    raw="{}",
                    valid=is_valid,
                    tokens_in=tokens_in,
                    tokens_cached=tokens_cached,
                    tokens_out=200,
                    cost_usd=cost_usd,
                    latency_seconds=1.0,
                )
                for kind, is_valid in kinds
            ]
            answers.append(
                Answer(
                    request.id,
                    request.attempt_id,
                    f"{batch.id}-{request.id}",
                    replies,
                    hints.model_dump_json(),
                    len(replies),
                    reused=reused,
                    hints=len(hints.hints),
                )
            )
        self.store.answers.save_answers(batch, answers, prompt_version="test")

    def fail(self, batch: Batch, count: int, *, reason: str = "refused", detail: str = "I will not.") -> None:
        """The next attempts fail."""
        answers = [
            Answer(request.id, request.attempt_id, None, [], None, 1, reason=reason, detail=detail)
            for request in self.store.answers.list_pending(batch.id, after=0, limit=count)
        ]
        self.store.answers.save_answers(batch, answers, prompt_version="test")

    def end(self, batch: Batch, state: JobState = JobState.FINISHED, *, reason: str | None = None) -> None:
        """The batch's job is over."""
        self.store.batches.save_live(batch.id, None)
        self.store.jobs.finish_job(batch.job_id, state, reason=reason)
