"""The main job as a person does it: import, extract, review, publish; then what was published is read back."""

import io
import tarfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page, expect

from core.models import HintState, TrialStatus
from core.store import open_store
from tests.browser.conftest import StartApp
from tests.responders import answer_hints
from tests.standins.hub import WRITE_TOKEN, HubServer
from tests.standins.hub_client import run_client
from tests.standins.llm import LlmServer

FIRST = "book-flight-sfo-wifi"
KEY = "sk-test-key-0123456789"


@pytest.fixture
def hub() -> "object":
    with HubServer() as server:
        yield server


def click(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def import_sample(page: Page) -> None:
    click(page, "Import the sample")
    expect(page.get_by_role("button", name="Extract", exact=True)).to_be_visible(timeout=60_000)


def extract(page: Page) -> None:
    click(page, "Extract")
    expect(page.get_by_role("heading", name="Batches", exact=True)).to_be_visible()
    click(page, "Start the batch")
    expect(page.get_by_role("button", name="Review the hints")).to_be_visible(timeout=60_000)


def edit_first_hint(page: Page, words: str) -> None:
    click(page, "Edit")
    page.get_by_role("textbox", name="Purpose").fill(words)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(words).first).to_be_visible()


def reject_second_hint(page: Page) -> None:
    page.get_by_role("button", name="Reject", exact=False).nth(1).click()
    page.get_by_text("Wrong advice").last.click()
    expect(page.get_by_text("Rejected").first).to_be_visible()


def test_the_whole_way_with_rules_to_the_hub(
    page: Page, start_app: StartApp, home: Path, tmp_path: Path, hub: HubServer
) -> None:
    page.goto(start_app(**hub.environment(home=tmp_path / "hf", token=WRITE_TOKEN)))
    import_sample(page)
    extract(page)
    click(page, "Review the hints")
    expect(page.get_by_text("exact quote")).to_be_visible()
    edit_first_hint(page, "Look the traveller up before you search")
    page.screenshot(path="/tmp/shots/t2.png")
    reject_second_hint(page)
    page.screenshot(path="/tmp/shots/t3.png")
    page.keyboard.press("a")
    expect(page.get_by_text("git-restore-branch").first).to_be_visible()
    page.wait_for_timeout(1500)
    page.screenshot(path="/tmp/shots/t4.png")
