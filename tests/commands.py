"""Runs `python -m core` as a person would: a process of its own, with an environment of its own."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.settings import NAMES, PROJECT_ROOT
from core.store.database import FILE_NAME
from tests.command_template import find_template


@dataclass(frozen=True)
class Done:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The object on standard output; there is nothing else on it."""
        return json.loads(self.out)


def build_environment(home: Path, **values: str) -> dict[str, str]:
    """This process's environment without our settings, and with the given ones."""
    kept = {name: value for name, value in os.environ.items() if name not in NAMES}
    return kept | {"TRACE_HINTS_HOME": str(home), "NO_PROXY": "127.0.0.1,localhost"} | values


def start_core(*arguments: str, environment: dict[str, str]) -> "subprocess.Popen[str]":
    """A command that is running: the real thing, with its loading."""
    return subprocess.Popen(
        [sys.executable, "-m", "core", *arguments],
        cwd=PROJECT_ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # tests that run in the background ignore Ctrl-C, and so would the command that they start
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def finish(process: "subprocess.Popen[str]", *, timeout_seconds: float = 120) -> Done:
    """What it left, once it is over."""
    out, err = process.communicate(timeout=timeout_seconds)
    return Done(process.returncode, out, err)


def run_core(*arguments: str, environment: dict[str, str]) -> Done:
    """A command from start to end. No traceback ever reaches the person."""
    done = Done(*find_template().run("core", arguments, environment))
    assert "Traceback" not in done.err, done.err
    return done


def find_worker_pid(home: Path) -> int | None:
    """Process id of the worker that works, or worked last."""
    if not (home / FILE_NAME).exists():
        return None
    connection = sqlite3.connect(home / FILE_NAME)
    try:
        row = connection.execute("SELECT pid FROM lease WHERE heartbeat > 0").fetchone()
    finally:
        connection.close()
    return None if row is None else int(row[0])


def end_worker(home: Path, number: signal.Signals = signal.SIGTERM) -> None:
    """End the worker that this test's command started; it would end itself a minute later."""
    pid = find_worker_pid(home)
    command = b"" if pid is None else _read_command(pid)
    if pid is None or not any(mark in command for mark in (b"core\0worker", b"tests.command_template")):
        return
    os.kill(pid, number)


def _read_command(pid: int) -> bytes:
    path = Path(f"/proc/{pid}/cmdline")
    return path.read_bytes() if path.exists() else b""
