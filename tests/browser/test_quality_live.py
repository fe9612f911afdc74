from pathlib import Path

from playwright.sync_api import Page, expect

from core.curation.curate import curate_dataset
from core.extraction.batch import run_batch
from core.progress import no_progress
from core.store import open_store
from tests.browser.conftest import StartApp
from tests.browser.settled import expect_settled
from tests.workspaces import create_batch, import_sample, make_settings


def test_a_figure_opens_its_hints_and_the_list_can_be_closed_and_opened_again(
    home: Path, page: Page, start_app: StartApp
) -> None:
    with open_store(home) as store:
        dataset = import_sample(store)
        batch = create_batch(store, dataset)
        run_batch(store, batch, settings=make_settings(home), progress=no_progress, check_lease=lambda: None)
        curate_dataset(store, dataset)
    page.goto(f"{start_app()}/quality")
    expect(page.get_by_role("heading", name="Quality", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Acceptance by check")).to_be_visible()
    for _ in range(2):
        page.get_by_role("button", name="See all").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_text("All hints that are not rejected")).to_be_visible()
        expect_settled(page)
        dialog.press("Escape")
        expect(dialog).to_have_count(0)
