from playwright.sync_api import Page, expect

from tests.browser.conftest import StartApp


def test_a_bookmark_to_a_page_works_on_a_server_that_has_just_started(page: Page, start_app: StartApp) -> None:
    page.goto(f"{start_app()}/traces")
    expect(page.get_by_role("heading", name="Traces", exact=True)).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_page_that_does_not_exist_says_so(page: Page, start_app: StartApp) -> None:
    page.goto(f"{start_app()}/nonsense")
    expect(page.get_by_text("Page not found")).to_be_visible()


def test_an_empty_workspace_says_what_to_do_first(page: Page, start_app: StartApp) -> None:
    page.goto(start_app())
    expect(page.get_by_role("button", name="Import the sample")).to_be_enabled()
