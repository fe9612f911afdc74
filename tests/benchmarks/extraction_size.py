"""What the store's calls of a run take when few or many attempts are waiting."""

import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from core.extraction.answer import parse_answer
from core.extraction.instructions import PROMPT_VERSION
from core.models import Dataset, Extractor, Outcome
from core.store import Store, open_store
from core.store.batch_models import Answer, Batch, BatchConfig, PendingRequest, Reply
from core.store.staging import StagedConversation
from core.store.traces import NewAttempt, NewEpisode, NewTrial
from tests.benchmarks.extraction_bench import Rows, print_table, repeat
from tests.benchmarks.extraction_run import MODEL
from tests.benchmarks.generated import ANSWER, ATTEMPTS_PER_TRIAL
from tests.workspaces import create_batch

CONVERSATIONS = 1_000
TRIALS_AT_ONCE = 500
CALLS = 50
BATCH_CALLS = 5
"""Fewer, because each leaves a whole batch behind."""
PORTION = 50
SHOWN = 20
SIZES = (10_000, 100_000)


def measure_size(*, sizes: tuple[int, int] = SIZES, runs: int = 3) -> Rows:
    """Milliseconds of each call at both sizes, one row per call; prints them side by side."""
    found = repeat(runs, lambda: _measure_both(sizes))
    small, large = (f"{size:,} pending, ms" for size in sizes)
    print_table(
        f"Size: medians of {CALLS} calls (create_batch: {BATCH_CALLS}) in {runs} workspaces, milliseconds",
        ("call", small, large, "ratio"),
        [(name, row["small"], row["large"], row["large"] / row["small"]) for name, row in found.items()],
    )
    return found


def _measure_both(sizes: tuple[int, int]) -> Rows:
    small, large = (_measure(size) for size in sizes)
    return {name: {"small": small[name], "large": large[name]} for name in small}


def _measure(attempts: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder)) as store:
        dataset = make_dataset(store, attempts=attempts)
        config = BatchConfig(extractor=Extractor.LLM, model=MODEL)
        batches: list[Batch] = []
        with _waiting_writer(Path(folder)) as waits:
            creation = _time(BATCH_CALLS, lambda: batches.append(create_batch(store, dataset, config)))
        batch = batches[-1]
        pending = store.answers.list_all_pending(batch.id)
        return {
            f"list_pending of {PORTION}": _time_list_pending(store, batch, pending),
            f"save_answers of {PORTION}": _time_save_answers(store, batch, pending),
            "count_requests": _time(CALLS, lambda: store.batches.count_requests(batch.id)),
            "get_usage": _time(CALLS, lambda: store.batches.get_usage(batch.id)),
            f"list_last_answers of {SHOWN}": _time(
                CALLS, lambda: store.answers.list_last_answers(batch.id, limit=SHOWN)
            ),
            "create_batch": creation,
            "longest wait of another writer meanwhile": max(waits) * 1000,
        }


@contextmanager
def _waiting_writer(home: Path) -> Iterator[list[float]]:
    """Somebody else who wants to write all the time; the seconds of each wait for the lock."""
    waits: list[float] = []
    is_over = threading.Event()

    def write() -> None:
        with open_store(home) as store:
            while not is_over.wait(0.002):
                began = time.perf_counter()
                with store.jobs.write():
                    waits.append(time.perf_counter() - began)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield waits
    finally:
        is_over.set()
        thread.join()


def _time(calls: int, call: Callable[[], object]) -> float:
    """Median milliseconds."""
    taken = []
    for _ in range(calls):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1000


def _time_list_pending(store: Store, batch: Batch, pending: list[PendingRequest]) -> float:
    chance = random.Random(1)
    return _time(CALLS, lambda: store.answers.list_pending(batch.id, after=chance.choice(pending).id, limit=PORTION))


def _time_save_answers(store: Store, batch: Batch, pending: list[PendingRequest]) -> float:
    hints = parse_answer(ANSWER)
    content = hints.model_dump_json()
    # spread over the whole batch, as far as it reaches
    chosen = pending[:: max(len(pending) // (CALLS * PORTION), 1)]
    answers = [
        Answer(
            request_id=request.id,
            attempt_id=request.attempt_id,
            body_hash=f"{request.id:064x}",
            replies=[_make_reply(request.id)],
            content=content,
            sent=1,
            hints=len(hints.hints),
        )
        for request in chosen
    ]
    calls = min(CALLS, len(answers) // PORTION)
    number = count()

    def save() -> None:
        begin = next(number) * PORTION
        store.answers.save_answers(batch, answers[begin : begin + PORTION], prompt_version=PROMPT_VERSION)

    return _time(calls, save)


def _make_reply(request_id: int) -> Reply:
    return Reply(
        body_hash=f"{request_id:064x}",
        kind="attempt",
        model=MODEL,
        http_status=200,
        raw=ANSWER,
        valid=True,
        tokens_in=2_000,
        tokens_cached=0,
        tokens_out=len(ANSWER) // 4,
        cost_usd=0.001,
        latency_seconds=0.05,
    )


def make_dataset(store: Store, *, attempts: int) -> Dataset:
    """A dataset straight in the store, several attempts to a conversation: only its size matters."""
    dataset = store.traces.create_dataset(
        key="size",
        name="size",
        source="size",
        source_kind="file",
        config=None,
        split=None,
        revision=None,
        group_by="trial_name",
        markers=[],
        cut_at_marker=False,
    )
    texts = [f"Conversation {number}: the tests must pass." for number in range(CONVERSATIONS)]
    conversations = [
        StagedConversation(f"{number:064x}", len(text), [("user", text, (), None)]) for number, text in enumerate(texts)
    ]
    store.staging.begin()
    store.staging.save(dataset_id=dataset.id, rows=[], set_aside=[], conversations=conversations, texts={})
    trials = attempts // ATTEMPTS_PER_TRIAL
    for first in range(0, trials, TRIALS_AT_ONCE):
        numbers = range(first, min(first + TRIALS_AT_ONCE, trials))
        store.traces.create_trials(dataset.id, [_make_trial(number) for number in numbers], numbers=numbers)
    store.traces.finish_dataset(dataset.id, report="{}")
    return store.traces.get_dataset(dataset.id)


def _make_trial(number: int) -> NewTrial:
    attempts = range(number * ATTEMPTS_PER_TRIAL, (number + 1) * ATTEMPTS_PER_TRIAL)
    return NewTrial(
        f"trial-{number}", None, f"Repair service {number}.", "made", [_make_attempt(n) for n in attempts], []
    )


def _make_attempt(number: int) -> NewAttempt:
    return NewAttempt(
        source_trial_name=f"trial-{number // ATTEMPTS_PER_TRIAL}",
        conversation_id=f"{number % CONVERSATIONS:064x}",
        outcome=Outcome.UNKNOWN,
        result=None,
        run_id=None,
        agent=None,
        model=None,
        verifier_output_id=None,
        tool_definitions_id=None,
        episodes=[NewEpisode(number, f"episode-{number}", 1)],
    )
