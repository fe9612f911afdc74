"""`python -m tests.benchmarks.importing FILE...`: seconds, rows per second, peak memory and workspace size of imports.

Each run is a process of its own with an empty workspace; the table shows medians of three runs.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 3


def measure(path: Path) -> dict[str, float]:
    """One import in this process."""
    from core.store import open_store
    from core.traces.importing import import_source
    from core.traces.options import ImportOptions
    from core.traces.sources import FileSource

    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        with open_store(Path(folder)) as store:
            report = import_source(store, FileSource(path), ImportOptions()).report
        seconds = time.perf_counter() - began
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {
        "rows": report.rows,
        "attempts": report.attempts,
        "seconds": seconds,
        "peak_mb": peak / 1e6,
        "file_mb": size / 1e6,
    }


def main(paths: list[str]) -> None:
    """Print one line per file."""
    print(f"{'file':<28}{'rows':>9}{'attempts':>10}{'seconds':>9}{'rows/s':>8}{'peak MB':>9}{'file MB':>9}")
    for path in paths:
        command = [sys.executable, "-m", "tests.benchmarks.importing", "--one", path]
        runs = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(RUNS)]
        middle = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
        print(
            f"{Path(path).name:<28}{middle['rows']:>9.0f}{middle['attempts']:>10.0f}{middle['seconds']:>9.1f}"
            f"{middle['rows'] / middle['seconds']:>8.0f}{middle['peak_mb']:>9.0f}{middle['file_mb']:>9.1f}"
        )


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        print(json.dumps(measure(Path(sys.argv[2]))))
    else:
        main(sys.argv[1:])
