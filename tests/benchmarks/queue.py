"""How long the queue, its search and bulk actions take with 12,000 trials: `python -m tests.benchmarks.queue`.

Medians of some runs, in milliseconds, on rows written straight into the tables; triggers do their work.
"""

import random
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import uuid4

import orjson

from core.curation.bulk import BulkWish, plan_bulk, run_bulk
from core.curation.queue_view import build_queue_rows
from core.curation.undo import undo
from core.store import Store, open_store
from core.store.database import FILE_NAME
from core.store.queue_models import QueueFilter, QueueSort, QueueStatus
from tests.benchmarks.generated import WORDS

TRIALS, HINTS, TASK_WORDS = 12_000, 8, 250


def fill_workspace(home: Path, trials: int = TRIALS) -> None:
    """One dataset: two attempts and eight hints a trial, a finding on some."""
    chance = random.Random(1)
    with open_store(home):
        pass
    connection = sqlite3.connect(home / FILE_NAME)
    with connection:
        connection.execute(
            "INSERT INTO datasets (id, key, name, source, source_kind, group_by, markers, cut_at_marker, ready, "
            "created_utc) VALUES (1, 'k', 'generated', 'g', 'file', 'trial_name', '[]', 0, 1, '')"
        )
        connection.execute("INSERT INTO conversations VALUES ('c', 2, 2, x'')")
        connection.execute("INSERT INTO jobs (id, kind, params, created_utc) VALUES (1, 'extract', '{}', '')")
        connection.execute(
            "INSERT INTO batches (id, job_id, dataset_id, extractor, config) VALUES (1, 1, 1, 'llm', '{}')"
        )
        for number in range(trials):
            _add_trial(connection, number, chance)
    connection.close()


def _add_trial(connection: sqlite3.Connection, number: int, chance: random.Random) -> None:
    trial_id, task = number + 1, " ".join(chance.choices(WORDS, k=TASK_WORDS))
    connection.execute(
        "INSERT INTO trials (id, dataset_id, number, name, source_task_text, task_source) VALUES (?, 1, ?, ?, ?, '')",
        (trial_id, number, f"trial-{number:05}__{chance.randrange(16**6):06x}", f"Task {number}: {task}"),
    )
    for place in (1, 2):
        attempt_id = 2 * trial_id + place - 2
        connection.execute(
            "INSERT INTO attempts (id, trial_id, number, source_trial_name, conversation_id, outcome) "
            "VALUES (?, ?, ?, 't', 'c', ?)",
            (attempt_id, trial_id, place, chance.choice(["success", "failure"])),
        )
        connection.execute("INSERT INTO proposals VALUES (?, 'llm', 1, 'm', 'p', '{}')", (attempt_id,))
    origins = orjson.dumps([{"extractor": "llm", "model": "m"}]).decode()
    for place in range(HINTS):
        hint_id = str(uuid4())
        text = orjson.dumps({"kind": "strategy", "do": " ".join(chance.choices(WORDS, k=20)), "why": "", "check": ""})
        connection.execute(
            "INSERT INTO hints (id, trial_id, kind, position, text, proposed_text, origins, attempt_ids) "
            "VALUES (?, ?, 'strategy', ?, ?, ?, ?, ?)",
            (hint_id, trial_id, place, text.decode(), text.decode(), origins, f"[{2 * trial_id - 1}]"),
        )
        if chance.random() < 0.02:
            severity = chance.choice(["block", "warn", "warn"])
            connection.execute(
                "INSERT INTO findings (trial_id, hint_id, code, severity, message) VALUES (?, ?, 'c', ?, 'm')",
                (trial_id, hint_id, severity),
            )


def measure(store: Store) -> list[tuple[str, float, int]]:
    """What was done, the median in milliseconds, and how many rows came back."""

    def list_with(**wanted: object) -> Callable[[], int]:
        return lambda: len(store.queue.list_entries(QueueFilter(dataset_id=1, **wanted)))  # type: ignore[arg-type]

    everything = store.queue.list_entries(QueueFilter(dataset_id=1))
    cases: list[tuple[str, Callable[[], int]]] = [
        *((f"list, by {sort}", list_with(sort=sort)) for sort in QueueSort),
        ("list, all", list_with(status=QueueStatus.ALL)),
        ("list, something to check", list_with(status=QueueStatus.CHECK)),
        ("list, by code", list_with(findings="c")),
        ("list, by model", list_with(model="m")),
        ("counts", lambda: len(store.queue.count_by_status(QueueFilter(dataset_id=1)))),
        ("rows for the browser", lambda: len(build_queue_rows(everything))),
        *(
            (f"search {words!r}", list_with(search=words))
            for words in ("trial-00042", "Task 77", "config service", "permission", "zzz", "po", "e")
        ),
        ("counts, search 'config service'", lambda: sum(
            store.queue.count_by_status(QueueFilter(dataset_id=1, search="config service")).values())),
        ("stamp", lambda: len(store.queue.get_stamp())),
    ]  # fmt: skip
    return [(name, *_time(case)) for name, case in cases]


def _time(case: Callable[[], int], runs: int = 7) -> tuple[float, int]:
    times, rows = [], 0
    for _ in range(runs):
        begin = perf_counter()
        rows = case()
        times.append((perf_counter() - begin) * 1000)
    return median(times), rows


def measure_bulk(store: Store) -> list[tuple[str, float, int]]:
    """A bulk approval of everything, and its undo, once each."""
    wish = BulkWish(operation="approve", filter=QueueFilter(dataset_id=1))
    found = [(("preview of a bulk approval", *_time(lambda: len(plan_bulk(store, wish, action_id="b").trial_ids))))]
    begin = perf_counter()
    plan = run_bulk(store, wish, reviewer="Ann", action_id="b")
    found.append(("bulk approval", (perf_counter() - begin) * 1000, len(plan.trial_ids)))
    begin = perf_counter()
    undo(store, reviewer="Ann", action_id="u")
    found.append(("its undo", (perf_counter() - begin) * 1000, len(plan.trial_ids)))
    return found


def main(trials: int = TRIALS) -> None:
    """Print a table."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        begin = perf_counter()
        fill_workspace(home, trials)
        print(f"{trials:,} trials written in {perf_counter() - begin:.1f} s, "
              f"{(home / FILE_NAME).stat().st_size / 1e6:.0f} MB")  # fmt: skip
        with open_store(home) as store:
            for name, milliseconds, rows in [*measure(store), *measure_bulk(store)]:
                print(f"| {name:<34} | {milliseconds:9.1f} ms | {rows:6,} rows |")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
