"""Previews, pull requests and withdrawals against the Hub, over real HTTP."""

from pathlib import Path

import pytest

from core.models import TrialStatus
from core.publishing.history import list_changed
from core.store import Store, open_store
from tests.publishing.approved import change_hint, make_approved
from tests.publishing.hub_steps import run_steps
from tests.standins.hub import READ_TOKEN, HubServer
from tests.standins.hub_client import run_client

REPO = "tester/made"
WRITING = ("create", "preupload", "commit", "lfs", "discussions")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A workspace whose only dataset has three approved trials."""
    with open_store(tmp_path / "home") as store:
        make_approved(store, 3)
    return tmp_path / "home"


def test_preview_says_what_is_there_and_sends_nothing(hub: HubServer, home: Path) -> None:
    new, _, old = run_steps(
        hub,
        home,
        {"look": True, "private": True},
        {"change": 1},
        {"look": True, "change": 0, "stop": "uploading"},
        xet=False,
    )
    target = new["preview"]["target"]
    assert (target["place"], target["is_there"], target["is_private"], target["tasks"]) == (REPO, False, True, 0)
    assert (target["user"], target["role"]) == ("tester", "write")
    target = old["preview"]["target"]
    assert (target["is_there"], target["is_private"], target["tasks"]) == (True, True, 3)
    assert [old["preview"][name] for name in ("added", "changed", "same", "removed")] == [0, 1, 2, 0]
    hub.reset()
    (refused,) = run_steps(hub, home, {"look": True, "token": READ_TOKEN}, xet=False)
    assert "it is one of tester that may only read" in refused["message"]
    assert not any(record.stage in WRITING for record in hub.requests)


def test_exactly_the_previewed_difference_is_committed(hub: HubServer, home: Path) -> None:
    first, second, third = run_steps(hub, home, {"look": True}, {"look": True, "change": 0}, {"look": True}, xet=False)
    assert (first["added"], first["changed"], first["commits"]) == (3, 0, 2)
    assert (second["added"], second["changed"], second["commits"]) == (0, 1, 3)
    assert (third["unchanged"], third["commits"], third["preview"]["is_same"]) == (True, 3, True)


def test_a_pull_request_proposes_once_and_leaves_the_repository_as_it_is(hub: HubServer, home: Path) -> None:
    missing, _, proposed, again, lost, merged = run_steps(
        hub,
        home,
        {"create_pr": True},
        {},
        {"create_pr": True, "change": 0},
        {"create_pr": True},
        {"create_pr": True, "change": 1, "faults": [{"fault": "commit_then_drop", "first": 1}]},
        {},
        xet=False,
    )
    assert "There is no tester/made that a pull request could change" in missing["message"]
    assert proposed["pull_request"] == f"{hub.url}/datasets/{REPO}/discussions/1"
    assert (proposed["unchanged"], proposed["commits"], proposed["states"][0]) == (False, 2, "proposed")
    assert (again["unchanged"], again["pull_request"]) == (True, proposed["pull_request"])
    assert lost["pull_request"].endswith("/discussions/2")
    assert [item.number for item in hub.repo(REPO).discussions] == [1, 2]
    assert (merged["unchanged"], merged["commits"]) == (False, 3)


def test_withdrawn_trials_are_gone_with_their_twins_and_under_review_again(
    hub: HubServer, home: Path, tmp_path: Path
) -> None:
    first, withdrawn, again, last = run_steps(
        hub, home, {"twins": True}, {"withdraw": [1]}, {"twins": True}, {"withdraw": [0, 2]}, xet=False
    )
    assert (withdrawn["trials"], withdrawn["withdrawn"], withdrawn["removed"]) == (2, ["flight-1"], ["flight-1"])
    assert (withdrawn["changed"], withdrawn["commits"], first["commits"]) == (0, 3, 2)
    assert hub.commits(REPO)[2].title == "Withdraw tasks, keep 4 tasks with hints"
    code = "from datasets import load_dataset\nresult = load_dataset('tester/made', split='train')['path'][:]"
    assert run_client(hub, tmp_path, code, xet=False) == [
        "flights-0000",
        "flights-0000-plain",
        "flights-0002",
        "flights-0002-plain",
    ]
    counts = (again["trials"], again["added"], again["changed"])
    assert counts == (2, 0, 0), "what was withdrawn does not come back by itself"
    assert "would hold no task" in last["message"]
    with open_store(home) as store:
        trial = store.traces.list_trials(store.traces.list_datasets()[-1].id)[1]
        decision = store.decisions.list_decisions(trial.id)[-1]
        kinds = [row.kind.value for row in reversed(store.publications.list_publications())]
    assert trial.status is TrialStatus.OPEN
    assert (decision.action, decision.reason, decision.reviewer) == ("reopen", "withdrawn", "Zoltan")
    assert kinds == ["publish", "withdraw", "publish"]


def test_withdrawal_that_fails_changes_neither_repository_nor_decisions(hub: HubServer, home: Path) -> None:
    _, failed, lost = run_steps(
        hub,
        home,
        {},
        {"withdraw": [1], "faults": [{"fault": "403", "stage": "commit"}]},
        {"withdraw": [1], "faults": [{"fault": "commit_then_504", "first": 1}]},
        xet=False,
    )
    assert f"{REPO} is unchanged." in failed["message"]
    assert (failed["commits"], lost["commits"], lost["withdrawn"]) == (2, 3, ["flight-1"])
    with open_store(home) as store:
        trial = store.traces.list_trials(1)[1]
        assert [item.action for item in store.decisions.list_decisions(trial.id)].count("reopen") == 1


def list_changed_names(store: Store, dataset_id: int) -> dict[str | None, list[str]]:
    newest = store.publications.list_newest(dataset_id)
    return {publication.repo: [trial.name for trial in list_changed(store, publication)] for publication in newest}


def test_history_knows_decisions_options_and_what_changed_since(hub: HubServer, home: Path) -> None:
    run_steps(hub, home, {}, {"repo": "tester/older"}, xet=False)
    with open_store(home) as store:
        newest = store.publications.list_publications()[0]
        trials = store.traces.list_trials(newest.dataset_id)
        published = store.publications.list_trials(newest.id)
        assert '"repo":"tester/older"' in newest.options
        assert [len(published[trial.id].decisions) for trial in trials] == [5, 5, 5], "the approval and four hints"
        assert list_changed_names(store, newest.dataset_id) == {"tester/older": [], REPO: []}
        change_hint(store, trials[2])
        assert list_changed_names(store, newest.dataset_id) == {"tester/older": ["flight-2"], REPO: ["flight-2"]}
    run_steps(hub, home, {}, xet=False)
    with open_store(home) as store:
        assert list_changed_names(store, newest.dataset_id) == {"tester/older": ["flight-2"], REPO: []}
