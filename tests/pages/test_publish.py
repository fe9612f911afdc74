from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.curation import decisions
from core.models import JobKind
from core.publishing.options import PublishOptions, Seen
from core.publishing.preview_models import FileSize, Preview, TargetState
from core.store import open_store
from pages.publish.confirm import describe_button
from pages.publish.summary import describe_preview
from tests.pages.conftest import OpenPage, get_widget, list_texts, wait_until


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


def wait_for(home: Path, kind: JobKind, *, count: int = 1) -> None:
    """Until so many jobs of a kind are over."""

    def are_over() -> bool:
        with open_store(home) as store:
            jobs = store.jobs.list_jobs(kind)
        return len(jobs) == count and all(job.is_over for job in jobs)

    wait_until(are_over)


def preview(app: AppTest, home: Path, *, count: int = 1) -> None:
    app.button(key="preview").click().run()
    wait_for(home, JobKind.PREVIEW, count=count)
    app.run()
    assert not app.exception


def publish_to(app: AppTest, home: Path, folder: Path) -> None:
    app.text_input(key="folder_1").set_value(str(folder)).run()
    preview(app, home)
    app.button(key="publish").click().run()
    wait_for(home, JobKind.PUBLISH)
    app.run()
    assert not app.exception


def read_metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_before_a_place_is_named_nothing_can_be_previewed(approved: Path, open_page: OpenPage) -> None:
    app = open_page("publish")
    assert any(text.startswith("Name a place first. A preview builds every task") for text in list_texts(app))
    assert app.button(key="preview").disabled
    assert "publish" not in {button.key for button in app.button}


def test_without_a_token_the_hub_says_what_to_do(approved: Path, open_page: OpenPage) -> None:
    app = open_page("publish")
    get_widget(app, "publish_to_1").set_value("Hub repository").run()
    app.text_input(key="repo_1").set_value("mira/hints").run()
    assert any(text.startswith("No token for the Hub is set. Set HF_TOKEN") for text in list_texts(app))
    assert app.button(key="preview").disabled


