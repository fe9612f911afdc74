"""`python -m tests.benchmarks.review [--trials 12000] [--steps 50]`: how fast the workbench is, in a real browser.

`--only jump search` measures these alone, `--home FOLDER` keeps the workspace for the next time.

A generated dataset: long trials (8 attempts of 60 messages of 5 kB), one attempt of 400 messages of 20 kB, and short
ones. Each figure is from the press of a key to the picture after it; beside them the floor, an empty rerun.
"""

import argparse
import re
import shutil
import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Page, sync_playwright

from tests.apps import FLAGS, App
from tests.benchmarks.review_data import BIG, fill_workspace
from tests.benchmarks.review_floor import measure_floor
from tests.commands import build_environment

FUNCTIONS = """
window.bench = () => [...document.querySelectorAll('*')].map((e) => e.shadowRoot).filter(Boolean)
  .map((root) => root.querySelector('.wb')).find(Boolean);
window.picture = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
window.press = (key) => document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, composed: true}));
window.until = async (holds) => { while (!holds()) await window.picture(); await window.picture(); };
window.rest = (ms) => new Promise((done) => setTimeout(done, ms));
"""
APPROVE = """async ({steps, pause}) => {
  const wb = window.bench(), next = [], saved = [];
  for (let i = 0; i < steps; i += 1) {
    const before = wb.dataset.ready, begin = performance.now();
    window.press('a');
    await window.until(() => wb.dataset.ready !== before && wb.dataset.ready.endsWith('read'));
    next.push(performance.now() - begin);
    await window.until(() => wb.querySelector('.save.is-ok'));
    saved.push(performance.now() - begin);
    await window.rest(pause);
  }
  return {next, saved};
}"""
JUMP = """async ({steps, pause}) => {
  const wb = window.bench(), all = [], same = [], other = [], fresh = [], seen = new Set();
  const open = () => wb.querySelector('.tab.is-open').dataset.focus;
  const inSight = () => {
    const quote = wb.querySelector('.feed mark').getBoundingClientRect();
    const pane = wb.querySelector('.feed').getBoundingClientRect();
    return quote.top >= pane.top && quote.bottom <= pane.bottom;
  };
  for (let i = 0; i < steps; i += 1) {
    const before = wb.querySelector('.card.is-open').id, attempt = open(), begin = performance.now();
    window.press(i % 10 < 5 ? 'ArrowDown' : 'ArrowUp');
    await window.until(() => wb.querySelector('.card.is-open').id !== before && wb.querySelector('.feed mark'));
    all.push(performance.now() - begin);
    if (!inSight()) throw new Error(`the quote of step ${i} is out of sight`);
    (open() === attempt ? same : other).push(all[i]);
    seen.add(attempt);
    if (!seen.has(open())) fresh.push(all[i]);
    await window.rest(pause);
  }
  return {all, same, other, fresh};
}"""
SEARCH = """async ({words}) => {
  const wb = window.bench(), here = [], server = [];
  for (const word of words) {
    const field = wb.querySelector('.search input'), begin = performance.now();
    field.value = word;
    field.dispatchEvent(new Event('input', {bubbles: true}));
    await window.picture();
    here.push(performance.now() - begin);
    await window.until(() => wb.dataset.searched === word);
    server.push(performance.now() - begin);
  }
  return {here, server};
}"""
TOGGLE = """async ({steps}) => {
  const wb = window.bench();
  for (let i = 0; i < steps; i += 1) { window.press('1'); await window.rest(50); }
  await window.until(() => wb.querySelector('.save.is-ok'));
}"""


class Figure(NamedTuple):
    """One line of the table."""

    what: str
    times: Sequence[float]
    """Milliseconds."""
    aim: str = ""


class Bench(NamedTuple):
    """What the figures are measured with."""

    page: Page
    url: str
    folder: Path
    steps: int

    def open_and_rest(self) -> None:
        """The page, with what it reads ahead."""
        open_bench(self.page, self.url)
        self.page.wait_for_timeout(3_000)


def print_table(figures: Sequence[Figure]) -> None:
    print("| measured | n | median ms | p95 ms | aim |\n|---|---|---|---|---|")
    for figure in figures:
        if not figure.times:
            continue
        ordered = sorted(figure.times)
        p95 = ordered[min(round(0.95 * (len(ordered) - 1)), len(ordered) - 1)]
        print(f"| {figure.what} | {len(ordered)} | {statistics.median(ordered):.0f} | {p95:.0f} | {figure.aim} |")


