"""`python -m tests.benchmarks.curation FILE`: seconds that the evidence, the aggregation and the checks of a file take.

The hints are those of the rules extractor. Writes are timed one by one: nobody should wait long for the write lock.
`--profile` names the functions that the time goes to.
"""

import cProfile
import pstats
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.curation.curate import curate_dataset
from core.extraction.batch import run_batch
from core.models import Extractor
from core.progress import no_progress
from core.store import Store, open_store
from core.store.batch_models import BatchConfig
from tests.workspaces import create_batch, import_sample, make_settings


def main(path: Path, *, profile: bool) -> None:
    """Print trials, seconds of each run, and the longest write."""
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder)) as store:
        dataset = import_sample(store, path)
        batch = create_batch(store, dataset, BatchConfig(extractor=Extractor.RULES))
        with _time("extraction by rules"):
            run_batch(
                store, batch, settings=make_settings(Path(folder)), progress=no_progress, check_lease=lambda: None
            )
        trials = len(store.curation.list_extracted_trials(dataset.id))
        counts = {}
        for name in ("curation", "the same again"):
            profiler = cProfile.Profile()
            writes = _Writes(store)
            with _time(f"{name} of {trials} trials"):
                if profile:
                    profiler.enable()
                curate_dataset(store, dataset, check_lease=writes.begin, progress=writes.watch)
                profiler.disable()
            print(f"{'longest write':<40}{writes.longest * 1000:>8.0f} ms of {writes.count}")
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
    began, cpu = time.perf_counter(), time.process_time()
    yield
    print(f"{name:<40}{time.perf_counter() - began:>8.1f} s, {time.process_time() - cpu:.1f} s of a core")


if __name__ == "__main__":
    main(Path(sys.argv[1]), profile="--profile" in sys.argv)
