"""The workbench as a person uses it: one object a window, words for what is looked at and pressed."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from core.models import Dataset, Decision, Trial
from core.store import open_store


class Bench:
    """A window with the workbench."""

    def __init__(self, page: Page, address: str, home: Path) -> None:
        self.page = page
        self.address = address
        self.home = home

    def open(self, dataset: Dataset, **query: str | int) -> "Bench":
        """Go to the Review page of a dataset and wait until the first trial can be read."""
        asked = "&".join(f"{name}={value}" for name, value in {"dataset": dataset.id, **query}.items())
        self.page.goto(f"{self.address}/review?{asked}")
        return self.wait()

    def wait(self) -> "Bench":
        expect(self.page.locator(".wb[data-ready$=read], .wb.is-empty")).to_be_visible()
        return self

    def press(self, *keys: str) -> "Bench":
        for key in keys:
            self.page.keyboard.press(key)
        return self

    @property
    def name(self) -> Locator:
        """The open trial's name."""
        return self.page.locator(".head .name")

    def card(self, number: int) -> Locator:
        """A hint by its number, from 1."""
        return self.page.locator(".hints .card").nth(number - 1)

    @property
    def opened(self) -> Locator:
        return self.page.locator(".hints .card.is-open")

    @property
    def rows(self) -> Locator:
        return self.page.locator(".rows .row")

    @property
    def messages(self) -> Locator:
        return self.page.locator(".feed .message")

    def message(self, index: int) -> Locator:
        return self.page.locator(f".feed [data-i='{index}']")

    @property
    def quote(self) -> Locator:
        """The marked quote in the transcript."""
        return self.page.locator(".feed mark, .feed .is-quote")

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.locator(".wb").get_by_role("button", name=name)

    def expect_open(self, trial: Trial) -> None:
        expect(self.name).to_have_text(trial.name)
        expect(self.page.locator(".wb[data-ready$=read]")).to_be_visible()

    def expect_saved(self) -> None:
        expect(self.page.locator(".save")).to_have_text("Saved")

    def expect_said(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.locator(".live")).to_have_text(words)

    def list_decisions(self, trial: Trial) -> list[Decision]:
        """What the database knows, oldest first."""
        with open_store(self.home) as store:
            return store.decisions.list_decisions(trial.id)

    def list_actions(self, trial: Trial) -> list[str]:
        return [decision.action for decision in self.list_decisions(trial)]
