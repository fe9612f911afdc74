"""`python -m core` without its second of loading: a process that has the libraries forks once for each command.

The command is still a process of its own, with its own environment, output and exit code.
`tests.commands.start_core` starts the real thing.
"""

import atexit
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

PROJECT = Path(__file__).parent.parent


class CommandTemplate:
    """One command at a time; the others wait."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.command_template"]
        self._process = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._turn = Lock()

    def run(self, arguments: tuple[str, ...], environment: dict[str, str]) -> tuple[int, str, str]:
        """Exit code (a signal's number is negative), standard output and standard error."""
        with self._turn, tempfile.TemporaryDirectory() as folder:
            order = {"arguments": arguments, "environment": environment, "folder": folder}
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
    importlib.import_module("core.cli")  # what every command loads first; nothing of it has run
    while line := sys.stdin.readline():
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(order)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


def _become(order: dict[str, Any]) -> None:
    """Run the command and end, as a process that the interpreter started would."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(order["environment"])
    _connect(0, os.devnull, os.O_RDONLY)
    for number, name in ((1, "out"), (2, "err")):
        _connect(number, f"{order['folder']}/{name}", os.O_CREAT | os.O_WRONLY)
    sys.argv = ["core", *order["arguments"]]
    runpy.run_module("core", run_name="__main__", alter_sys=True)


def _connect(number: int, path: str, flags: int) -> None:
    opened = os.open(path, flags)
    os.dup2(opened, number)
    os.close(opened)


if __name__ == "__main__":
    _serve()
