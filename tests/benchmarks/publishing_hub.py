"""`python -m tests.benchmarks.publishing_hub [TASKS...]`: seconds by stage and peak memory of publishing to a Hub.

A workspace with so many approved trials is previewed, published, published again unchanged, previewed and published
once more with one hint changed: each in a fresh process, against a stand-in Hub on loopback.
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

from core.models import JobKind
from core.publishing.options import PublishOptions
from core.publishing.preview import run_preview
from core.publishing.publish import Made, run_publish
from core.settings import load_settings
from core.store import open_store
from tests.benchmarks.publishing_data import make_workspace
from tests.publishing.approved import change_hint
from tests.standins.hub_process import HubProcess

SIZES = (1_250, 12_500)
STEPS = ("preview", "publish", "publish unchanged", "preview one changed", "publish one changed")
STAGES = {
    "preflight": ("checking the target", "reading what is there now"),
    "build": ("building tasks",),
    "commit": ("creating the repository", "uploading", "committing"),
    "read back": ("reading back",),
}
COLUMNS = ("seconds", "CPU", *STAGES, "peak MB", "bytes/task")


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


def measure(home: Path, step: str) -> dict[str, Any]:
    """One step in this process, whose environment names the Hub."""
    settings = load_settings(secrets_file=Path("/absent"))
    options = PublishOptions(prefix="p", repo="tester/made")
    with open_store(home) as store:
        dataset = store.traces.list_datasets()[0]
        if step == "preview one changed":
            change_hint(store, store.traces.list_trials(dataset.id, first=1)[0])
        stages, began, used = Stages(), time.perf_counter(), time.process_time()
        if step.startswith("preview"):
            job = store.jobs.create_job(JobKind.PREVIEW, params={}, dataset_id=dataset.id)
            preview = run_preview(store, dataset, options, settings=settings, progress=stages, job_id=job.id)
            size = sum(file.size for file in preview.files) / preview.tasks
        else:
            result = run_publish(store, dataset, options, settings=settings, progress=stages, made=Made("benchmark"))
            assert result.unchanged == (step == "publish unchanged")
            size = 0.0
        stages("")
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - used
    by_stage = {name: sum(stages.seconds.get(part, 0.0) for part in parts) for name, parts in STAGES.items()}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    return {"seconds": seconds, "CPU": cpu_seconds, **by_stage, "peak MB": peak, "bytes/task": size}


def main(sizes: list[int]) -> None:
    """Print one line per number of tasks and step."""
    print(f"{'tasks':>7}  {'step':<20}" + "".join(f"{name:>{len(name) + 2}}" for name in COLUMNS))
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder, HubProcess() as hub:
            home = Path(folder) / "home"
            make_workspace(home, size)
            environment = os.environ | hub.environment(home=Path(folder) / "hf") | {"TRACE_HINTS_HOME": str(home)}
            for step in STEPS:
                command = [sys.executable, "-m", "tests.benchmarks.publishing_hub", "--one", str(home), step]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)
                found = json.loads(done.stdout.splitlines()[-1])
                print(f"{size:>7}  {step:<20}" + "".join(_write(found, name) for name in COLUMNS), flush=True)


def _write(found: dict[str, float], name: str) -> str:
    value = f"{found[name]:.0f}" if found[name] >= 100 else f"{found[name]:.1f}" if found[name] else "-"
    return f"{value:>{len(name) + 2}}"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(Path(sys.argv[2]), sys.argv[3])))
    else:
        main([int(size) for size in sys.argv[1:]] or list(SIZES))
