from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.models import Grouping, JobKind
from core.store import open_store
from core.traces.importing import import_source
from core.traces.options import ImportOptions
from core.traces.preview import build_preview, load_sample, recommend_grouping
from core.traces.sources import FileSource
from tests.builders import make_prefix_rows, make_row, talk, write_rows
from tests.pages.conftest import OpenPage, get_widget, list_texts, wait_until
from tests.workspaces import SAMPLE, import_sample


def look(app: AppTest, source: str) -> AppTest:
    app.text_input(key="source_name").set_value(source)
    app.button(key="look").click().run()
    assert not app.exception, app.exception
    return app


def test_looking_shows_the_task_text_before_anything_is_imported(home: Path, open_page: OpenPage) -> None:
    app = look(open_page("traces"), str(SAMPLE))
    texts = list_texts(app)
    assert "In all 45 rows: 13 trials, 26 attempts, 0 set aside." in texts
    assert "User: Book flight to SFO with WiFi\nTask: Do whatever the user asked." in texts
    with open_store(home) as store:
        assert store.traces.list_datasets() == []
        assert store.jobs.list_jobs(JobKind.IMPORT) == []


def test_cutting_at_the_marker_is_shown_on_the_sample(open_page: OpenPage) -> None:
    app = look(open_page("traces"), str(SAMPLE))
    assert "User: Book flight to SFO with WiFi" in list_texts(app), "what cutting would drop"
    app.toggle(key="cut_at_marker").set_value(True).run()
    assert "Task: Do whatever the user asked." in list_texts(app)
    assert "Cut away:" in list_texts(app)


def test_grouping_by_task_is_advised_where_trials_share_one(open_page: OpenPage) -> None:
    app = look(open_page("traces"), str(SAMPLE))
    assert "2 tasks have several trials. Grouped by task, their attempts are compared." in list_texts(app)
    assert get_widget(app, "group_by").value is Grouping.TRIAL_NAME, "advised, not chosen for the person"
    get_widget(app, "group_by").set_value(Grouping.TASK).run()
    assert "In all 45 rows: 11 trials, 26 attempts, 0 set aside." in list_texts(app)


def test_a_source_that_is_not_there_is_named_in_a_sentence(open_page: OpenPage) -> None:
    app = look(open_page("traces"), "/nowhere/traces.jsonl")
    assert "There is no file /nowhere/traces.jsonl. Check the path, or give the id of a Hub dataset." in list_texts(app)


def test_a_file_without_episodes_names_the_missing_columns(tmp_path: Path, open_page: OpenPage) -> None:
    path = write_rows(tmp_path / "other.jsonl", [{"prompt": "a", "answer": "b"}])
    texts = list_texts(look(open_page("traces"), str(path)))
    assert any("columns trial_name, episode and conversations missing" in text for text in texts)


def test_nothing_is_read_without_a_source(open_page: OpenPage) -> None:
    assert "Give the id of a Hub dataset, or the path of a file." in list_texts(look(open_page("traces"), "  "))


def test_import_is_done_by_the_worker_and_leads_to_extraction(home: Path, open_page: OpenPage) -> None:
    app = look(open_page("traces"), str(SAMPLE))
    app.button(key="import").click().run()
    assert not app.exception
    assert "import" not in {button.key for button in app.button}, "the preview has served"

    def is_imported() -> bool:
        with open_store(home) as store:
            return bool(store.traces.list_datasets())

    wait_until(is_imported)
    app.run()
    assert "sample is imported: 13 trials, 26 attempts." in list_texts(app)
    app.button(key="extract_hints").click().run()
    assert app.title[0].value == "Batches"


def test_importing_the_same_again_says_so(home: Path, open_page: OpenPage) -> None:
    with open_store(home) as store:
        import_sample(store)
    app = look(open_page("traces"), str(SAMPLE))
    app.button(key="import").click().run()

    def is_over() -> bool:
        with open_store(home) as store:
            return store.jobs.list_jobs(JobKind.IMPORT)[0].is_over

    wait_until(is_over)
    app.run()
    assert any("Nothing was imported twice." in text for text in list_texts(app))


def test_the_report_tells_what_was_set_aside_and_what_prefixes_save(
    home: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    rows = [*make_prefix_rows(["Task: a", "one", "two", "three"]), make_row([], trial_name="empty")]
    with open_store(home) as store:
        import_sample(store, write_rows(tmp_path / "mixed.jsonl", rows))
    app = open_page("traces")
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures == {"Rows": "3", "Trials": "1", "Attempts": "1", "Rows set aside": "1"}
    tables = [frame.value for frame in app.dataframe]
    aside = next(table for table in tables if "Row numbers" in table)
    assert aside.values.tolist() == [["empty conversation", 1, "2"]]
    assert any(text.startswith("One call per row would read about") for text in list_texts(app))


def test_the_preview_finds_what_the_import_finds(tmp_path: Path) -> None:
    sample = load_sample(FileSource(SAMPLE))
    for grouping in Grouping:
        options = ImportOptions(group_by=grouping)
        preview = build_preview(sample, options, samples=99)
        with open_store(tmp_path / grouping) as store:
            result = import_source(store, FileSource(SAMPLE), options)
            trials = store.traces.list_trials(result.dataset.id)
        assert (preview.trials, preview.attempts) == (result.report.trials, result.report.attempts)
        assert [(item.name, item.task_text) for item in preview.samples] == [
            (trial.name, trial.source_task_text) for trial in trials
        ]
        assert preview.shared_tasks == result.report.shared_tasks
        assert recommend_grouping(preview) is Grouping.TASK


def test_the_preview_stops_at_very_long_rows(tmp_path: Path) -> None:
    path = write_rows(
        tmp_path / "long.jsonl", [make_row(talk("Task: " + "x" * 8_000_000), trial_name=str(i)) for i in range(5)]
    )
    assert len(load_sample(FileSource(path)).rows) == 3
