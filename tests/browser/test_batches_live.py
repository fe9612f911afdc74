"""A batch as a person lives through it: launched from the form, watched, paused in a second tab, resumed, finished."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.models import JobKind, JobState
from core.store import open_store
from tests.browser.conftest import StartApp
from tests.browser.settled import expect_settled
from tests.responders import answer_hints
from tests.standins.llm import LlmServer
from tests.workspaces import import_sample

KEY = "sk-test-key-0123456789"
REQUESTS = 32
"""26 attempts, and 6 trials of which a success and a failure are compared."""
WATCHED_SECONDS = 3.0
"""Of one answer, two at once: slow enough to be watched."""
HELD_SECONDS = 100.0
"""Of one answer: nothing ends before it is let go."""


@pytest.fixture
def llm() -> Iterator[LlmServer]:
    with LlmServer(key=KEY, responder=answer_hints, latency_seconds=WATCHED_SECONDS) as server:
        yield server


@pytest.fixture
def address(home: Path, tmp_path: Path, start_app: StartApp, llm: LlmServer) -> str:
    with open_store(home) as store:
        import_sample(store)
    base = start_app(OPENAI_API_KEY=KEY, OPENAI_BASE_URL=llm.base_url, HF_HOME=str(tmp_path / "hf"))
    return f"{base}/batches"


def fill(page: Page, label: str, value: str) -> None:
    page.get_by_label(label, exact=True).fill(value)
    page.keyboard.press("Enter")


def launch(page: Page, address: str) -> None:
    """From the form, two requests at once."""
    page.goto(address)
    expect(page.get_by_text("One call per row")).to_be_visible(timeout=60_000)
    page.get_by_text("More choices").click()
    fill(page, "Requests at once", "2")
    expect(page.get_by_text("The time comes from 2 requests at once.")).to_be_visible()
    page.get_by_role("button", name="Start the batch").click()


def expect_state(page: Page, word: str) -> None:
    expect(page.locator(".stMarkdownBadge").filter(has_text=word)).to_be_visible()


def read_done(page: Page) -> int:
    """The count on the page."""
    words = page.get_by_text(re.compile(rf"of {REQUESTS} requests:")).inner_text()
    return int(re.findall(r"(\d+) done", words)[0])


def expect_more_than(page: Page, done: int) -> None:
    pattern = "|".join(str(number) for number in range(done + 1, REQUESTS + 1))
    expect(page.get_by_text(re.compile(rf"of {REQUESTS} requests: ({pattern}) done"))).to_be_visible()


def test_a_batch_is_launched_watched_paused_elsewhere_resumed_and_finished(
    page: Page, address: str, home: Path, llm: LlmServer
) -> None:
    launch(page, address)
    expect_state(page, "Running")
    expect(page.get_by_text(re.compile(r"[12] in flight"))).to_be_visible()
    expect(page.get_by_text("Last answers")).to_be_visible()
    expect(page.get_by_text("Tool: terminal. Runs commands").first).to_be_visible()
    expect(page.get_by_text("Requests a minute", exact=True)).to_be_visible()
    seen = read_done(page)
    expect_more_than(page, seen)

    # a reload shows the truth
    page.reload()
    expect_more_than(page, seen)
    with open_store(home) as store:
        assert store.batches.count_requests(1).done >= seen

    # a second tab pauses, and the first one sees it; however long that tab takes to open, the batch does not end
    llm.latency_seconds = HELD_SECONDS
    second = page.context.new_page()
    second.goto(address)
    pause = second.get_by_role("button", name="Pause", exact=True)
    expect(pause).to_be_visible(timeout=60_000)
    pause.click()
    expect(pause).to_be_disabled()
    llm.latency_seconds = WATCHED_SECONDS
    expect_state(second, "Paused")
    expect_state(page, "Paused")
    expect(page.get_by_text(re.compile(r"in flight"))).to_have_count(0)
    second.close()
    with open_store(home) as store:
        assert store.jobs.list_jobs(JobKind.EXTRACT)[0].state is JobState.PAUSED
        paused_at = store.batches.count_requests(1)
    assert 0 < paused_at.done < REQUESTS
    assert len(llm.requests) == paused_at.done, "what was in flight is waited for and kept"

    page.get_by_role("button", name="Resume", exact=True).click()
    expect(page.get_by_text("Estimated and actual")).to_have_count(0)
    llm.latency_seconds = 0.0
    expect(page.get_by_text("Estimated and actual")).to_be_visible(timeout=60_000)
    expect_state(page, "Finished")
    rows = page.get_by_role("table").get_by_role("row").all_inner_texts()
    assert [re.split(r"\s*\t\s*", row)[:2] for row in rows[1:]] == [
        ["Estimated", f"{REQUESTS}"],
        ["Actual", f"{len(llm.requests)}"],
        ["Of the estimate", "100 %"],
    ]
    assert len(llm.requests) == REQUESTS, "nothing was asked twice"

    expect_settled(page)
    page.get_by_role("button", name="Open trial").first.click()
    expect(page.get_by_text("proposed by gpt-4o-mini").first).to_be_visible()
