"""`python -m tests.benchmarks.carrying [TRIALS]`: how long carrying decisions over takes, and what others wait for it.

Three decided hints and an approval a trial, made through the product's own doors; the second import has other markers.
A write as the carrier sees it ends with the disk's part of the commit and the checkpoint, in which others may write
already: therefore a second connection asks for the write lock all the time, as a reviewer's decision does.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter, process_time
from typing import Any

from core.curation.bulk import BulkWish, run_bulk
from core.curation.carry_over import carry_over
from core.curation.curate import curate_dataset
from core.curation.undo import undo
from core.models import CriterionText, Dataset, PitfallText, StrategyText
from core.store import Store, open_store
from core.store.queue_models import QueueFilter
from tests.benchmarks.review_data import write_messages
from tests.builders import Row, import_list, make_row
from tests.curation.proposals import propose, save_proposals

TRIALS = 12_000
ASKING_SECONDS = 0.01
"""Between two writes of the second connection."""
HINTS = [
    propose(StrategyText(do="Begin with the first wish."), "Task: the wish"),
    propose(PitfallText(avoid="give up early", instead="ask again"), "Task: the wish"),
    propose(CriterionText(text="The wish is granted."), "Task: the wish"),
]


def fill(store: Store, trials: int) -> tuple[Dataset, Dataset]:
    """An earlier import in which everything is approved, and a later one."""
    rows: list[Row] = [
        make_row(write_messages(number, count=6, size=300), trial_name=f"wish {number}", result="1.0")
        for number in range(trials)
    ]
    old = import_list(store, rows).dataset
    attempts = [store.traces.list_attempts(trial.id)[0].id for trial in store.traces.list_trials(old.id)]
    for begin in range(0, len(attempts), 10_000):
        save_proposals(store, old, dict.fromkeys(attempts[begin : begin + 10_000], HINTS))
    curate_dataset(store, old)
    run_bulk(store, BulkWish(operation="approve", filter=QueueFilter(dataset_id=old.id)), reviewer="Ann", action_id="b")
    return old, import_list(store, rows, cut_at_marker=True).dataset


class Writes:
    """From when the lock is held to the next look: the upper bound of a transaction, what follows it included."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._began = 0.0

    def begin(self) -> None:
        self.end()
        self._began = perf_counter()

    def describe(self) -> str:
        if not self.seconds:
            return "no write"
        inner, longest = median(self.seconds) * 1000, max(self.seconds) * 1000
        return f"{len(self.seconds):,} writes, median {inner:.0f} ms, longest {longest:.0f} ms"

    def end(self, *_: Any, **__: Any) -> None:
        if self._began:
            self.seconds.append(perf_counter() - self._began)
        self._began = 0.0


@contextmanager
def wait_for_lock(home: Path) -> Iterator[list[float]]:
    """How long each write of a second connection waited for the lock, in seconds; complete at the end."""
    waited: list[float] = []
    done = Event()

    def ask() -> None:
        with open_store(home) as store:
            while not done.wait(ASKING_SECONDS):
                begin = perf_counter()
                with store.curation.write():
                    waited.append(perf_counter() - begin)

    thread = Thread(target=ask)
    thread.start()
    try:
        yield waited
    finally:
        done.set()
        thread.join()


def main(trials: int = TRIALS) -> None:
    """Print a table."""
    with TemporaryDirectory() as folder, open_store(Path(folder)) as store:
        begin = perf_counter()
        old, new = fill(store, trials)
        print(f"{trials:,} trials in each of two imports, made in {perf_counter() - begin:.0f} s")
        begin = perf_counter()
        counts = store.carrying.count_decided(old.id, new.id)
        print(f"the page's count: {(perf_counter() - begin) * 1000:.0f} ms ({counts.here:,} of {counts.decided:,})")
        for dry_run in (True, False, False):
            writes = Writes()
            begin, cpu = perf_counter(), process_time()
            with wait_for_lock(Path(folder)) as waited:
                report = carry_over(
                    store, old, new, carried_by="Ann", action_id=f"c{perf_counter()}", dry_run=dry_run,
                    progress=writes.end, check_lease=writes.begin,
                )  # fmt: skip
            print(
                f"{'dry run' if dry_run else 'carrying over'}: {perf_counter() - begin:.1f} s, "
                f"{process_time() - cpu:.1f} s of a core, {report.describe_carried()}, {report.known:,} known, "
                f"{writes.describe()}; another writer waited {max(waited) * 1000:.0f} ms at most"
            )
        begin = perf_counter()
        undo(store, reviewer="Ann", action_id="u")
        print(f"its undo: {perf_counter() - begin:.1f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
