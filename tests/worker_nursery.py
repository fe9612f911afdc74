"""Workers of commands without their two seconds of loading: forked from a process that only has the libraries.

`tests/test_worker*.py`, the browser and the soak tests start the real thing.
"""

import json
import os
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import IO, Any, NoReturn

from core import worker

# what `ensure_worker` starts: the interpreter and `-m core` come before it
COMMAND_WORDS = 3


def fork_workers_from_here() -> None:
    """From now on `ensure_worker` of this process forks from what this process is now: call before anything has run."""
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        ours.close()
        _tend(theirs.makefile("rw"))
    theirs.close()
    nursery = ours.makefile("rw")

    def start(command: Sequence[str], *, env: Mapping[str, str], stdout: IO[bytes], **_: Any) -> "_ForkedWorker":
        order = {"arguments": command[COMMAND_WORDS:], "environment": dict(env), "log": str(stdout.name)}
        print(json.dumps(order), file=nursery, flush=True)
        return _ForkedWorker(command, int(nursery.readline()))

    vars(worker)["subprocess"] = SimpleNamespace(Popen=start, DEVNULL=subprocess.DEVNULL)


class _ForkedWorker:
    """What `ensure_worker` keeps of a process that it started."""

    def __init__(self, args: Sequence[str], pid: int) -> None:
        self.args, self.pid = args, pid

    def poll(self) -> int | None:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 0
        return None


def _tend(orders: IO[str]) -> NoReturn:
    """Until the command is over; its workers stay."""
    # who ended is not kept as a zombie
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while line := orders.readline():
        pid = os.fork()
        if pid == 0:
            orders.close()
            _become_worker(json.loads(line))
        print(pid, file=orders, flush=True)
    os._exit(0)


def _become_worker(order: dict[str, Any]) -> NoReturn:
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    become("core", order["arguments"], order["environment"], out=order["log"], err=order["log"])


def become(module: str, arguments: Sequence[str], environment: Mapping[str, str], *, out: str, err: str) -> NoReturn:
    """Run `python -m MODULE` and end, as a process that the interpreter started would; output is added to the files."""
    os.environ.clear()
    os.environ.update(environment)
    _connect(0, os.devnull, os.O_RDONLY)
    for number, path in ((1, out), (2, err)):
        _connect(number, path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    sys.exit()


def _connect(number: int, path: str, flags: int) -> None:
    opened = os.open(path, flags)
    os.dup2(opened, number)
    os.close(opened)
