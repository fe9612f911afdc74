"""`python -m ...` without its second of loading: a process that has the libraries forks once for each command.

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
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, NoReturn

PROJECT = Path(__file__).parent.parent


class CommandTemplate:
    """One command at a time; the others wait."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.command_template"]
        self._process = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
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
    # what every command loads, of which nothing has run; huggingface_hub not: it reads its address when it is imported
    for name in ("core.cli", "pyarrow.parquet"):
        importlib.import_module(name)
    assert "huggingface_hub" not in sys.modules
    while line := sys.stdin.readline():
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(order)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


def _become(order: dict[str, Any]) -> NoReturn:
    """Run the command and end, as a process that the interpreter started would."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(order["environment"])
    _connect(0, os.devnull, os.O_RDONLY)
    for number, name in ((1, "out"), (2, "err")):
        _connect(number, f"{order['folder']}/{name}", os.O_CREAT | os.O_WRONLY)
    sys.argv = [order["module"], *order["arguments"]]
    runpy.run_module(order["module"], run_name="__main__", alter_sys=True)
    sys.exit()


def _connect(number: int, path: str, flags: int) -> None:
    opened = os.open(path, flags)
    os.dup2(opened, number)
    os.close(opened)


if __name__ == "__main__":
    _serve()
