"""A page that has come to rest: a click in the middle of a run of the whole page is dropped by Streamlit."""

from playwright.sync_api import Page, expect


def expect_settled(page: Page) -> None:
    """Wait until no run is under way."""
    expect(page.locator("[data-testid=stApp]")).to_have_attribute("data-test-script-state", "notRunning")
