"""`python -m tests.screenshots`: the pictures in the README, taken anew on the sample that ships."""

import shutil
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from core.curation.curate import curate_dataset
from core.extraction.batch import run_batch
from core.progress import no_progress
from core.store import open_store
from tests.apps import FLAGS, running_app
from tests.commands import build_environment
from tests.workspaces import create_batch, import_sample, make_settings

FOLDER = Path(__file__).parent
READY = ".wb[data-ready$=read]"
"""What the page shows once it can be looked at."""


def main() -> None:
    """Write the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        with open_store(home) as store:
            dataset = import_sample(store)
            batch = create_batch(store, dataset)
            run_batch(store, batch, settings=make_settings(home), progress=no_progress, check_lease=lambda: None)
            curate_dataset(store, dataset)
        with running_app(build_environment(home), log=Path(folder) / "server.log") as address, sync_playwright() as run:
            browser = run.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            page = open_review(browser, address, scheme="light")
            page.screenshot(path=FOLDER / "review.png")
            page = open_review(browser, address, scheme="dark")
            page.keyboard.press("v")
            page.wait_for_selector(".parting")
            page.wait_for_timeout(1000)
            page.screenshot(path=FOLDER / "side_by_side.png")
            browser.close()


def open_review(browser: Browser, address: str, *, scheme: Literal["light", "dark"]) -> Page:
    """The Review page as a person meets it, once it has come to rest."""
    page = browser.new_page(viewport={"width": 1280, "height": 720}, color_scheme=scheme)
    page.goto(f"{address}/review")
    page.wait_for_selector(READY)
    page.wait_for_timeout(1000)
    return page


if __name__ == "__main__":
    main()
