"""One server for all tests of a module; each test has a dataset of its own in its workspace."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from core.models import Dataset
from core.settings import PROJECT_ROOT
from tests.apps import running_app
from tests.browser.review.bench import Bench
from tests.browser.review.trials import make_dataset
from tests.commands import build_environment, end_worker

MakeDataset = Callable[..., Dataset]
OpenWindow = Callable[..., Bench]
NUMBERS = count(1)


@pytest.fixture(scope="module")
def review_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("review") / "home"
    yield home
    end_worker(home)


@pytest.fixture(scope="module")
def address(review_home: Path) -> Iterator[str]:
    with running_app(build_environment(review_home), log=review_home.parent / "server.log") as started:
        yield started


@pytest.fixture
def new_dataset(review_home: Path) -> MakeDataset:
    """Makes a dataset with trials that no other test has."""
    return lambda **options: make_dataset(review_home, f"set{next(NUMBERS)}", **options)


@pytest.fixture
def open_window(
    browser: Browser, address: str, review_home: Path, request: pytest.FixtureRequest
) -> Iterator[OpenWindow]:
    """Opens a window of its own; what it showed at the end is in `test-results/` if the test failed."""
    failed_before = request.session.testsfailed
    windows: list[Page] = []
    errors: list[str] = []
    with ExitStack() as opened:

        def open_(*, width: int = 1440, height: int = 900, **options: str) -> Bench:
            context = browser.new_context(viewport={"width": width, "height": height}, **options)  # type: ignore[arg-type]
            context.set_default_timeout(30_000)
            opened.callback(context.close)
            windows.append(context.new_page())
            windows[-1].on("pageerror", lambda error: errors.append(str(error)))
            return Bench(windows[-1], address, review_home)

        yield open_
        if request.session.testsfailed > failed_before:
            for number, page in enumerate(windows):
                page.screenshot(path=PROJECT_ROOT / "test-results" / f"{request.node.name}-{number}.png")
    assert errors == [], "no script of ours may fail"


@pytest.fixture
def bench(open_window: OpenWindow) -> Bench:
    return open_window()
