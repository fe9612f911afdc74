"""Pages in a real workspace, filled through the product's own doors; nothing of ours is patched."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import pipeline
from core.models import Dataset, Extractor, JobState
from core.progress import no_progress
from core.settings import NAMES, PROJECT_ROOT
from core.store import Store, open_store
from core.store.batch_models import BatchConfig
from tests.commands import end_worker
from tests.workspaces import import_sample, make_settings

OpenPage = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def forget_caches() -> Iterator[None]:
    # they outlive an AppTest and would leak into the next one
    yield
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture(scope="session")
def reviewable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the sample, imported and extracted by the rules. Copied, never changed."""
    home = tmp_path_factory.mktemp("reviewable")
    with open_store(home) as store:
        extract(store, import_sample(store), home)
    return home


def extract(store: Store, dataset: Dataset, home: Path) -> None:
    """What the worker does for a batch of rules, in this process."""
    settings = make_settings(home)
    job = pipeline.start_extraction(store, dataset, BatchConfig(extractor=Extractor.RULES), settings=settings)
    pipeline.run_extraction(store, job, settings=settings, progress=no_progress, check_lease=lambda: None)
    store.jobs.finish_job(job.id, JobState.FINISHED)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty workspace that the pages use; without keys, and without a token of this machine."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TRACE_HINTS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    yield tmp_path / "home"
    end_worker(tmp_path / "home")


@pytest.fixture
def reviewing(home: Path, reviewable: Path) -> Path:
    """The home, filled with the extracted sample."""
    shutil.copytree(reviewable, home)
    return home


@pytest.fixture
def open_page(home: Path) -> OpenPage:
    """Opens a page as a person would, e.g. `open_page("review", trial="1")`."""

    def open_named(name: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=30)
        for key, value in query.items():
            app.query_params[key] = value
        app.run()
        if name != "overview":
            app.switch_page(f"pages/{name}/page.py")
            for key, value in query.items():
                app.query_params[key] = value
            app.run()
        assert not app.exception, app.exception
        return app

    return open_named


def wait_until(is_true: Callable[[], bool], *, seconds: float = 60) -> None:
    """Until the worker has done it."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "the worker did not do it in time"
        time.sleep(0.1)


def get_widget(app: AppTest, key: str) -> Any:
    """A widget of any kind."""
    return app.get_by_key(key)


def list_texts(app: AppTest) -> list[str]:
    """Everything that is shown as plain text."""
    return [element.value for element in (*app.text, *app.code)]


def list_markdown(app: AppTest) -> str:
    """Everything that is rendered as markdown: no text of a trace may be in here."""
    rendered = [*app.markdown, *app.caption, *app.title, *app.subheader, *app.error, *app.warning, *app.info]
    labels = [widget.label for widget in (*app.button, *app.expander, *app.toggle, *app.text_input, *app.text_area)]
    return "\n".join([*(str(element.value) for element in rendered), *labels])
