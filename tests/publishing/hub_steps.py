"""Publishes step by step in a process of its own, which knows one stand-in Hub and nothing else.

`python -m tests.publishing.hub_steps HOME STEPS`; prints what each step came to, as a JSON list.
"""

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from pydantic import SecretStr

from core.errors import JobStopped, TraceHintsError
from core.models import TrialStatus
from core.publishing.publish import Made, PublishOptions, run_publish
from core.publishing.targets import Patience
from core.settings import load_settings
from core.store import Store, open_store
from tests.publishing.approved import change_hint
from tests.standins.hub import HubServer

ROOT = Path(__file__).parents[2]


def run_steps(hub: HubServer, home: Path, *steps: Mapping[str, Any], **environment: Any) -> list[dict[str, Any]]:
    """What each step came to: the result, or `error`, `exit_code` and `message`; always `slept`, `seconds`, `stages`.

    Args:
        hub: A running Hub.
        home: The workspace; its first dataset is published.
        steps: Options of `PublishOptions`, and what happens before: `faults`, `change` (number of the trial whose
            hint is edited), `reopen` (number of a trial), `add` (texts of files that somebody commits before),
            `intrude` (the same, just before we commit), `stop` (stage at which the job is cancelled), `limits`,
            `token` (one from the settings).
        environment: `token` and `xet`, see `HubServer.environment`.
    """
    run = subprocess.run(
        [sys.executable, "-m", "tests.publishing.hub_steps", str(home), json.dumps(steps)],
        cwd=ROOT,
        env=os.environ | hub.environment(home=home / "hf", **environment) | {"TRACE_HINTS_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    assert "hf_standin" not in run.stdout + run.stderr
    results: list[dict[str, Any]] = json.loads(run.stdout.splitlines()[-1])
    return results


class _Clock:
    """The real time, in which sleeping takes none."""

    def __init__(self) -> None:
        self.slept = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.slept

    def sleep(self, seconds: float) -> None:
        self.slept += seconds


def _run_step(store: Store, step: dict[str, Any]) -> dict[str, Any]:
    # imported here, as the product does
    from core.publishing.hub_calls import Clock, Limits

    clock, stages, began = _Clock(), list[str](), time.monotonic()
    dataset = store.traces.list_datasets()[-1]
    trials = store.traces.list_trials(dataset.id)
    _control("faults", step.pop("faults", []))
    if (number := step.pop("change", None)) is not None:
        change_hint(store, trials[number])
    if (number := step.pop("reopen", None)) is not None:
        store.curation.save_trial_state(trials[number].id, status=TrialStatus.OPEN, edited_task_text=None)
    if (files := step.pop("add", None)) is not None:
        _add_files(files, step)
    intruder, stop, token = step.pop("intrude", None), step.pop("stop", None), step.pop("token", None)
    limits = Limits(**step.pop("limits", {}))
    settings = load_settings(secrets_file=Path("/absent"))

    def progress(stage: str, *, done: int = 0, total: int | None = None, failed: int = 0) -> None:
        if stage not in stages[-1:]:
            stages.append(stage)
            if stage == "committing" and intruder:
                _add_files(intruder, step)
        if stage == stop:
            raise JobStopped("cancelled")

    try:
        result = run_publish(
            store,
            dataset,
            PublishOptions(**{"prefix": "flights", "repo": "tester/made", **step}),
            settings=settings.model_copy(update={"hf_token": SecretStr(token)}) if token else settings,
            progress=progress,
            made=Made("Zoltan"),
            patience=Patience(Clock(clock.monotonic, clock.sleep), limits),
        ).model_dump()
    except TraceHintsError as error:
        result = {"error": type(error).__name__, "exit_code": error.exit_code, "message": str(error)}
    return {**result, "slept": clock.slept, "seconds": time.monotonic() - began, "stages": stages}


def _add_files(texts: dict[str, str], step: dict[str, Any]) -> None:
    files = {path: base64.b64encode(text.encode()).decode() for path, text in texts.items()}
    _control("datasets", {"repo": step.get("repo", "tester/made"), "files": files})


def _control(name: str, content: object) -> None:
    request = Request(f"{os.environ['HF_ENDPOINT']}/_control/{name}", data=json.dumps(content).encode(), method="POST")
    try:
        with urlopen(request, timeout=10):
            pass
    except OSError:
        # a Hub that is not there has no faults to set
        assert content == []


if __name__ == "__main__":
    with open_store(Path(sys.argv[1])) as opened:
        found = [_run_step(opened, step) for step in json.loads(sys.argv[2])]
    sys.stdout.write(json.dumps(found) + "\n")
