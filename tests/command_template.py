"""`python -m ...` without its second of loading: a process that has the libraries forks once for each command.

The command is still a process of its own, with its own environment, output and exit code.
`tests.commands.start_core` starts the real thing.
"""

import atexit
import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, NoReturn

from core.settings import PROJECT_ROOT
from tests.worker_nursery import become, fork_workers_from_here


class CommandTemplate:
    """One command at a time; the others wait."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.command_template"]
        self._process = subprocess.Popen(
            command, cwd=PROJECT_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._turn = Lock()

    def run(self, module: str, arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str, str]:
        """Exit code (a signal's number is negative), standard output and standard error."""
        with self._turn, tempfile.TemporaryDirectory() as folder:
            order = {"module": module, "arguments": arguments, "environment": dict(environment), "folder": folder}
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            print(json.dumps(order), file=self._process.stdin, flush=True)
            code = int(self._process.stdout.readline())
            out, err = (Path(folder, name).read_text("utf-8") for name in ("out", "err"))
            return code, out, err

    def close(self) -> None:
        """It ends when nothing more can come."""
        self._process.communicate()


@cache
def find_template() -> CommandTemplate:
    """This test process's own."""
    template = CommandTemplate()
    atexit.register(template.close)
    return template


def _serve() -> None:
    # what every command and its worker load, of which nothing has run; huggingface_hub not: it reads its address when
    # it is imported
    for name in ("core.cli", "core.extraction.llm_run", "pyarrow.parquet"):
        importlib.import_module(name)
    gc.freeze()
    assert "huggingface_hub" not in sys.modules
    while line := sys.stdin.readline():
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(order)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


def _run(order: dict[str, Any]) -> NoReturn:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    fork_workers_from_here()
    out, err = (f"{order['folder']}/{name}" for name in ("out", "err"))
    become(order["module"], order["arguments"], order["environment"], out=out, err=err)


if __name__ == "__main__":
    _serve()
