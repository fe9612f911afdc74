import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from core.settings import PROJECT_ROOT
from tests.apps import FLAGS, running_app
from tests.commands import build_environment, end_worker

# a busy machine needs patience
expect.set_options(timeout=30_000)
StartApp = Callable[..., str]


@pytest.fixture(scope="module")  # its event loop must be gone before the next module runs one of its own
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("chromium is not installed: the README's first check line installs it")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh window; what it showed at the end is in `test-results/` if the test failed."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(30_000)
    opened = context.new_page()
    failed_before = request.session.testsfailed
    yield opened
    if request.session.testsfailed > failed_before:
        opened.screenshot(path=PROJECT_ROOT / "test-results" / f"{request.node.name}.png")
    context.close()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    end_worker(tmp_path / "home")


@pytest.fixture
def start_app(home: Path, tmp_path: Path) -> Iterator[StartApp]:
    """Starts the app with these settings; its address."""
    with ExitStack() as running:

        def start(**values: str) -> str:
            environment = build_environment(home, **values)
            return running.enter_context(running_app(environment, log=tmp_path / "server.log"))

        yield start
