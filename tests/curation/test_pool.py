"""Several processes work trials out and one saves them: the same rows, and no process is left whatever happens."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.curation import pool_child
from core.curation.curate import TRIALS_AT_ONCE, curate_dataset
from core.curation.pool import TRIALS_WORTH_IT, choose_processes
from core.curation.working_out import TrialCurator
from core.errors import JobStopped, ProcessLostError
from core.extraction.batch import run_batch
from core.models import Dataset, HintState, ToolText
from core.progress import no_progress
from core.settings import PROJECT_ROOT
from core.store import Store, open_store
from tests.builders import import_list, make_row, talk
from tests.curation.proposals import propose, save_proposals
from tests.workspaces import create_batch, import_sample, make_settings

REAL = PROJECT_ROOT.parent / "shared" / "data" / "traces" / "attempts_tau_airline.parquet"
TRIALS = 2 * TRIALS_AT_ONCE + 1
TABLES = ("hints", "evidence", "findings", "repeated_words", "trials", "queue_facts", "hint_figures", "hint_words")
PARENT = """
import sys, time
from pathlib import Path
from core.curation.curate import curate_dataset
from core.store import open_store

def wait(stage, *, done=0, total=None, failed=0):
    if done:
        print("saving", flush=True)
        time.sleep(60)

with open_store(Path(sys.argv[1])) as store:
    curate_dataset(store, store.traces.list_datasets()[0], processes=2, progress=wait)
"""


def list_children(parent: int) -> list[int]:
    """Ids of the processes of the pool that a process started; those that ended and were waited for are gone."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(state[1]) == parent and b"pool_child" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue  # it ended in this moment
    return sorted(found)


def propose_everywhere(store: Store) -> Dataset:
    rows = [make_row(talk(f"Task: sort list {n}", f"sort list-{n}.txt"), trial_name=f"t{n}") for n in range(TRIALS)]
    dataset = import_list(store, rows).dataset
    ids = [store.traces.list_attempts(trial.id)[0].id for trial in store.traces.list_trials(dataset.id)]
    save_proposals(store, dataset, {each: [propose(ToolText(name="sort"), "sort list")] for each in ids})
    return dataset


def count_tools(store: Store, dataset: Dataset) -> int:
    return store.curation.count_hints(dataset.id, state=HintState.PROPOSED).tools


def dump(store: Store) -> dict[str, list[tuple[object, ...]]]:
    connection = store.curation._connection
    return {name: [tuple(row) for row in connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2")] for name in TABLES}


def test_two_processes_save_what_one_does_also_after_a_cancelled_run(tmp_path: Path) -> None:
    """The same rows with the same numbers, in the tables of each dataset."""
    with open_store(tmp_path / "one") as store:
        propose_everywhere(store)
        if REAL.exists():
            batch = create_batch(store, import_sample(store, REAL))
            settings = make_settings(tmp_path / "one")
            run_batch(store, batch, settings=settings, progress=no_progress, check_lease=lambda: None)
    shutil.copytree(tmp_path / "one", tmp_path / "two")

    def cancel(stage: str, *, done: int = 0, total: int | None = None, failed: int = 0) -> None:
        assert len(list_children(os.getpid())) == 2
        if done:
            raise JobStopped("Cancelled by a person.")

    with open_store(tmp_path / "one") as one, open_store(tmp_path / "two") as two:
        *others, first = one.traces.list_datasets()
        with pytest.raises(JobStopped):
            curate_dataset(two, first, processes=2, progress=cancel)
        assert list_children(os.getpid()) == []
        assert count_tools(two, first) == TRIALS_AT_ONCE
        for dataset in (first, *others):
            curate_dataset(one, dataset, processes=1)
            curate_dataset(two, dataset, processes=2)
        assert dump(one) == dump(two)
        assert all(dump(one)[name] for name in ("hints", "evidence", "findings"))


def test_a_killed_process_is_said_and_the_next_run_does_the_rest(store: Store) -> None:
    dataset = propose_everywhere(store)

    def kill(stage: str, *, done: int = 0, total: int | None = None, failed: int = 0) -> None:
        if not done:
            os.kill(list_children(os.getpid())[-1], signal.SIGKILL)

    with pytest.raises(ProcessLostError, match=r"ended from outside \(SIGKILL\).* Resume: what was done"):
        curate_dataset(store, dataset, processes=2, progress=kill)
    assert list_children(os.getpid()) == []
    assert count_tools(store, dataset) < TRIALS
    curate_dataset(store, dataset)
    assert count_tools(store, dataset) == TRIALS


def test_processes_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        propose_everywhere(store)
    command = [sys.executable, "-c", PARENT, str(tmp_path)]
    with subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"saving\n"
        children = list_children(parent.pid)
        assert len(children) == 2
        parent.kill()
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{child}/exe").exists() for child in children):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_fails_in_a_process_is_left_to_its_parent(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    dataset = propose_everywhere(store)
    (first, *_), missing = store.curation.list_extracted_trials(dataset.id), 999_999
    curator = TrialCurator(store, dataset)
    assert pool_child._work_out(curator, [first]) == [curator.work_out(first)]
    assert pool_child._work_out(curator, [first, missing]) is None
    assert "Traceback" in caplog.text


def test_few_trials_and_a_program_that_was_updated_are_left_to_one_process() -> None:
    usable = len(os.sched_getaffinity(0))
    assert choose_processes(TRIALS_WORTH_IT - 1) == 1
    assert choose_processes(TRIALS_WORTH_IT) == min(usable, 8)
    assert choose_processes(TRIALS_WORTH_IT, loaded_at=0.0) == 1
