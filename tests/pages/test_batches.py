"""The page as a person uses it: launch, pause, cancel, retry, and what stands there with nothing to show."""

from pathlib import Path

import pytest

from core.models import Extractor, JobKind, JobState
from core.store import open_store
from core.store.batch_models import Answer
from tests.pages.conftest import OpenPage, get_widget, list_texts, wait_until
from tests.workspaces import create_batch, import_sample


@pytest.fixture
def imported(home: Path) -> Path:
    with open_store(home) as store:
        import_sample(store)
    return home


def test_without_traces_the_page_leads_to_them(open_page: OpenPage) -> None:
    assert [button.label for button in open_page("batches").button] == ["Go to Traces"]


def test_without_a_batch_the_form_is_open(imported: Path, open_page: OpenPage) -> None:
    app = open_page("batches")
    assert "No batch yet. Start one above, and its progress stands here." in list_texts(app)
    assert app.button(key="start_batch").label == "Start the batch"


def test_a_batch_is_run_by_the_worker(imported: Path, open_page: OpenPage) -> None:
    app = open_page("batches")
    app.number_input(key="first_trials").set_value(2).run()
    app.button(key="start_batch").click().run()
    assert not app.exception

    def is_over() -> bool:
        with open_store(imported) as store:
            return store.jobs.list_jobs(JobKind.EXTRACT)[0].is_over

    wait_until(is_over)
    app.run()
    with open_store(imported) as store:
        assert store.jobs.list_jobs(JobKind.EXTRACT)[0].state is JobState.FINISHED
        assert len(store.curation.list_extracted_trials(1)) == 2
    assert "review_1" in {button.key for button in app.button}
    assert app.dataframe[0].value["Done"].tolist() == [7]
    assert app.dataframe[0].value["Chosen"].tolist() == ["all attempts, first 2 trials"]


def test_the_whole_selection_reaches_the_batch(imported: Path, open_page: OpenPage) -> None:
    app = open_page("batches")
    app.text_input(key="trial_name").set_value("book-flight-sfo-wifi").run()
    get_widget(app, "success_share").set_value((5, 95)).run()
    app.button(key="start_batch").click().run()
    with open_store(imported) as store:
        config = store.batches.get_batch(1).config
    assert (config.trial, config.min_success, config.max_success) == ("book-flight-sfo-wifi", 0.05, 0.95)
    assert config.extractor is Extractor.RULES


def test_what_failed_is_shown_by_reason_and_asked_again(imported: Path, open_page: OpenPage) -> None:
    with open_store(imported) as store:
        batch = create_batch(store, store.traces.get_dataset(1))
        first, *_ = store.answers.list_pending(batch.id, after=0, limit=9)
        answer = Answer(first.id, first.attempt_id, None, [], None, 0, reason="refused", detail="I will not.")
        store.answers.save_answers(batch, [answer], prompt_version="test")
        store.jobs.finish_job(batch.job_id, JobState.FINISHED)
    app = open_page("batches")
    failures = next(frame.value for frame in app.dataframe if "Reason" in frame.value)
    assert failures.values.tolist() == [["Refused", 1, "book-flight-sfo-wifi"]]
    assert "Refused: I will not." in list_texts(app)
    app.button(key=f"retry_{batch.id}").click().run()

    def is_retried() -> bool:
        with open_store(imported) as store:
            return store.batches.count_requests(batch.id).done == 26

    wait_until(is_retried)


def test_a_paused_batch_can_go_on_or_be_cancelled(imported: Path, open_page: OpenPage) -> None:
    with open_store(imported) as store:
        batch = create_batch(store, store.traces.get_dataset(1))
        store.jobs.pause_job(batch.job_id)
    app = open_page("batches")
    labels = {button.key: button.label for button in app.button}
    assert labels[f"resume_{batch.id}"] == "Resume"
    assert labels[f"cancel_{batch.id}"] == f"Cancel batch {batch.id}"
    assert "Cancel batch 1? 0 answers are kept." in list_texts(app)
    app.button(key=f"cancel_{batch.id}").click().run()
    with open_store(imported) as store:
        assert store.jobs.get_job(batch.job_id).state is JobState.CANCELLED


def test_a_stopped_batch_says_why(imported: Path, open_page: OpenPage) -> None:
    with open_store(imported) as store:
        batch = create_batch(store, store.traces.get_dataset(1))
        store.jobs.finish_job(batch.job_id, JobState.STOPPED, reason="The key was refused. Set another one.")
    app = open_page("batches")
    assert "The key was refused. Set another one." in list_texts(app)
    assert f"resume_{batch.id}" in {button.key for button in app.button}
