from pathlib import Path

import pytest

from core.models import Extractor, JobKind, JobState
from core.store import open_store
from core.store.batch_models import Answer, BatchConfig
from pages.batches.form import describe_estimate
from tests.pages.conftest import OpenPage, get_widget, list_texts, wait_until
from tests.workspaces import create_batch, import_sample


@pytest.fixture
def imported(home: Path) -> Path:
    with open_store(home) as store:
        import_sample(store)
    return home


def test_without_traces_the_page_leads_to_them(open_page: OpenPage) -> None:
    assert [button.label for button in open_page("batches").button] == ["Go to Traces"]


def test_rules_are_preselected_without_a_server(imported: Path, open_page: OpenPage) -> None:
    app = open_page("batches")
    assert get_widget(app, "extractor").value is Extractor.RULES
    assert "26 attempts. The rules are free, need no network, and give the same hints every time." in list_texts(app)


def test_the_model_is_preselected_with_a_key(
    imported: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")
    app = open_page("batches")
    assert get_widget(app, "extractor").value is Extractor.LLM
    assert app.text_input(key="model").value == "gpt-4o-mini"
    assert any("about 15,9" in text and "below $ 0.01" in text for text in list_texts(app))
    assert "sk-test-0123456789" not in str(app.main)


def test_the_model_without_a_server_says_what_to_do(imported: Path, open_page: OpenPage) -> None:
    app = open_page("batches")
    get_widget(app, "extractor").set_value(Extractor.LLM).run()
    assert any(text.startswith("No model server is set. Set OPENAI_API_KEY") for text in list_texts(app))
    assert app.button(key="start_batch").disabled


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


def test_what_failed_is_shown_by_reason_and_asked_again(imported: Path, open_page: OpenPage) -> None:
    with open_store(imported) as store:
        batch = create_batch(store, store.traces.get_dataset(1))
        first, *_ = store.answers.list_pending(batch.id, after=0, limit=9)
        answer = Answer(first.id, first.attempt_id, None, [], None, 0, reason="refused", detail="I will not.")
        store.answers.save_answers(batch, [answer], prompt_version="test")
        store.jobs.finish_job(batch.job_id, JobState.FINISHED)
    app = open_page("batches")
    failures = next(frame.value for frame in app.dataframe if "Reason" in frame.value)
    assert failures.values.tolist() == [["Refused", 1, "book-flight-sfo-wifi", "I will not."]]
    app.button(key=f"retry_{batch.id}").click().run()

    def is_retried() -> bool:
        with open_store(imported) as store:
            return store.batches.count_requests(batch.id).done == 26

    wait_until(is_retried)


def test_a_batch_is_paused_and_resumed(imported: Path, open_page: OpenPage) -> None:
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


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            BatchConfig(extractor=Extractor.LLM, model="gpt-4o-mini"),
            "5 requests, about 1,000,000 tokens to read: $ 0.15, the answers",
        ),
        (
            BatchConfig(extractor=Extractor.LLM, model="my-model"),
            "5 requests, about 1,000,000 tokens to read: its price is not known.",
        ),
        (BatchConfig(extractor=Extractor.RULES), "5 attempts. The rules are free"),
    ],
)
def test_the_estimate_never_makes_up_a_price(config: BatchConfig, words: str) -> None:
    assert describe_estimate(config, 5, 4_000_000).startswith(words)


def test_an_empty_choice_is_said_and_not_started() -> None:
    config = BatchConfig(extractor=Extractor.RULES, only="failed")
    assert describe_estimate(config, 0, 0) == "No attempt is chosen. Choose other attempts, or all of them."
