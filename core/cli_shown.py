"""What the command line shows: words and progress on standard error, one JSON object on standard output."""

import argparse
import json
import sys
import time
from typing import Any

from core.models import Job

LINE_SECONDS = 5.0
"""How often a progress line is printed where standard error is no terminal."""


def say(line: str) -> None:
    """One line for a person."""
    print(line, file=sys.stderr, flush=True)


def print_result(options: argparse.Namespace, result: dict[str, Any]) -> None:
    """The object of `--json`; nothing without it."""
    if options.json:
        print(json.dumps(result, ensure_ascii=False))


class Shown:
    """One progress line on a terminal; now and then a line elsewhere."""

    def __init__(self) -> None:
        """Nothing is shown yet."""
        self._last = ""
        self._stage = ""
        self._time = 0.0
        self._is_terminal = sys.stderr.isatty()

    def __call__(self, job: Job) -> None:
        """Show how a job stands, if that is news."""
        total = "" if job.total is None else f" of {job.total}"
        failed = f", {job.failed} failed" if job.failed else ""
        line = f"{job.stage}: {job.done}{total}{failed}" if job.done or job.total else job.stage
        if not line or line == self._last:
            return
        now = time.monotonic()
        if self._is_terminal:
            sys.stderr.write(f"\r\x1b[2K{line}")
            sys.stderr.flush()
        elif job.stage != self._stage or now - self._time >= LINE_SECONDS or job.is_over:
            say(line)
            self._time = now
        self._last, self._stage = line, job.stage

    def close(self) -> None:
        """Nothing more follows."""
        if self._is_terminal and self._last:
            sys.stderr.write("\n")
