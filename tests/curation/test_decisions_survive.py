"""Acknowledged is saved: through `kill -9`, sent again after it, and with two processes at once."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.store import open_store
from tests.builders import run_sql
from tests.curation.reviewing import Table

DECISIONS = 100
CHILD = """
import json, sys
from pathlib import Path
from core.curation.review_actions import ReviewAction, perform
from core.store import open_store

home, reviewer, trial_id, hint_id, begin, end = sys.argv[1:]
for number in range(int(begin), int(end)):
    # a connection each, as the pages do it
    with open_store(Path(home)) as store:
        name = "accept_hint" if number % 2 == 0 else "take_back_hint"
        action = ReviewAction(id=f"{reviewer}-{number:03}", seq=number, page=reviewer, trial_id=int(trial_id),
                              hint_id=hint_id, action=name)
        result = perform(store, action, reviewer=reviewer)
    print(json.dumps([result.id, result.ok, result.message]), flush=True)
"""


@pytest.fixture
def subject(tmp_path: Path) -> tuple[Path, str, list[str]]:
    """A workspace, a trial, and two of its hints."""
    with open_store(tmp_path) as store:
        table = Table(store)
        return tmp_path, str(table.trial_id), [table.find("Sort").id, table.find("Check").id]


def start(home: Path, reviewer: str, trial_id: str, hint_id: str, begin: int = 0) -> subprocess.Popen[str]:
    arguments = [str(home), reviewer, trial_id, hint_id, str(begin), str(DECISIONS)]
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def read_ids(process: subprocess.Popen[str], limit: int = DECISIONS) -> list[str]:
    assert process.stdout is not None
    lines = [json.loads(line) for _, line in zip(range(limit), process.stdout, strict=False)]
    assert [line for line in lines if not line[1]] == []
    return [line[0] for line in lines]


def finish(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    process.stdout.close()
    return process.wait()


def list_saved(home: Path, reviewer: str) -> list[str]:
    return [row[0] for row in run_sql(home, "SELECT id FROM decisions WHERE reviewer = ? ORDER BY seq", reviewer)]


def test_every_acknowledged_decision_survives_a_kill_once_and_in_order(subject: tuple[Path, str, list[str]]) -> None:
    home, trial_id, (hint_id, _) = subject
    process = start(home, "Ann", trial_id, hint_id)
    acknowledged = read_ids(process, DECISIONS // 2)
    os.kill(process.pid, signal.SIGKILL)
    acknowledged += read_ids(process)
    finish(process)
    saved = list_saved(home, "Ann")
    # what was saved and not acknowledged is at most the one in flight
    assert saved[: len(acknowledged)] == acknowledged
    assert len(saved) - len(acknowledged) in (0, 1)
    # the page sends again what was not acknowledged, and to be sure the last one that was
    again = start(home, "Ann", trial_id, hint_id, begin=len(acknowledged) - 1)
    read_ids(again)
    assert finish(again) == 0
    assert list_saved(home, "Ann") == [f"Ann-{number:03}" for number in range(DECISIONS)]


def test_two_processes_at_once_lose_nothing_of_each_other(subject: tuple[Path, str, list[str]]) -> None:
    home, trial_id, (one, two) = subject
    processes = {name: start(home, name, trial_id, hint_id) for name, hint_id in (("Ann", one), ("Ben", two))}
    for name, process in processes.items():
        assert read_ids(process) == [f"{name}-{number:03}" for number in range(DECISIONS)]
        assert finish(process) == 0
        assert list_saved(home, name) == [f"{name}-{number:03}" for number in range(DECISIONS)]
    assert run_sql(home, "SELECT version FROM trials WHERE id = ?", int(trial_id)) == [(2 * DECISIONS,)]
    assert run_sql(home, "SELECT version FROM hints WHERE id IN (?, ?)", one, two) == [(DECISIONS,), (DECISIONS,)]
