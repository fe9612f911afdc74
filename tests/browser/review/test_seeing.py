"""What everybody must be able to see: both themes, forced colours, large text."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.review.bench import Bench
from tests.browser.review.conftest import MakeDataset, OpenWindow

READABLE = 4.5
"""Contrast of text against what lies behind it, by WCAG 2.2, level AA."""

LIST_FAINT = Path(__file__).with_name("faint.js").read_text("utf-8").partition("\n")[2]

# what a mouse would hit in the middle of an element is the element, or a part of it
IS_COVERED = """(element) => {
  const box = element.getBoundingClientRect();
  const hit = element.getRootNode().elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return !(hit && (element.contains(hit) || hit.contains(element)));
}"""


DOUBLE_TEXT = "addEventListener('DOMContentLoaded', () => { document.documentElement.style.fontSize = '200%'; })"


def list_faint(page: Page) -> list[str]:
    looked = page.locator(".wb").evaluate(f"(root) => ({LIST_FAINT})([root, {READABLE}])")
    assert looked["seen"] > 10, "there was something to look at"
    return [str(each) for each in looked["found"]]


def expect_reachable(part: Locator) -> None:
    """In sight after the scroll that a person or a focus makes, with nothing over it."""
    # in the page itself: a part that is drawn anew meanwhile is no error
    part.evaluate("(element) => element.scrollIntoView({ block: 'center' })")
    expect(part).to_be_in_viewport(ratio=0.9)
    assert not part.evaluate(IS_COVERED), f"something lies over {part}"


def is_wider_than_the_window(page: Page) -> bool:
    inside = "root => root.scrollWidth > root.clientWidth || root.getBoundingClientRect().right > innerWidth"
    outside = "document.scrollingElement.scrollWidth > innerWidth"
    return bool(page.evaluate(outside) or page.locator(".wb").evaluate(inside))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_both_themes(open_window: OpenWindow, new_dataset: MakeDataset, scheme: str) -> None:
    dataset = new_dataset(attempts=3)
    # in an order that no decision changes, so that the rejected trial is the one before
    bench = open_window(color_scheme=scheme).open(dataset, status="all", sort="name")
    expect(bench.page.locator(".wb")).to_have_class(re.compile("is-dark" if scheme == "dark" else "^(?!.*is-dark)"))
    faint = list_faint(bench.page)
    # decided hints, the editor, a menu, the sheet of keys, side by side, the instruction, a rejected trial
    bench.press("1", "2", "3", "d", "2", "ArrowUp", "e")
    faint += list_faint(bench.page)
    bench.press("Escape", "x")
    faint += list_faint(bench.page)
    bench.press("Escape", "h")
    faint += list_faint(bench.page)
    bench.press("Escape", "v")
    expect(bench.page.locator(".parting")).to_be_visible()
    faint += list_faint(bench.page)
    bench.press("v", "b")
    expect(bench.page.locator(".diff-line.is-added").first).to_be_visible()
    faint += list_faint(bench.page)
    bench.press("b")
    bench.button("Select").click()
    bench.press("x", "1", "k")
    expect(bench.button(re.compile("Reopen"))).to_be_visible()
    faint += list_faint(bench.page)
    assert sorted(set(faint)) == []


def test_with_forced_colours_borders_carry_every_state(open_window: OpenWindow, new_dataset: MakeDataset) -> None:
    dataset = new_dataset()
    bench = open_window(forced_colors="active").open(dataset)
    bench.press("ArrowUp", "ArrowUp", "1")
    read = "(element, name) => getComputedStyle(element)[name]"
    opened, other = bench.opened, bench.card(3)
    expect(opened).to_have_css("outline-style", "solid")
    expect(other).to_have_css("outline-style", "none")
    expect(bench.page.locator(".row.is-open")).to_have_css("outline-style", "solid")
    expect(bench.quote).to_have_css("border-top-width", "2px")
    approve = bench.page.locator("[data-focus=approve]")
    before = approve.evaluate(read, "outlineStyle")
    approve.focus()
    bench.press("Shift+Tab", "Tab")
    assert (before, approve.evaluate(read, "outlineStyle")) == ("none", "solid")
    assert approve.evaluate(read, "outlineColor") != approve.evaluate(read, "backgroundColor")
    assert list_faint(bench.page) == []
    own, behind = "stroke", "element => getComputedStyle(element.closest('.outcome')).backgroundColor"
    pictures = bench.page.locator(".wb .outcome svg path")
    assert pictures.count() > 0
    assert all(picture.evaluate(read, own) != picture.evaluate(behind) for picture in pictures.all())


@pytest.mark.parametrize("how", ["the page doubled", "the text doubled"])
def test_at_twice_the_size_every_action_can_be_reached(
    open_window: OpenWindow, new_dataset: MakeDataset, how: str
) -> None:
    """A window of 1280 x 720 at 200 % has 640 x 360 CSS pixels; a browser may also double the letters alone."""
    dataset = new_dataset()
    is_page = how == "the page doubled"
    bench = open_window(width=640, height=360) if is_page else open_window(width=1280, height=720)
    if not is_page:
        bench.page.add_init_script(DOUBLE_TEXT)
    bench.open(dataset)
    bar, page = bench.page.locator(".bar"), bench.page
    expect(page.get_by_role("tab", name="Queue")).to_be_visible()
    for pane in ("Queue", "Transcript", "Hints"):
        page.get_by_role("tab", name=pane).click()
        for name in ("Approve", "Reject", "Undo", "Next"):
            expect_reachable(bar.get_by_role("button", name=re.compile(f"^{name}")))
        assert not is_wider_than_the_window(page), pane
    for number in (1, 5):
        expect_reachable(bench.card(number).locator(".words"))
    expect_reachable(page.locator(".head .name"))
    for word in ("Edit", "Reject", "Merge"):
        expect_reachable(bench.opened.get_by_role("button", name=word))
    expect_reachable(bench.button(re.compile("^Keys")))
    # a key leads to the pane that shows what it did
    bench.press("b")
    expect_reachable(page.locator(".rendered"))
    bench.press("b", "l")
    expect(page.locator(".find-field")).to_be_focused()
    bench.press("Escape")
    bench.press("e")
    expect_reachable(page.locator(".editor-buttons").get_by_role("button", name="Save"))
    expect_reachable(page.locator(".editor textarea").first)
    bench.press("Escape", "x")
    for item in page.locator(".menu .menu-item").all():
        expect_reachable(item)
    bench.press("Escape", "h")
    expect_reachable(page.locator(".sheet-line").last)
    bench.press("Escape")
    page.get_by_role("tab", name="Transcript").click()
    expect_reachable(bench.message(7).locator(".body"))
    expect_reachable(bench.button("Find"))
    for key in ("v", "b"):
        bench.press(key)
        expect(page.locator(".both")).to_be_visible()
        assert not is_wider_than_the_window(page), key


def test_the_workbench_does_not_pale_while_the_server_is_slow(bench: Bench, new_dataset: MakeDataset) -> None:
    bench.open(new_dataset())
    # as Streamlit marks what waits for a run that takes longer than half a second
    element = bench.page.locator("[data-stale]").filter(has=bench.page.locator(".wb"))
    pale = "element => { element.dataset.stale = 'true'; element.style.opacity = '0.33'; "
    assert element.evaluate(f"{pale} return getComputedStyle(element).opacity; }}") == "1"
