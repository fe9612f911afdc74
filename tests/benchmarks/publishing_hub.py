"""`python -m tests.benchmarks.publishing_hub [TASKS...]`: seconds of each stage of publishing to a Hub on loopback.

A workspace with so many approved trials is previewed, published, published again unchanged, and once more with one
hint changed, in one process of its own that knows a stand-in Hub.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from core.models import Dataset, JobKind
from core.publishing.options import PublishOptions
from core.publishing.preview import run_preview
from core.publishing.publish import Made, run_publish
from core.settings import load_settings
from core.store import Store, open_store
from tests.benchmarks.publishing_data import make_workspace
from tests.publishing.approved import change_hint
from tests.standins.hub_process import HubProcess

SIZES = (1_250, 12_500)
STAGES = ("checking the target", "building tasks", "uploading", "committing", "reading back")
OPTIONS = PublishOptions(prefix="p", repo="tester/made")


class Stages:
    """Seconds by stage; a stage ends when the next one begins."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stage, self._began = "", time.perf_counter()

    def __call__(self, stage: str, **_: object) -> None:
        """A stage was reported."""
        now = time.perf_counter()
        self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + now - self._began
        self._stage, self._began = stage, now


def measure(home: Path) -> dict[str, Any]:
    """Everything in this process, whose environment names the Hub."""
    settings, began = load_settings(secrets_file=Path("/absent")), time.perf_counter()
    with open_store(home) as store:
        dataset = store.traces.list_datasets()[0]
        job = store.jobs.create_job(JobKind.PREVIEW, params={}, dataset_id=dataset.id)
        preview = run_preview(store, dataset, OPTIONS, settings=settings, progress=Stages(), job_id=job.id)
        result: dict[str, Any] = {"preview": time.perf_counter() - began}
        result["bytes"] = sum(file.size for file in preview.files)
        stages, used = Stages(), time.process_time()
        seen = OPTIONS.model_copy(update={"seen": preview.seen})
        result["publish"] = _publish(store, dataset, seen, stages)
        stages("")
        result["publish CPU"] = time.process_time() - used
        result |= {stage: stages.seconds.get(stage, 0.0) for stage in STAGES}
        result["unchanged"] = _publish(store, dataset, OPTIONS, Stages())
        change_hint(store, store.traces.list_trials(dataset.id)[0])
        result["one changed"] = _publish(store, dataset, OPTIONS, Stages())
    return result | {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6}


def _publish(store: Store, dataset: Dataset, options: PublishOptions, stages: Stages) -> float:
    settings, began = load_settings(secrets_file=Path("/absent")), time.perf_counter()
    run_publish(store, dataset, options, settings=settings, progress=stages, made=Made("benchmark"))
    return time.perf_counter() - began


def main(sizes: list[int]) -> None:
    """Print one line per number of tasks."""
    columns = ["preview", "publish", "publish CPU", *STAGES, "unchanged", "one changed", "peak_mb"]
    print(f"{'tasks':>7}" + "".join(f"{name:>{len(name) + 2}}" for name in columns) + "  bytes/task")
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder, HubProcess() as hub:
            home = Path(folder) / "home"
            make_workspace(home, size)
            command = [sys.executable, "-m", "tests.benchmarks.publishing_hub", "--one", str(home)]
            environment = os.environ | hub.environment(home=Path(folder) / "hf") | {"TRACE_HINTS_HOME": str(home)}
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)
            found = json.loads(done.stdout.splitlines()[-1])
            line = "".join(f"{found[name]:>{len(name) + 2}.1f}" for name in columns)
            print(f"{size:>7}{line}{found['bytes'] / size:>12.0f}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(Path(sys.argv[2]))))
    else:
        main([int(size) for size in sys.argv[1:]] or list(SIZES))
