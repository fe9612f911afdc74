"""Every page, over a workspace full of hostile text: no script runs, nothing is loaded, nothing is hidden."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Dialog, Page, Request, expect

from tests.apps import running_app
from tests.commands import build_environment, end_worker
from tests.hostile import fill_workspace

PAGES = ["", "traces", "batches", "review", "quality", "publish"]
UNSEEN = (
    "[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u061c\\u200b\\u200e\\u200f"
    "\\u202a-\\u202e\\u2066-\\u2069]"
)
LIST_TEXTS = """pattern => {
  const found = [];
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      if (new RegExp(pattern).test(node.data)) found.push(node.data.slice(0, 200));
    } else if (!["SCRIPT", "STYLE"].includes(node.nodeName)) {
      for (const child of node.childNodes) walk(child);
      if (node.shadowRoot) walk(node.shadowRoot);
    }
  };
  walk(document.body);
  return found;
}"""
LIST_LOADERS = """host => {
  const found = [];
  const walk = (root) => {
    for (const element of root.querySelectorAll("*")) {
      for (const name of ["src", "href", "data", "srcset", "srcdoc", "style", "action"]) {
        const value = element.getAttribute(name) || "";
        if (value.includes(host) || value.trim().toLowerCase().startsWith("javascript:"))
          found.push(element.outerHTML.slice(0, 200));
      }
      if (element.shadowRoot) walk(element.shadowRoot);
    }
  };
  walk(document);
  return found;
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("hostile")
    fill_workspace(folder / "home", folder)
    environment = build_environment(folder / "home")
    with running_app(environment, log=folder / "server.log") as started:
        yield started
    end_worker(folder / "home")


class Watch:
    """A window, and everything that it did which text must not make it do."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.asked: list[str] = []
        self.dialogs: list[str] = []
        page.context.on("request", self._note)
        page.on("dialog", self._dismiss)

    def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _note(self, request: Request) -> None:
        host = urlsplit(request.url).hostname
        if host not in ("127.0.0.1", None):
            self.asked.append(request.url)

    def open(self, path: str) -> None:
        self.page.goto(f"{self.address}/{path}", wait_until="domcontentloaded")
        self.page.get_by_test_id("stApp").wait_for()
        self.page.wait_for_function("() => !document.querySelector('[data-testid=stStatusWidget]')")
        self.page.locator("[data-testid=stMain] [data-testid=stVerticalBlock]").first.wait_for()
        self.page.wait_for_load_state("networkidle")

    def check(self) -> None:
        assert self.page.evaluate("() => [window.hostile, document.title.includes('hostile')]") == [None, False]
        assert self.dialogs == []
        assert self.asked == []
        assert len(self.page.frames) == 1
        assert self.page.evaluate(LIST_LOADERS, "evil.invalid") == []
        assert self.page.evaluate(LIST_TEXTS, UNSEEN) == []
        assert self.page.get_by_test_id("stException").count() == 0
        box = self.page.get_by_test_id("stMain").bounding_box()
        assert box is not None
        assert box["height"] > 300


@pytest.fixture
def watch(browser: Browser, address: str) -> Iterator[Watch]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(60_000)
    yield Watch(context.new_page(), address)
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_no_page_runs_loads_or_hides_anything_for_a_trace(watch: Watch, path: str) -> None:
    watch.open(path)
    watch.check()


@pytest.mark.parametrize("trial_id", [1, 2, 5, 6, 9, 10, 13, 15, 16])
def test_the_workbench_shows_every_hostile_trial_as_text(watch: Watch, trial_id: int) -> None:
    watch.open(f"review?dataset=1&trial={trial_id}")
    # what the attempt says is on the screen, so that there is something to check
    expect(watch.page.get_by_text(re.compile("^run it")).first).to_be_visible()
    watch.check()
