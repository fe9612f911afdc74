"""`python -m core.curation.pool_child`: works out the trials that its parent names, until the parent is gone.

Asked on standard input, answers on standard output; both are pickles between two processes of the same program.
"""

import gc
import logging
import os
import pickle
import sys
from collections.abc import Sequence
from queue import SimpleQueue
from threading import Thread

from core.curation.pool import Start
from core.curation.working_out import Curated, TrialCurator
from core.store import open_reader

logger = logging.getLogger(__name__)


def main() -> None:
    """Answer until the input ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # whatever a library prints goes to the log and not into an answer
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    start: Start = pickle.load(sys.stdin.buffer)
    gc.set_threshold(*start.collector)
    asked: SimpleQueue[Sequence[int]] = SimpleQueue()
    Thread(target=_listen, args=(asked,), daemon=True).start()
    with open_reader(start.home) as store:
        curator = TrialCurator(store, start.dataset)
        while True:
            pickle.dump(_work_out(curator, asked.get()), answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()


def _listen(asked: "SimpleQueue[Sequence[int]]") -> None:
    """Listening while the other thread works: the end of the parent is noticed in the middle of a portion."""
    while True:
        try:
            asked.put(pickle.load(sys.stdin.buffer))
        except EOFError:
            os._exit(0)


def _work_out(curator: TrialCurator, trial_ids: Sequence[int]) -> list[Curated] | None:
    """None if it fails: the parent works it out again, and what it meets there is the job's error."""
    try:
        return [curator.work_out(trial_id) for trial_id in trial_ids]
    except Exception:  # whatever it is: logged here, and met again by the parent, which says it
        logger.exception("trials %s cannot be worked out here", trial_ids)
        return None


if __name__ == "__main__":
    main()
