"""The main job as a person does it: import, extract, review, publish; then what was published is read back."""

import io
import tarfile
from collections.abc import Iterator
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

EDITED = "Look the traveller up before you search"
KEY = "sk-test-key-0123456789"


@pytest.fixture
def hub() -> Iterator[HubServer]:
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


def wait_for_bench(page: Page) -> None:
    expect(page.locator(".wb[data-ready$=read]")).to_be_visible()


def edit_hint(page: Page, number: int, words: str) -> None:
    page.locator(".hints .card").nth(number - 1).click(position={"x": 200, "y": 12})
    page.keyboard.press("e")
    page.get_by_role("textbox", name="Purpose").fill(words)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".hints")).to_contain_text(words)


def reject_hint(page: Page, number: int) -> None:
    page.locator(".hints .card").nth(number - 1).click(position={"x": 200, "y": 12})
    page.keyboard.press("d")
    page.keyboard.press("2")
    expect(page.locator(".hints .card").nth(number - 1)).to_contain_text("Rejected, wrong advice")


def approve(page: Page, following: str) -> None:
    """By its key; the next trial then stands in its place."""
    page.keyboard.press("a")
    expect(page.locator(".head .name")).to_contain_text(following)
    expect(page.locator(".save")).to_have_text("Saved")


def open_from_sidebar(page: Page, name: str) -> None:
    page.goto(page.url.split("?")[0].rsplit("/", 1)[0] + f"/{name.lower()}")
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


def preview(page: Page) -> None:
    expect(page.get_by_role("button", name="Preview", exact=True)).to_be_enabled()
    click(page, "Preview")
    expect(page.get_by_role("tab", name="Difference")).to_be_visible(timeout=60_000)


def read_instructions(parquet: bytes) -> dict[str, str]:
    """`instruction.md` of each published task, by folder; every archive unpacks."""
    instructions = {}
    for row in pq.read_table(io.BytesIO(parquet)).to_pylist():
        with tarfile.open(fileobj=io.BytesIO(row["task_binary"])) as archive:
            member = archive.extractfile("instruction.md")
            assert member is not None
            instructions[row["path"]] = member.read().decode()
    return instructions


def test_the_whole_way_with_rules_to_the_hub(
    page: Page, start_app: StartApp, home: Path, tmp_path: Path, hub: HubServer
) -> None:
    page.goto(start_app(**hub.environment(home=tmp_path / "hf", token=WRITE_TOKEN)))
    import_sample(page)
    extract(page)
    click(page, "Review the hints")
    wait_for_bench(page)
    expect(page.get_by_text("exact quote")).to_be_visible()
    with open_store(home) as store:
        rejected = store.curation.list_hints(1)[1]
    edit_hint(page, 1, EDITED)
    reject_hint(page, 2)
    approve(page, "git-restore-branch")
    open_from_sidebar(page, "Publish")
    page.get_by_role("textbox", name="Repository").fill("tester/from-the-browser")
    page.keyboard.press("Enter")
    preview(page)
    click(page, "Publish 1 task to tester/from-the-browser")
    expect(page.get_by_role("link", name="Open the repository")).to_be_visible(timeout=60_000)

    loaded = run_client(
        hub,
        tmp_path,
        "from datasets import load_dataset\nresult = load_dataset('tester/from-the-browser')['train'].column_names",
    )
    assert loaded == ["path", "task_binary"]
    instructions = read_instructions(hub.files("tester/from-the-browser")["data/train-00000-of-00001.parquet"])
    (text,) = instructions.values()
    assert text.startswith("User: Book flight to SFO with WiFi\nTask: Do whatever the user asked.\n\n---\n\n# Hints\n")
    assert f"**Purpose**: {EDITED}" in text
    assert f"### {rejected.text.model_dump()['name']}\n" not in text
    with open_store(home) as store:
        trial = store.traces.get_trial(1)
        actions = [decision.action for decision in store.decisions.list_decisions(trial.id)]
        assert trial.status is TrialStatus.APPROVED
        assert actions[:2] == ["edit", "reject"]
        assert actions[-1] == "approve"
        states = {hint.state for hint in store.curation.list_hints(trial.id)}
        assert states == {HintState.ACCEPTED, HintState.REJECTED}


def test_the_whole_way_with_a_model_to_a_folder(page: Page, start_app: StartApp, tmp_path: Path) -> None:
    with LlmServer(key=KEY, responder=answer_hints) as llm:
        page.goto(start_app(OPENAI_API_KEY=KEY, OPENAI_BASE_URL=llm.base_url, HF_HOME=str(tmp_path / "hf")))
        import_sample(page)
        extract(page)
        # 26 attempts, and 6 trials whose success and failure are compared
        assert len(llm.requests) == 32
    click(page, "Review the hints")
    wait_for_bench(page)
    expect(page.get_by_text("Proposed by gpt-4o-mini")).to_be_visible()
    # this trial has most to check: the stand-in named a tool that only helped to fail, and quoted the prompt template
    expect(page.get_by_text("Hint 1 blocks")).to_be_visible()
    expect(page.get_by_text("Hint 3 blocks")).to_be_visible()
    expect(page.get_by_role("button", name="Approve 1, leave out 2")).to_be_enabled()
    approve(page, "support-duplicate-charge")
    open_from_sidebar(page, "Publish")
    page.get_by_role("textbox", name="Folder", exact=True).fill(str(tmp_path / "out"))
    page.keyboard.press("Enter")
    preview(page)
    click(page, "Write 1 task to the folder")
    expect(page.get_by_text("1 trial published")).to_be_visible(timeout=60_000)
    (text,) = read_instructions((tmp_path / "out" / "data" / "train-00000-of-00001.parquet").read_bytes()).values()
    assert "## Common Pitfalls" in text
    assert "### terminal" not in text
    assert "## Success Criteria" not in text
