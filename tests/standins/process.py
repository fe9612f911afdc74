"""Running a stand-in as a process of its own, and talking to one that runs so."""

import argparse
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self
from urllib.request import Request, urlopen

import orjson

from tests.standins.standin import StandIn

_ROOT = Path(__file__).resolve().parents[2]
_TIMEOUT_SECONDS = 20.0


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that every stand-in has on the command line."""
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--faults", type=orjson.loads, default=[], help="fault rules as a JSON list")
    parser.add_argument("--stop-with-parent", action="store_true", help="leave no orphan behind")


def run_until_stopped(server: StandIn, *, stop_with_parent: bool) -> None:
    """Print `ready URL`, then serve until SIGTERM or Ctrl-C."""
    stopped = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopped.set())
    parent = os.getppid()
    with server:
        sys.stdout.write(f"ready {server.url}\n")
        sys.stdout.flush()
        while not stopped.wait(1.0):
            if stop_with_parent and os.getppid() != parent:
                break


class StandInProcess:
    """A stand-in in a process of its own, controlled over HTTP.

    Example:
        with StandInProcess("tests.standins.llm", "--key", "sk-test") as llm:
            llm.set_faults({"fault": "429", "first": 3, "retry_after": 1})
    """

    def __init__(self, module: str, *arguments: str) -> None:
        self._command: Sequence[str] = [sys.executable, "-m", module, "--stop-with-parent", *arguments]
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, cwd=_ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith("ready "):
            self.__exit__()
            raise RuntimeError(f"{' '.join(self._command)} did not start, see its standard error")
        self.url = line.split()[1]
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is None:
            return
        with self._process as process:
            process.terminate()
            process.wait(_TIMEOUT_SECONDS)
        self._process = None

    def get(self, control: str) -> Any:
        """The JSON of `GET /_control/{control}`, e.g. `get("requests?bodies=0")`."""
        return self._send(control, method="GET", content=None)

    def post(self, control: str, content: Any = None) -> Any:
        """The JSON that `POST /_control/{control}` answers."""
        return self._send(control, method="POST", content=content)

    def set_faults(self, *rules: dict[str, Any]) -> None:
        """Replace the fault rules, see `Fault`."""
        self.post("faults", list(rules))

    def reset(self) -> None:
        """Forget requests and faults."""
        self.post("reset")

    def _send(self, control: str, *, method: str, content: Any) -> Any:
        body = None if content is None else orjson.dumps(content)
        request = Request(f"{self.url}/_control/{control}", data=body, method=method)
        with urlopen(request, timeout=_TIMEOUT_SECONDS) as reply:
            return orjson.loads(reply.read())
