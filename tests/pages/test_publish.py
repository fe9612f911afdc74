from pathlib import Path
from typing import Literal

import pytest

from core.curation import decisions
from core.models import JobKind, JobState
from core.publishing.publish import Preview, PreviewTask, TrialNote
from core.store import open_store
from pages.publish.contents import describe_plan
from pages.publish.plan import AT_ONCE
from tests.builders import make_row, talk, write_rows
from tests.pages.conftest import OpenPage, get_widget, list_texts, wait_until
from tests.workspaces import import_sample


@pytest.fixture
def approved(reviewing: Path) -> Path:
    """Two approved trials."""
    with open_store(reviewing) as store:
        for trial in store.traces.list_trials(1)[:2]:
            decisions.approve_trial(store, trial, reviewer="Mira", action_id=decisions.new_action_id())
    return reviewing


def test_without_approved_trials_the_page_leads_to_the_review(reviewing: Path, open_page: OpenPage) -> None:
    app = open_page("publish")
    assert "No trial of this dataset is approved yet. Approve trials in the review first." in list_texts(app)
    assert [button.label for button in app.button] == ["Go to Review"]


def test_what_will_be_published_is_shown_before_a_place_is_named(approved: Path, open_page: OpenPage) -> None:
    app = open_page("publish")
    assert "2 tasks: 2 new." in list_texts(app)
    assert app.dataframe[0].value["Task"].tolist() == ["sample-hints-0000", "sample-hints-0001"]
    assert any(text.startswith("User: Book flight to SFO with WiFi") and "# Hints" in text for text in list_texts(app))
    assert app.button(key="publish").disabled


def test_without_a_token_the_hub_says_what_to_do(approved: Path, open_page: OpenPage) -> None:
    app = open_page("publish")
    get_widget(app, "publish_to").set_value("Hub repository").run()
    app.text_input(key="repo").set_value("mira/hints").run()
    assert any(text.startswith("No token for the Hub is set. Set HF_TOKEN") for text in list_texts(app))
    assert app.button(key="publish").disabled


def test_a_folder_is_written_and_stands_in_the_history(approved: Path, tmp_path: Path, open_page: OpenPage) -> None:
    app = open_page("publish")
    app.text_input(key="folder").set_value(str(tmp_path / "out")).run()
    app.button(key="publish").click().run()
    assert not app.exception

    def is_over() -> bool:
        with open_store(approved) as store:
            return store.jobs.list_jobs(JobKind.PUBLISH)[0].is_over

    wait_until(is_over)
    app.run()
    assert "2 tasks published." in list_texts(app)
    assert (tmp_path / "out" / "trace_hints.json").is_file()
    assert app.dataframe[-1].value["Where"].tolist() == [str(tmp_path / "out")]
    assert "2 tasks: 2 as before." in list_texts(app)


def test_what_the_target_would_lose_is_asked_for_first(approved: Path, tmp_path: Path, open_page: OpenPage) -> None:
    test_a_folder_is_written_and_stands_in_the_history(approved, tmp_path, open_page)
    with open_store(approved) as store:
        trial = store.traces.get_trial(2)
        decisions.reopen_trial(store, trial, reviewer="Mira", action_id=decisions.new_action_id())
    app = open_page("publish")
    app.text_input(key="folder").set_value(str(tmp_path / "out")).run()
    app.button(key="publish").click().run()
    assert "1 task that the target holds now will be removed:" in list_texts(app)
    with open_store(approved) as store:
        assert len(store.jobs.list_jobs(JobKind.PUBLISH)) == 1, "nothing more before a yes"
    app.button(key="publish_anyway").click().run()

    def is_published() -> bool:
        with open_store(approved) as store:
            return [job.state for job in store.jobs.list_jobs(JobKind.PUBLISH)] == [JobState.FINISHED] * 2

    wait_until(is_published)
    app.run()
    assert "1 task published, 1 removed." in list_texts(app)


def test_a_folder_that_holds_something_else_is_refused_in_a_sentence(
    approved: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("private", "utf-8")
    app = open_page("publish")
    app.text_input(key="folder").set_value(str(tmp_path / "mine")).run()
    app.button(key="publish").click().run()
    assert any(str(tmp_path / "mine") in text for text in list_texts(app))
    with open_store(approved) as store:
        assert store.jobs.list_jobs(JobKind.PUBLISH) == []


def test_a_malformed_prefix_is_refused_in_a_sentence(approved: Path, open_page: OpenPage) -> None:
    app = open_page("publish")
    app.text_input(key="prefix_1").set_value("a b/c").run()
    assert any("cannot begin the name of a folder" in text for text in list_texts(app))


def test_many_tasks_are_built_only_when_somebody_asks(home: Path, tmp_path: Path, open_page: OpenPage) -> None:
    rows = [make_row(talk("Task: count", "Done."), trial_name=f"t{i}") for i in range(AT_ONCE + 1)]
    with open_store(home) as store:
        dataset = import_sample(store, write_rows(tmp_path / "many.jsonl", rows))
        for trial in store.traces.list_trials(dataset.id):
            decisions.approve_trial(store, trial, reviewer="Mira", action_id=decisions.new_action_id())
    app = open_page("publish")
    assert "501 trials are approved. Building their tasks takes about 5 seconds." in list_texts(app)
    assert "publish" not in {button.key for button in app.button}
    app.button(key="build_plan").click().run()
    assert "501 tasks: 501 new." in list_texts(app)


def test_the_plan_is_said_in_a_sentence() -> None:
    changes: list[Literal["new", "same"]] = ["new", "same", "same"]
    tasks = [
        PreviewTask(folder=f"t-{i}", trial_id=i, trial_name="t", instruction="", content_hash="", change=change)
        for i, change in enumerate(changes)
    ]
    plan = Preview(tasks=tasks, left_out=[TrialNote(trial="t", reason="r")], warnings=[], removed=[])
    assert describe_plan(plan) == "3 tasks: 1 new, 2 as before. 1 trial is left out."
