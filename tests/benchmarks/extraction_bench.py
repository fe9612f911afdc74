"""What the parts of the extraction's benchmark share: a workspace, servers that are measured, runs, and tables."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.extraction.instructions import SYSTEM_PROMPT
from core.store import open_store
from tests.benchmarks.extraction_run import Figures, Order
from tests.benchmarks.generated import write_rows
from tests.standins.process import StandInProcess
from tests.workspaces import import_sample

PROMPT_CHARACTERS = 8_000
FRAME_CHARACTERS = 1_300
"""Task, boundaries and headings, which the prompt adds to a trace."""
LEAN = "tests.benchmarks.lean_llm"
STAND_IN = "tests.standins.llm"
RESPONDER = "tests.benchmarks.generated:answer_prepared"

Rows = dict[str, dict[str, float]]
"""Figures by name, for each row of a table."""


class Server(StandInProcess):
    """A stand-in in a process of its own, and what it has seen."""

    def __init__(self, module: str, **options: float | str) -> None:
        """Not started yet.

        Args:
            module: `LEAN` or `STAND_IN`.
            options: Its options on the command line.
        """
        options = {"responder": RESPONDER, **options} if module == STAND_IN else options
        words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))]
        super().__init__(module, *words)

    @property
    def base_url(self) -> str:
        """What `OPENAI_BASE_URL` is to be."""
        return f"{self.url}/v1"

    def get_cpu_seconds(self) -> float:
        """What the server's process has used so far."""
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def list_arrivals(self, *, status: int | None = None) -> list[float]:
        """Seconds at which requests arrived, in order; only those that were answered so."""
        records = self.get("requests?bodies=0")
        return sorted(item["arrived_seconds"] for item in records if status in (None, item["status"]))

    def save_bodies(self, path: Path) -> Path:
        """Write every request's body, one per line."""
        path.write_text("".join(f"{item['body']}\n" for item in self.get("requests")), "utf-8")
        return path


@contextmanager
def make_workspace(*, attempts: int, characters: int = PROMPT_CHARACTERS) -> Iterator[Path]:
    """The folder of a workspace with so many attempts, each of which makes a prompt so long."""
    with tempfile.TemporaryDirectory() as folder:
        home, rows = Path(folder) / "home", Path(folder) / "rows.jsonl"
        write_rows(rows, attempts=attempts, characters=characters - FRAME_CHARACTERS - len(SYSTEM_PROMPT))
        with open_store(home) as store:
            import_sample(store, rows)
        rows.unlink()
        yield home


def run_in_process(order: Order) -> Figures:
    """One run in a process of its own; a workspace is copied first, so that every run finds the same."""
    with tempfile.TemporaryDirectory() as folder:
        if order.home is not None:
            home = Path(shutil.copytree(order.home, Path(folder) / "home"))
            order = order.model_copy(update={"home": home})
        command = [sys.executable, "-m", "tests.benchmarks.extraction_run", order.model_dump_json()]
        return Figures.model_validate_json(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def repeat(runs: int, run: Callable[[], Rows]) -> Rows:
    """The medians of several runs, row by row."""
    all_runs = [run() for _ in range(runs)]
    return {
        row: {name: statistics.median(one[row][name] for one in all_runs) for name in figures}
        for row, figures in all_runs[0].items()
    }


def count_most(arrivals: Sequence[float], seconds: float) -> int:
    """The most that arrived within any sliding window so long."""
    most = begin = 0
    for end, arrived in enumerate(arrivals):
        while arrivals[begin] <= arrived - seconds:
            begin += 1
        most = max(most, end - begin + 1)
    return most


def print_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a Markdown table; numbers get as many digits as they need."""
    print(f"\n{title}\n\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}", flush=True)
    for row in rows:
        print(f"| {' | '.join(_format(cell) for cell in row)} |", flush=True)


def _format(cell: Any) -> str:
    if not isinstance(cell, (int, float)):
        return str(cell)
    return f"{cell:,.0f}" if abs(cell) >= 100 or cell == int(cell) else f"{cell:.2f}"
