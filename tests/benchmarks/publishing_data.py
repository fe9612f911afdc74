"""What the benchmark of publishing is made of: approved trials, and source tasks for them."""

from pathlib import Path

from core.store import open_store
from tests.builders import import_list, make_row, talk
from tests.publishing.approved import HINTS, approve, propose

TRIALS_AT_ONCE = 100
WORDS = "The service answers with an error until the module is installed and its configuration is written. "


def make_workspace(home: Path, trials: int) -> None:
    """A workspace with so many approved trials, each with four hints and a task text of 2 kB."""
    rows = [
        make_row(
            talk(f"Task: repair service {number}\n{WORDS * 20}", "looking", "seen", "mending", "seen", "done"),
            trial_name=f"trial-{number}",
            task=f"repair-{number}",
            result="1.0" if number % 2 else "0.0",
        )
        for number in range(trials)
    ]
    with open_store(home) as store:
        dataset = import_list(store, rows).dataset
        found = store.traces.list_trials(dataset.id)
        for begin in range(0, trials, TRIALS_AT_ONCE):
            with store.curation.write():
                for trial in found[begin : begin + TRIALS_AT_ONCE]:
                    propose(store, trial, HINTS)
                    approve(store, store.traces.get_trial(trial.id))


def write_source_tasks(root: Path, count: int) -> None:
    """So many Harbor tasks of 6 kB with environment, tests and solution."""
    for number in range(count):
        folder = root / f"repair-{number}"
        for path, content in {
            "instruction.md": f"repair service {number}\n{WORDS * 20}",
            "task.toml": 'version = "1.0"\n',
            "environment/Dockerfile": "FROM ubuntu:24.04\nWORKDIR /app\n",
            "tests/test.sh": "#!/bin/sh\npytest /tests/test_service.py && echo 1 > /logs/verifier/reward.txt\n",
            "tests/test_service.py": f"def test_{number}() -> None:\n    assert True\n" + f"# {WORDS}\n" * 20,
            "solution/solve.sh": "#!/bin/sh\napt-get install -y service\n",
        }.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content)