def open_bench(page: Page, url: str) -> float:
    """Milliseconds from the request of the page to a trial that can be read."""
    page.goto(url, wait_until="commit")
    page.wait_for_selector(".wb[data-ready$=read]", timeout=60_000)
    page.evaluate(FUNCTIONS)
    return float(page.evaluate("async () => { await window.picture(); return performance.now(); }"))


def read_memory(process_id: int) -> float:
    """Resident memory of a process in MB."""
    status = Path(f"/proc/{process_id}/status").read_text("utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


def measure_floor_of(bench: Bench) -> list[Figure]:
    """An empty rerun; it leaves the page on another server."""
    return [Figure("floor: an empty rerun", measure_floor(bench.page, bench.folder, steps=bench.steps))]


def measure_open(bench: Bench) -> list[Figure]:
    opened = [open_bench(bench.page, bench.url) for _ in range(11)][1:]
    return [Figure("page to first trial readable", opened, "1,500")]


def measure_approve(bench: Bench) -> list[Figure]:
    bench.open_and_rest()
    approved: dict[str, Any] = bench.page.evaluate(APPROVE, {"steps": bench.steps, "pause": 400})
    return [
        Figure("approve to next trial readable", approved["next"], "120, p95 250"),
        Figure("approve to saved", approved["saved"]),
    ]


def measure_jump(bench: Bench) -> list[Figure]:
    bench.open_and_rest()
    jumped: dict[str, Any] = bench.page.evaluate(JUMP, {"steps": bench.steps, "pause": 200})
    return [
        Figure("hint to quote in sight", jumped["all"], "50"),
        Figure("of these, in another attempt", jumped["other"], "50"),
        Figure("of these, in an attempt that was not open before", jumped["fresh"], "50"),
        Figure("of these, in the same attempt", jumped["same"], "50"),
    ]


def measure_search(bench: Bench) -> list[Figure]:
    bench.open_and_rest()
    words = [f"wish {number}" for number in range(100, 100 + bench.steps)]
    searched: dict[str, Any] = bench.page.evaluate(SEARCH, {"words": words})
    return [
        Figure("search: names here", searched["here"], "200"),
        Figure("search: task texts and hints by the server", searched["server"], "200"),
    ]


def measure_big(bench: Bench) -> list[Figure]:
    big = [open_bench(bench.page, f"{bench.url}&status=all&search={BIG}") for _ in range(5)]
    return [Figure("page to a trial of 400 messages of 20 kB readable", big, "1,500")]


FIGURES: dict[str, Callable[[Bench], list[Figure]]] = {
    "floor": measure_floor_of,
    "open": measure_open,
    "approve": measure_approve,
    "jump": measure_jump,
    "search": measure_search,
    "big": measure_big,
}


def measure_memory(bench: Bench, process_id: int, *, decisions: int) -> str:
    """The server's memory before and after so many decisions, in words."""
    open_bench(bench.page, f"{bench.url}&status=all")
    before = read_memory(process_id)
    bench.page.evaluate(TOGGLE, {"steps": decisions})
    after = read_memory(process_id)
    return f"server memory before and after {decisions} decisions: {before:.0f} MB, {after:.0f} MB"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=12_000)
    parser.add_argument("--long", type=int, default=100, help="trials of 8 attempts of 60 messages of 5 kB")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--decisions", type=int, default=500, help="decisions over which the server's memory is read")
    parser.add_argument("--only", nargs="+", choices=[*FIGURES, "memory"], help="only these figures")
    parser.add_argument("--home", type=Path, help="keep the workspace here, and measure on a copy of what is there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as run:
        home = Path(folder) / "home"
        kept = options.home or home
        if not kept.exists():
            fill_workspace(kept, trials=options.trials, long=options.long)
        if kept != home:
            shutil.copytree(kept, home)
        app = App(build_environment(home), log=Path(folder) / "server.log")
        app.start()
        browser = run.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        try:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            bench = Bench(page, f"{app.address}/review?sort=first", Path(folder), options.steps)
            wanted = options.only or [*FIGURES, "memory"]
            figures = [figure for name, build in FIGURES.items() if name in wanted for figure in build(bench)]
            memory = measure_memory(bench, app.process_id, decisions=options.decisions) if "memory" in wanted else ""
        finally:
            browser.close()
            app.stop()
    print_table(figures)
    print(memory)


if __name__ == "__main__":
    main()
