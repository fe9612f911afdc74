import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.commands import PROJECT, build_environment, end_worker

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
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
    # a busy machine needs patience
    context.set_default_timeout(30_000)
    opened = context.new_page()
    failed_before = request.session.testsfailed
    yield opened
    if request.session.testsfailed > failed_before:
        opened.screenshot(path=PROJECT / "test-results" / f"{request.node.name}.png")
    context.close()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    end_worker(tmp_path / "home")


@pytest.fixture
def start_app(home: Path, tmp_path: Path) -> Iterator[StartApp]:
    """Starts `streamlit run app.py` as the README does; its address."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(**values: str) -> str:
        port = _find_free_port()
        with (tmp_path / "server.log").open("wb") as log:
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
                    + ["--server.port", str(port)],
                    cwd=PROJECT,
                    env=build_environment(home, **values),
                    stdout=log,
                    stderr=log,
                )
            )
        _wait_for(port)
        return f"http://127.0.0.1:{port}"

    yield start
    for process in processes:
        process.terminate()
        process.wait(timeout=20)


def _find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
