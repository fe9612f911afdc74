"""Nothing is lost: undo across reloads, actions under way, a server that dies, a cut connection."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, WebSocketRoute, expect

from core.curation import decisions
from core.models import Dataset, HintState, Trial, TrialStatus
from core.store import open_store
from tests.apps import App
from tests.browser.review.bench import Bench
from tests.browser.review.conftest import MakeDataset
from tests.browser.review.trials import list_trials, make_dataset
from tests.browser.settled import expect_settled
from tests.commands import build_environment
from tests.held_lock import held_lock

DECISIONS = 100
A_SECOND = 20


def count_decided(bench: Bench, dataset: Dataset) -> int:
    with open_store(bench.home) as store:
        return sum(trial.status is not TrialStatus.OPEN for trial in store.traces.list_trials(dataset.id))


def wait_until(is_true: Callable[[], bool], *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_undo_and_redo_go_to_any_depth_and_across_a_reload(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first, second, _ = list_trials(bench.home, dataset)
    bench.open(dataset).press("1", "2", "a")
    bench.expect_open(second)
    bench.expect_saved()
    bench.page.reload()
    bench.wait().press("u")
    bench.expect_open(first)
    bench.expect_saved()
    expect(bench.button("Approve 2, leave out 1")).to_be_visible()
    bench.press("u")
    expect(bench.card(2)).not_to_have_class(re.compile("is-accepted"))
    bench.press("u")
    expect(bench.card(1)).not_to_have_class(re.compile("is-accepted"))
    bench.press("Shift+U")
    expect(bench.card(1)).to_have_class(re.compile("is-accepted"))
    bench.press("Shift+U", "Shift+U")
    bench.expect_saved()
    wait_until(lambda: count_decided(bench, dataset) == 1)
    with open_store(bench.home) as store:
        states = [hint.state for hint in store.curation.list_hints(first.id)]
    assert states.count(HintState.ACCEPTED) == 4


def test_undo_without_anything_to_undo_says_so(bench: Bench, new_dataset: MakeDataset) -> None:
    with open_store(bench.home) as store:
        store.workspace.save_reviewer("Somebody new")
    bench.open(new_dataset()).press("u")
    bench.expect_said(re.compile("[Nn]othing"))
    bench.expect_saved()
    expect(bench.page.locator(".failed-line")).to_have_count(0)


@pytest.mark.parametrize("away", ["publish", "reload"])
def test_a_and_away_at_once_loses_nothing(bench: Bench, new_dataset: MakeDataset, away: str) -> None:
    dataset = new_dataset()
    first, second, _ = list_trials(bench.home, dataset)
    bench.open(dataset).press("a")
    if away == "reload":
        bench.page.reload(wait_until="commit")
    else:
        bench.page.goto(f"{bench.address}/{away}", wait_until="commit")
        bench.page.goto(f"{bench.address}/review?dataset={dataset.id}")
    bench.wait()
    bench.expect_saved()
    wait_until(lambda: "approve" in bench.list_actions(first))
    assert bench.list_actions(first).count("approve") == 1
    assert bench.list_actions(second) == []


def test_a_and_another_page_from_the_sidebar_is_saved_without_coming_back(
    bench: Bench, new_dataset: MakeDataset
) -> None:
    dataset = new_dataset()
    first = list_trials(bench.home, dataset)[0]
    bench.open(dataset)
    bench.page.get_by_role("button", name="Expand sidebar").click()
    link = bench.page.get_by_role("link", name="Publish")
    expect(link).to_be_visible()
    bench.press("a")
    link.click()
    expect(bench.page).to_have_url(re.compile("/publish"))
    wait_until(lambda: bench.list_actions(first).count("approve") == 1)


def approve_two_and_leave(bench: Bench, second: Trial) -> None:
    """Approve the open trial and the one behind it, and go on to Publish before the server can save either."""
    bench.page.get_by_role("button", name="Expand sidebar").click()
    link = bench.page.get_by_role("link", name="Publish")
    with held_lock(bench.home):
        bench.press("a")
        bench.expect_open(second)
        bench.page.wait_for_timeout(500)
        # the server still waits with the first: these two reach it as one
        bench.press("a")
        link.click()
        bench.page.wait_for_timeout(500)


def test_a_decision_that_arrives_together_with_a_change_of_page_is_saved(
    bench: Bench, new_dataset: MakeDataset
) -> None:
    dataset = new_dataset()
    first, second, _ = list_trials(bench.home, dataset)
    approve_two_and_leave(bench.open(dataset), second)
    expect(bench.page).to_have_url(re.compile("/publish"))
    wait_until(lambda: "approve" in bench.list_actions(second))
    assert [bench.list_actions(trial).count("approve") for trial in (first, second)] == [1, 1]
    # the page was drawn before they were saved, and again after
    expect(bench.page.get_by_role("heading", name="Where to")).to_be_visible()


def test_a_decision_refused_after_a_change_of_page_is_said_there_and_comes_back(
    bench: Bench, new_dataset: MakeDataset
) -> None:
    dataset = new_dataset()
    first, second, _ = list_trials(bench.home, dataset)
    bench.open(dataset)
    with open_store(bench.home) as store:
        decisions.reject_trial(store, second, reason="no", reviewer="Jonas", action_id=decisions.new_action_id())
    approve_two_and_leave(bench, second)
    expect(bench.page.get_by_text("A decision could not be saved")).to_be_visible()
    expect(bench.page.get_by_role("heading", name="Where to")).to_be_visible()
    expect_settled(bench.page)
    bench.page.get_by_role("link", name="Review").click()
    expect(bench.page.get_by_role("alert")).to_contain_text(f"The approval was not saved: Jonas changed {second.name}")
    assert bench.list_actions(second) == ["reject"]
    assert bench.list_actions(first).count("approve") == 1


def test_what_cannot_be_saved_comes_back_with_its_reason(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    first, second, _ = list_trials(bench.home, dataset)
    bench.open(dataset)
    with open_store(bench.home) as store:
        # somebody else decides in between
        trial = store.traces.get_trial(first.id)
        decisions.reject_trial(store, trial, reason="no", reviewer="Jonas", action_id=decisions.new_action_id())
    bench.press("a")
    bench.expect_open(second)
    failed = bench.page.get_by_role("alert")
    expect(failed).to_contain_text(f"The approval of {first.name} was not saved: Jonas changed")
    failed.get_by_role("button", name="Open it").click()
    bench.expect_open(first)
    expect(bench.page.locator(".head")).to_contain_text("Rejected")
    assert bench.list_actions(first) == ["reject"]


def test_decisions_made_without_a_connection_are_sent_when_it_is_back(bench: Bench, new_dataset: MakeDataset) -> None:
    dataset = new_dataset(trials=4)
    open_sockets: list[WebSocketRoute] = []
    is_cut = False

    def connect(socket: WebSocketRoute) -> None:
        if is_cut:
            socket.close()
        else:
            socket.connect_to_server()
            open_sockets.append(socket)

    bench.page.route_web_socket(re.compile("/_stcore/stream"), connect)
    bench.open(dataset)
    expect(bench.page.locator(".wb")).to_have_attribute("data-ahead", "3")
    is_cut = True
    for socket in open_sockets:
        socket.close()
    bench.press("a", "a")
    expect(bench.page.locator(".save")).to_contain_text("2 not saved yet, sending again")
    expect(bench.page.locator(".save")).to_contain_text("Not saved: no connection since")
    assert count_decided(bench, dataset) == 0
    bench.press("a")
    is_cut = False
    bench.expect_saved()
    assert count_decided(bench, dataset) == 3


@pytest.fixture
def own_app(tmp_path: Path) -> Iterator[App]:
    app = App(build_environment(tmp_path / "home"), log=tmp_path / "server.log")
    app.start()
    yield app
    app.stop()


def test_a_server_that_is_killed_half_way_loses_no_decision_and_doubles_none(
    browser: Browser, own_app: App, tmp_path: Path
) -> None:
    dataset = make_dataset(tmp_path / "home", "killed", trials=1)
    page = browser.new_page()
    page.set_default_timeout(60_000)
    bench = Bench(page, own_app.address, tmp_path / "home").open(dataset)
    (trial,) = list_trials(bench.home, dataset)
    for number in range(DECISIONS):
        if number == DECISIONS // 2:
            own_app.kill()
        page.evaluate(
            "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '1', bubbles: true, composed: true}))"
        )
        page.wait_for_timeout(1000 / A_SECOND)
    saved = bench.list_actions(trial)
    assert len(saved) <= DECISIONS // 2
    expect(page.locator(".save")).to_contain_text(re.compile("Saving|not saved", re.IGNORECASE))
    own_app.start()
    expect(page.locator(".save")).to_have_text("Saved", timeout=60_000)
    # in order: each press takes back what the one before accepted
    assert bench.list_actions(trial) == ["accept", "take back"] * (DECISIONS // 2)
    page.context.close()
