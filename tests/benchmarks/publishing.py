"""`python -m tests.benchmarks.publishing [TASKS...]`: seconds, peak memory and bytes per task of a publication.

A workspace with so many approved trials (1,250 and 12,500 unless told otherwise) is made once; each layout is built
from it three times, in a process of its own each time, and the table shows medians.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from core.publishing.building import Notes, build_tasks, load_source_facts, open_tasks
from core.publishing.files import write_files
from core.publishing.folder import open_staging
from core.publishing.options import Layout, PublishOptions
from core.store import open_store
from tests.benchmarks.publishing_data import make_workspace, write_source_tasks

RUNS = 3
SIZES = (1_250, 12_500)


def measure(home: Path, options: PublishOptions) -> dict[str, float]:
    """One build in this process, into a folder that is thrown away."""

    def progress(stage: str, *, done: int = 0, total: int | None = None, failed: int = 0) -> None:
        """Nobody looks."""

    with open_store(home) as store, open_staging(None) as staging:
        dataset = store.traces.list_datasets()[0]
        notes = Notes([], [])
        began, used = time.perf_counter(), time.process_time()
        with open_tasks(store, dataset, options) as source_tasks:
            tasks = build_tasks(store, dataset, options, source_tasks=source_tasks, notes=notes, progress=progress)
            files = write_files(
                staging,
                tasks,
                dataset=dataset,
                options=options,
                source=load_source_facts(store, dataset),
                tasks_identity=None if source_tasks is None else source_tasks.identity,
            )
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - used
        assert not notes.left_out, notes.left_out[0]
        return {
            "tasks": len(files.tasks),
            "seconds": seconds,
            "cpu_seconds": cpu_seconds,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
            "bytes_per_task": files.count_bytes() / len(files.tasks),
        }


def main(sizes: list[int]) -> None:
    """Print one line per number of tasks and layout."""
    print(f"{'tasks':>7}{'layout':>10}{'source':>9}{'build s':>9}{'CPU s':>8}{'peak MB':>9}{'bytes/task':>12}")
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            home, source = Path(folder) / "home", Path(folder) / "source"
            make_workspace(home, size)
            write_source_tasks(source, size)
            for layout, tasks in ((Layout.ARCHIVE, None), (Layout.ARCHIVE, source), (Layout.FOLDERS, source)):
                if layout is Layout.FOLDERS and size > 10_000:
                    continue
                options = PublishOptions(prefix="p", layout=layout, tasks=None if tasks is None else str(tasks))
                middle = _run(home, options)
                print(
                    f"{size:>7}{layout:>10}{'no' if tasks is None else 'yes':>9}{middle['seconds']:>9.1f}"
                    f"{middle['cpu_seconds']:>8.1f}{middle['peak_mb']:>9.0f}{middle['bytes_per_task']:>12.0f}",
                    flush=True,
                )


def _run(home: Path, options: PublishOptions) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.publishing", "--one", str(home), options.model_dump_json()]
    runs = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(RUNS)]
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(Path(sys.argv[2]), PublishOptions.model_validate_json(sys.argv[3]))))
    else:
        main([int(size) for size in sys.argv[1:]] or list(SIZES))
