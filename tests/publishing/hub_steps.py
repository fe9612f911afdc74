"""Publishes step by step in a process of its own, which knows one stand-in Hub and nothing else.

`python -m tests.publishing.hub_steps HOME STEPS`; prints what each step came to, as a JSON list.
"""

import base64
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from resource import RLIM_INFINITY, RLIMIT_FSIZE, setrlimit
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

from pydantic import SecretStr

from core.errors import JobStopped, TraceHintsError
from core.models import Dataset, JobKind, TrialStatus
from core.progress import no_progress
from core.publishing.preview import run_preview
from core.publishing.publish import Made, PublishOptions, run_publish
from core.publishing.targets import Patience
from core.publishing.withdraw import run_withdrawal
from core.settings import load_settings
from core.store import Store, open_store
from tests.command_template import find_template
from tests.publishing.approved import change_hint
from tests.standins.hub import HubServer

_FULL_BYTES = 1_000
"""Of a file, once the disk is full."""


def run_steps(hub: HubServer, home: Path, *steps: Mapping[str, Any], **environment: Any) -> list[dict[str, Any]]:
    """What each step came to: the result, or `error`, `exit_code` and `message`; always `slept`, `seconds`, `stages`,
    `commits` (of the repository after the step, the Hub's own first one included) and `states` (of its publications).

    Args:
        hub: A running Hub.
        home: The workspace; its first dataset is published.
        steps: Options of `PublishOptions`, and what happens before: `faults`, `change` (number of the trial whose
            hint is edited), `reopen` (number of a trial), `add` (texts of files that somebody commits before),
            `intrude` (the same, just before we commit), `intrude_before` (the same, between look and publishing),
            `stop` (stage at which the job is cancelled), `limits`, `token` (one from the settings), `look` (preview
            first, and publish what it showed), `meanwhile` (number of the trial whose hint is edited after the look),
            `withdraw` (numbers of trials), `full` (stage from which on no file can be written), `kill` (stage at
            which the process is killed; steps with it come first).
        environment: `token` and `xet`, see `HubServer.environment`.
    """
    hub_environment = hub.environment(home=home / "hf", **environment)
    code, out, err = find_template().run(
        "tests.publishing.hub_steps",
        [str(home), json.dumps(steps)],
        os.environ | hub_environment | {"TRACE_HINTS_HOME": str(home)},
    )
    assert code == 0, err
    assert "hf_standin" not in out + err
    results: list[dict[str, Any]] = json.loads(out.splitlines()[-1])
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
    faults, looks, withdrawn = step.pop("faults", []), step.pop("look", False), step.pop("withdraw", None)
    meanwhile, intruder_before = step.pop("meanwhile", None), step.pop("intrude_before", None)
    full, killed = step.pop("full", None), step.pop("kill", None)
    _control("faults", [] if looks else faults)
    if (number := step.pop("change", None)) is not None:
        change_hint(store, trials[number])
    if (number := step.pop("reopen", None)) is not None:
        store.subjects.save_status(trials[number].id, TrialStatus.OPEN)
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
        if stage == full:
            setrlimit(RLIMIT_FSIZE, (_FULL_BYTES, RLIM_INFINITY))
        if stage == killed:
            os.kill(os.getpid(), signal.SIGKILL)
        if stage == stop:
            raise JobStopped("cancelled")

    settings = settings.model_copy(update={"hf_token": SecretStr(token)}) if token else settings
    patience = Patience(Clock(clock.monotonic, clock.sleep), limits)
    options = PublishOptions(**{"prefix": "flights", "repo": "tester/made", **step})
    made, previewed = Made("Zoltan", _find_job(store, dataset, options)), {}
    try:
        if looks:
            preview = run_preview(
                store, dataset, options, settings=settings, progress=no_progress, job_id=made.job_id or 0
            )
            previewed = preview.model_dump(exclude={"card", "card_difference", "samples", "options"})
            options = options.model_copy(update={"seen": preview.seen})
        if intruder_before:
            _add_files(intruder_before, step)
        if meanwhile is not None:
            change_hint(store, trials[meanwhile])
        _control("faults", faults)
        if withdrawn is None:
            done = run_publish(
                store, dataset, options, settings=settings, progress=progress, made=made, patience=patience
            )
        else:
            done = run_withdrawal(
                store,
                dataset,
                options.repo or "",
                [trials[number].id for number in withdrawn],
                settings=settings,
                progress=progress,
                made=made,
                patience=patience,
            )
        result = done.model_dump()
    except TraceHintsError as error:
        result = {"error": type(error).__name__, "exit_code": error.exit_code, "message": str(error)}
    finally:
        setrlimit(RLIMIT_FSIZE, (RLIM_INFINITY, RLIM_INFINITY))
    rows = [row for row in store.publications.list_publications() if row.repo == options.repo]
    return {
        **result,
        "slept": clock.slept,
        "seconds": time.monotonic() - began,
        "stages": stages,
        "preview": previewed,
        "commits": _count_commits(options.repo or ""),
        "states": [row.state.value for row in rows],
    }


def _find_job(store: Store, dataset: Dataset, options: PublishOptions) -> int:
    """The same job for the same repository: a second try is the same job's."""
    params = {"repo": options.repo}
    known = store.jobs.find_open_job(JobKind.PUBLISH, params=params, dataset_id=dataset.id)
    return (known or store.jobs.create_job(JobKind.PUBLISH, params=params, dataset_id=dataset.id)).id


def _count_commits(repo: str) -> int:
    try:
        with urlopen(f"{os.environ['HF_ENDPOINT']}/_control/commits?repo={quote(repo)}", timeout=10) as reply:
            return len(json.loads(reply.read()))
    except OSError:
        return 0


def _run_and_die(home: Path, step: dict[str, Any]) -> dict[str, Any]:
    """A step in a process of its own, which is killed at a stage; its workspace is opened by nobody else meanwhile."""
    import core.publishing.hub  # noqa: F401 - loaded once, here

    child = os.fork()
    if child == 0:
        with open_store(home) as store:
            _run_step(store, step)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "it was not killed"
    return {"killed": True, "commits": _count_commits(step.get("repo", "tester/made"))}


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
    given = json.loads(sys.argv[2])
    found = [_run_and_die(Path(sys.argv[1]), step) for step in given if "kill" in step]
    with open_store(Path(sys.argv[1])) as opened:
        found += [_run_step(opened, step) for step in given if "kill" not in step]
    sys.stdout.write(json.dumps(found) + "\n")
