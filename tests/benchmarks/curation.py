"""`python -m tests.benchmarks.curation FILE`: seconds that the evidence, the aggregation and the checks of a file take.

The hints are those of the rules extractor. Writes are timed one by one: nobody should wait long for the write lock.
`--processes N` says how many work trials out, else the program chooses. `--profile` names the functions that the time
goes to, in one process. A folder instead of FILE is a workspace with an extracted dataset, which is curated in a copy.
"""

import argparse
import cProfile
import os
import pstats
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.curation.curate import curate_dataset
from core.curation.pool import choose_processes
from core.extraction.batch import run_batch
from core.models import Dataset
from core.progress import no_progress
from core.store import Store, open_store
from core.worker import relax_collector
from tests.workspaces import create_batch, import_sample, make_settings


def main(path: Path, *, processes: int | None, profile: bool) -> None:
    """Print trials, seconds of each run, and the longest write."""
    relax_collector()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        if path.is_dir():
            shutil.copytree(path, home)
        with open_store(home) as store:
            dataset = store.traces.list_datasets()[0] if path.is_dir() else _extract(store, path)
            _measure(store, dataset, processes=processes, profile=profile)


def _extract(store: Store, path: Path) -> Dataset:
    dataset = import_sample(store, path)
    batch = create_batch(store, dataset)
    with _time("extraction by rules"):
        run_batch(store, batch, settings=make_settings(store.home), progress=no_progress, check_lease=lambda: None)
    return dataset


def _measure(store: Store, dataset: Dataset, *, processes: int | None, profile: bool) -> None:
    trials = len(store.curation.list_extracted_trials(dataset.id))
    processes = 1 if profile else processes or choose_processes(trials)
    counts = {}
    for name in ("curation", "the same again"):
        profiler = cProfile.Profile()
        writes = _Writes(store)
        with _time(f"{name} of {trials} trials, processes: {processes}"):
            if profile:
                profiler.enable()
            curate_dataset(store, dataset, check_lease=writes.begin, progress=writes.watch, processes=processes)
            profiler.disable()
        print(f"{'longest write':<50}{writes.longest * 1000:>8.0f} ms of {writes.count}")
        if profile:
            pstats.Stats(profiler).sort_stats("tottime").print_stats(40)
        counts[name] = store.overview.count_stages(dataset.id)
    assert counts["curation"] == counts["the same again"]


class _Writes:
    """From when the lock is held to the next progress or write: the upper bound of a transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._began = 0.0
        self.longest = 0.0
        self.count = 0

    def begin(self) -> None:
        self._end()
        self._began = time.perf_counter()
        self.count += 1

    def watch(self, *_: object, **__: object) -> None:
        self._end()

    def _end(self) -> None:
        if self._began:
            self.longest = max(self.longest, time.perf_counter() - self._began)
        self._began = 0.0


@contextmanager
def _time(name: str) -> Iterator[None]:
    began, cpu = time.perf_counter(), _count_cpu()
    yield
    load = os.getloadavg()[0]
    clock = time.perf_counter() - began
    print(f"{name:<50}{clock:>8.1f} s, {_count_cpu() - cpu:.1f} s of a core, load {load:.1f}", flush=True)


def _count_cpu() -> float:
    """Seconds of this process and of those that it started and that have ended."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("--processes", type=int)
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    main(given.path, processes=given.processes, profile=given.profile)
