"""Carrying decisions over on the command line."""

from pathlib import Path

from core.curation.decisions import reject_trial
from core.models import TrialStatus
from core.store import open_store
from tests.builders import make_row, talk, write_rows
from tests.commands import build_environment, run_core
from tests.curation.carrying import Later
from tests.curation.reviewing import Table

BETWEEN = ("carry-over", "--from", "1", "--to", "2", "--json")


def test_a_dry_run_lists_what_stays_behind_and_the_command_carries_the_rest(home: Path) -> None:
    with open_store(home) as store:
        table = Table(store)
        table.must("approve_trial")
        table.must("reject_trial", trial_id=table.other_id, reason="Too vague")
        later = Later(table, [row for row in table.rows if row["trial_name"] == "second"])
        before = later.picture()
    environment = build_environment(home)
    looked = run_core(*BETWEEN, "--dry-run", environment=environment)
    assert looked.code == 0
    found = looked.json["carried_over"]
    assert (found["dry_run"], found["trials"], found["carried_trials"], found["rejections"]) == (True, 2, 1, 1)
    assert (found["left"], [item["trial"] for item in found["left_behind"]]) == (5, ["first"])
    assert "1 of 2 decided trials are here too; would be carried over: 1 rejection" in looked.err
    assert "first: everything decided on it (neither the trial's name nor its attempts are here)" in looked.err
    with open_store(home) as later.store:
        assert later.picture() == before

    done = run_core(*BETWEEN, environment=environment).json["carried_over"]
    assert done == found | {"dry_run": False}
    with open_store(home) as later.store:
        assert later.find_trial("second").status is TrialStatus.REJECTED
    again = run_core(*BETWEEN, environment=environment)
    assert (again.json["carried_over"]["rejections"], again.json["carried_over"]["known"]) == (0, 1)
    assert "carried over: nothing" in again.err

    unknown = run_core("carry-over", "--from", "nobody", "--to", "2", environment=environment)
    assert (unknown.code, unknown.out) == (2, "")
    assert 'There is no dataset "nobody" in this workspace. Imported so far: 2 (listed), 1 (listed).' in unknown.err
    same = run_core("carry-over", "--from", "listed", "--to", "2", environment=environment)
    assert same.code == 2
    assert "Both are the same import, #2." in same.err


def test_an_import_says_which_decisions_could_be_carried_over_and_how(home: Path, tmp_path: Path) -> None:
    rows = [make_row(talk("Task: sort", "done"), trial_name=name) for name in ("a", "b")]
    path = write_rows(tmp_path / "traces.jsonl", rows)
    environment = build_environment(home)
    assert "carry" not in run_core("import", str(path), environment=environment).err
    with open_store(home) as store:
        reject_trial(store, store.traces.get_trial(1), reason="Too vague", reviewer="Ann", action_id="r")
    write_rows(path, [*rows, make_row(talk("Task: count", "done"), trial_name="c")])
    again = run_core("import", str(path), environment=environment)
    assert (
        "1 of 1 decided trials of an earlier import, #1, are here too. "
        "To carry the decisions over: python -m core carry-over --from 1 --to 2"
    ) in again.err