def test_a_preview_shows_figures_files_card_and_difference_and_changes_nothing(
    approved: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    app = open_page("publish")
    app.text_input(key="folder_1").set_value(str(tmp_path / "out")).run()
    preview(app, approved)
    assert read_metrics(app) == {"Tasks": "2", "New": "2", "Changed": "0", "Removed": "0"}
    texts = list_texts(app)
    assert f"The folder {tmp_path / 'out'} will be made." in texts
    assert any(text.startswith("Not published: ") and text.endswith(" trials not decided yet.") for text in texts)
    assert any(text.startswith("User: Book flight to SFO with WiFi") and "# Hints" in text for text in texts)
    assert any("config_name: hints" in text for text in texts), "the card as text"
    assert app.button(key="publish").label == "Write 2 tasks to the folder"
    app.selectbox(key="sample_file_sample-hints-0000").set_value("task.toml").run()
    assert any("[metadata]" in text for text in list_texts(app))
    assert not (tmp_path / "out").exists()


def test_what_is_previewed_is_published_and_stands_in_the_history(
    approved: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    app = open_page("publish")
    publish_to(app, approved, tmp_path / "out")
    out = str(tmp_path / "out")
    assert f"2 trials published to {out}: 2 new, 0 changed. Written and complete." in list_texts(app)
    assert (tmp_path / "out" / "trace_hints.json").is_file()
    history = app.dataframe[-1].value
    assert history["Where"].tolist() == [out]
    assert history["What"].tolist() == ["published"]
    assert history["Changed since"].tolist() == [0]
    assert history["Tasks +new ~changed -removed"].tolist() == ["+2"]


def test_a_preview_is_not_published_any_more_once_somebody_decided_or_chose_otherwise(
    approved: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    app = open_page("publish")
    app.text_input(key="folder_1").set_value(str(tmp_path / "out")).run()
    preview(app, approved)
    assert not app.button(key="publish").disabled
    app.text_input(key="folder_1").set_value(str(tmp_path / "elsewhere")).run()
    assert app.button(key="publish").disabled
    app.text_input(key="folder_1").set_value(str(tmp_path / "out")).run()
    assert not app.button(key="publish").disabled
    with open_store(approved) as store:
        trial = store.traces.get_trial(2)
        decisions.reopen_trial(store, trial, reviewer="Mira", action_id=decisions.new_action_id())
    app.run()
    assert app.button(key="publish").disabled
    preview(app, approved, count=2)
    assert app.button(key="publish").label == "Write 1 task to the folder"
    assert not app.button(key="publish").disabled


def test_a_source_task_whose_text_differs_from_the_traces_is_shown(
    approved: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    with open_store(approved) as store:
        trial = store.traces.get_trial(1)
    task = tmp_path / "tasks" / (trial.task or trial.name)
    (task / "tests").mkdir(parents=True)
    (task / "environment").mkdir()
    for name, text in {
        "instruction.md": "Book it all.",
        "task.toml": "",
        "environment/Dockerfile": "FROM x",
        "tests/test.sh": "true",
    }.items():
        (task / name).write_text(text, "utf-8")
    app = open_page("publish")
    app.text_input(key="folder_1").set_value(str(tmp_path / "out")).run()
    app.text_input(key="tasks_1").set_value(str(tmp_path / "tasks")).run()
    preview(app, approved)
    texts = list_texts(app)
    assert any(text.startswith("Book it all.\n\n---") for text in texts)
    assert any("+Book it all." in text and "-User: Book flight" in text for text in texts)
    left_out = next(frame.value for frame in app.dataframe if "Why" in frame.value)
    assert "has no task" in left_out["Why"].tolist()[0]


def test_a_change_since_the_publication_is_shown_and_previewed(
    approved: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    publish_to(open_page("publish"), approved, tmp_path / "out")
    with open_store(approved) as store:
        one, two = store.traces.get_trial(1), store.traces.get_trial(2)
        decisions.edit_task_text(store, one, "Book it.", reviewer="Mira", action_id=decisions.new_action_id())
        decisions.reopen_trial(store, two, reviewer="Mira", action_id=decisions.new_action_id())
    app = open_page("publish")
    assert app.text_input(key="folder_1").value == str(tmp_path / "out"), "the place stands there again"
    assert app.dataframe[-1].value["Since"].tolist() == ["other words", "not approved"]
    preview(app, approved, count=2)
    assert read_metrics(app) == {"Tasks": "1", "New": "0", "Changed": "1", "Removed": "1"}
    texts = list_texts(app)
    assert any(text.startswith("Will be removed there: ") for text in texts)
    assert any("+Book it." in text and "-User: Book flight to SFO" in text for text in texts)


def test_what_is_there_already_is_not_published_again(approved: Path, tmp_path: Path, open_page: OpenPage) -> None:
    app = open_page("publish")
    publish_to(app, approved, tmp_path / "out")
    preview(app, approved, count=2)
    assert f"{tmp_path / 'out'} holds exactly this already. There is nothing to publish." in list_texts(app)
    assert "publish" not in {button.key for button in app.button}


def test_a_folder_that_holds_something_else_is_refused_in_a_sentence(
    approved: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("private", "utf-8")
    app = open_page("publish")
    app.text_input(key="folder_1").set_value(str(tmp_path / "mine")).run()
    preview(app, approved)
    assert any(text.startswith(f"{tmp_path / 'mine'} holds files that were not published") for text in list_texts(app))
    assert "publish" not in {button.key for button in app.button}


def test_a_malformed_prefix_is_refused_in_a_sentence(approved: Path, tmp_path: Path, open_page: OpenPage) -> None:
    app = open_page("publish")
    app.text_input(key="folder_1").set_value(str(tmp_path / "out")).run()
    app.text_input(key="prefix_1").set_value("a b/c").run()
    app.button(key="preview").click().run()
    assert any("cannot begin the name of a folder" in text for text in list_texts(app))


def build_preview(**values: object) -> Preview:
    known: dict[str, object] = {
        "options": PublishOptions(prefix="p", repo="you/my_repo"),
        "target": TargetState(place="you/my_repo", is_there=True, tasks=55, user="you", role="write"),
        "is_same": False,
        "seen": Seen(head="abc", manifest_sha256="x"),
        "trials": 57,
        "tasks": 57,
        "with_verifier": 0,
        "hints": 300,
        "added": 2,
        "changed": 0,
        "same": 55,
        "removed": 0,
        "removed_trials": [],
        "undecided": 3,
        "rejected": 1,
        "left_out": [],
        "warnings": [],
        "samples": [],
        "card": "",
        "card_difference": "",
        "files": [FileSize(path="README.md", size=2_000)],
    }
    return Preview.model_validate(known | values)


def test_the_button_says_what_it_will_do() -> None:
    proposal = PublishOptions(prefix="p", repo="you/my_repo", create_pr=True)
    assert describe_button(build_preview()) == r"Publish 57 tasks to you/my\_repo"
    assert describe_button(build_preview(options=proposal)) == r"Open a pull request with 57 tasks at you/my\_repo"


def test_a_preview_is_said_in_sentences() -> None:
    assert describe_preview(build_preview()) == [
        "you/my_repo is there, public, and holds 55 tasks now. The token is you's (write).",
        "300 hints, none with a verifier. 1 file, 2 kB.",
        "Not published: 3 trials not decided yet, 1 trial rejected.",
    ]
