"""Processes that work trials out for the one that saves them. They read the workspace and write nothing.

Plain pipes: a child whose parent is gone sees the end of its input and ends at once, whatever ended the parent.
"""

import gc
import os
import pickle
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import repeat
from pathlib import Path
from queue import SimpleQueue
from typing import IO, NamedTuple, cast

from core.curation.working_out import Curated
from core.errors import ProcessLostError
from core.models import Dataset
from core.settings import LOG_NAME, PROJECT_ROOT

TRIALS_WORTH_IT = 500
"""With fewer, they save a second or two at most, and their start takes a second or two of CPU time."""
MOST_PROCESSES = 8
"""One process saves what the others work out: more of them would wait for it."""
PORTIONS_EACH = 4
"""Worked out ahead of what is saved, per process: enough that none waits for a slow one, few enough to hold."""
ENDING_SECONDS = 10.0
_LOADED_AT = time.time()
_CODE = PROJECT_ROOT / "core"


class Start(NamedTuple):
    """What a child is told first."""

    home: Path
    dataset: Dataset
    collector: tuple[int, int, int]
    """The parent's thresholds for looking for garbage."""


def choose_processes(trials: int, *, loaded_at: float = _LOADED_AT) -> int:
    """How many processes are worth their start; 1 means that no other is started.

    Args:
        trials: To work out.
        loaded_at: When this program was loaded: if it was updated since, others would be another version of it.
    """
    if trials < TRIALS_WORTH_IT or any(path.stat().st_mtime > loaded_at for path in _CODE.rglob("*.py")):
        return 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, MOST_PROCESSES)


@contextmanager
def open_pool(
    home: Path, dataset: Dataset, portions: Sequence[Sequence[int]], *, processes: int
) -> Iterator[Iterator[list[Curated] | None]]:
    """What each portion of trials should be, in their order; None where the caller has to work it out itself.

    That is so where one process is enough, and where a child met an error: the caller will meet it, too. All
    children have ended when the block is left, however it is left.

    Args:
        home: Folder of the workspace.
        dataset: Of the trials.
        portions: Ids of trials.
        processes: 1 starts none.

    Raises:
        ProcessLostError: While it is iterated: a child was ended from outside.
    """
    processes = min(processes, len(portions))
    if processes < 2:
        yield repeat(None)
        return
    pool = _Pool()
    try:
        pool.start(processes, Start(home.absolute(), dataset, gc.get_threshold()))
        yield pool.iterate(portions)
    finally:
        pool.close()


class _Pool:
    """A thread per child waits for its answers, so that no child waits with a full pipe."""

    def __init__(self) -> None:
        self._children: list[subprocess.Popen[bytes]] = []
        self._idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        self._threads: ThreadPoolExecutor | None = None

    def start(self, processes: int, start: Start) -> None:
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="pool")
        for _ in range(processes):
            child = subprocess.Popen(
                [sys.executable, "-m", "core.curation.pool_child"],
                cwd=PROJECT_ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # Ctrl-C is for the parent, which ends its children
                start_new_session=True,
            )
            self._children.append(child)
            _send(child, start)
            self._idle.put(child)

    def iterate(self, portions: Sequence[Sequence[int]]) -> Iterator[list[Curated] | None]:
        assert self._threads is not None
        waiting: deque[Future[list[Curated] | None]] = deque()
        for portion in portions:
            waiting.append(self._threads.submit(self._ask, portion))
            if len(waiting) >= PORTIONS_EACH * len(self._children):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _ask(self, portion: Sequence[int]) -> list[Curated] | None:
        child = self._idle.get()
        try:
            _send(child, portion)
            return cast(list[Curated] | None, pickle.load(cast(IO[bytes], child.stdout)))
        except (EOFError, pickle.UnpicklingError):
            raise _build_error(child) from None
        finally:
            # a dead one, too: whoever gets it learns that at once instead of waiting for another
            self._idle.put(child)

    def close(self) -> None:
        for child in self._children:
            child.kill()
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
        for child in self._children:
            child.wait()
            for pipe in (child.stdin, child.stdout):
                with suppress(BrokenPipeError):
                    cast(IO[bytes], pipe).close()


def _send(child: "subprocess.Popen[bytes]", what: object) -> None:
    pipe = cast(IO[bytes], child.stdin)
    try:
        pipe.write(pickle.dumps(what))
        pipe.flush()
    except BrokenPipeError:
        raise _build_error(child) from None


def _build_error(child: "subprocess.Popen[bytes]") -> ProcessLostError:
    code = child.wait(ENDING_SECONDS)
    if code < 0:
        how = f"was ended from outside ({signal.Signals(-code).name}); often because memory ran out"
    else:
        how = f"ended by itself (exit code {code}); its traceback is in {LOG_NAME}"
    return ProcessLostError(f"A process that aggregates and checks {how}. Resume: what was done so far is saved.")
