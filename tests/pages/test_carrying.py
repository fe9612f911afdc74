"""The Traces page offers to carry decisions over to a later import of the same source, and says what stays behind."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.curation.decisions import accept_hint, reopen_trial
from core.models import JobKind, TrialStatus
from core.store import open_store
from tests.curation.carrying import Later
from tests.curation.reviewing import Table
from tests.pages.conftest import OpenPage, list_texts, wait_until


@pytest.fixture
def reimported(home: Path) -> Path:
    """Two decided trials, and a later import of the same source that has one of them."""
    with open_store(home) as store:
        table = Table(store)
        table.must("approve_trial")
        table.must("reject_trial", trial_id=table.other_id, reason="Too vague")
        Later(table, [row for row in table.rows if row["trial_name"] == "second"])
    return home


def press(app: AppTest, key: str, home: Path) -> AppTest:
    """A button that starts a job, until that is over."""
    app.button(key=key).click().run()
    assert not app.exception, app.exception

    def is_over() -> bool:
        with open_store(home) as store:
            return store.jobs.list_jobs(JobKind.CARRY_OVER)[0].is_over

    wait_until(is_over)
    return app.run()


def find_status(home: Path) -> TrialStatus:
    with open_store(home) as store:
        (trial,) = store.traces.list_trials(2)
    return trial.status


def list_left(app: AppTest) -> list[list[str]]:
    """What stays behind, as it is listed."""
    return [row for frame in app.dataframe if "Why" in frame.value for row in frame.value.values.tolist()]


def test_decisions_are_offered_looked_at_carried_over_and_taken_back(reimported: Path, open_page: OpenPage) -> None:
    app = open_page("traces")
    offered = "1 of 2 decided trials of listed #1 is here too."
    assert offered in list_texts(app)

    app = press(app, "look_what_stays", reimported)
    left = [["first", "everything decided on it", "neither the trial's name nor its attempts are here"]]
    assert "Would be carried over: 1 rejection." in list_texts(app)
    assert "5 decisions cannot be carried over; they stay as they are in the earlier import." in list_texts(app)
    assert list_left(app) == left
    assert find_status(reimported) is TrialStatus.OPEN

    app = press(app, "carry_over", reimported)
    assert any(text.startswith("Carried over from listed #1: 1 rejection (reviewer, today") for text in list_texts(app))
    assert list_left(app) == left
    assert find_status(reimported) is TrialStatus.REJECTED

    app = press(app, "take_back_carried", reimported)
    assert find_status(reimported) is TrialStatus.OPEN
    assert "Was carried over and taken back: 1 rejection." in list_texts(app)
    press(app, "carry_over", reimported)
    assert find_status(reimported) is TrialStatus.REJECTED


def test_taking_back_leaves_what_somebody_changed_since_and_says_so(reimported: Path, open_page: OpenPage) -> None:
    app = press(open_page("traces"), "carry_over", reimported)
    with open_store(reimported) as store:
        (trial,) = store.traces.list_trials(2)
        reopen_trial(store, trial, reviewer="Ben", action_id="later")
    app = press(app.run(), "take_back_carried", reimported)
    assert "1 trial was changed since and not taken back." in list_texts(app)
    assert find_status(reimported) is TrialStatus.OPEN


def test_what_is_decided_afterwards_is_offered_again(reimported: Path, open_page: OpenPage) -> None:
    app = press(open_page("traces"), "carry_over", reimported)
    assert "carry_over" not in {button.key for button in app.button}
    with open_store(reimported) as store:
        (hint,) = store.curation.list_hints(2)
        accept_hint(store, hint, reviewer="Ann", action_id="later")
    app.run()
    app = press(app, "carry_over", reimported)
    assert any("Carried over from listed #1: 1 hint (" in text for text in list_texts(app))
    assert "1 decision was carried over before and is left as it is here." in list_texts(app)


def test_nothing_is_offered_where_nothing_was_decided(home: Path, open_page: OpenPage) -> None:
    with open_store(home) as store:
        table = Table(store)
        Later(table)
    app = open_page("traces")
    assert {"carry_over", "look_what_stays"}.isdisjoint(button.key for button in app.button)
