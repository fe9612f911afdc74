"""Saves a run's answers as they arrive, and tells how the run stands. One write for both, so that one sync is paid.

Whatever came in while one group was written is the next group. Who hands an answer over learns when it is safe.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress

from core.errors import WorkerReplaced, WorkspaceBusyError, WorkspaceFullError
from core.extraction.instructions import PROMPT_VERSION
from core.extraction.talk import Talk, Tally
from core.store import Store
from core.store.batch_models import Answer, Batch, LiveFigures
from core.store.spill import Spill, list_spills

logger = logging.getLogger(__name__)
SHOW_SECONDS = 1.0
PATIENCE_SECONDS = 0.25
"""How long one try waits for the write lock; nothing that comes back is read meanwhile."""
AGAIN_SECONDS = 0.5
"""Between two tries while another program holds the lock, or while there is no room."""


class Saver:
    """Everything that one run writes."""

    def __init__(
        self, store: Store, batch: Batch, *, check_lease: Callable[[], None], end: Callable[[BaseException], None]
    ) -> None:
        """Nothing is written yet.

        Args:
            store: Of the workspace.
            batch: That runs.
            check_lease: Raises when another worker took over.
            end: Told why nothing can be saved any more.
        """
        self._store = store
        self._batch = batch
        self._check_lease = check_lease
        self._end = end
        self._unsaved: list[tuple[Answer, asyncio.Future[None]]] = []
        self._is_due = asyncio.Event()
        self._spill = Spill(store.home, batch.id)
        self._is_replaced = False
        self.is_stuck = False
        """True while answers wait for room, or for another program to let go of the workspace."""
        self._shown_at = 0.0

    def bring_back(self) -> None:
        """Save what an earlier run of any batch had no room for.

        Raises:
            WorkspaceFullError: There is still no room; nothing is lost.
        """
        for spill in list_spills(self._store.home):
            batch = self._store.batches.get_batch(spill.batch_id)
            pending = {request.id for request in self._store.answers.list_all_pending(batch.id)}
            # a crash between the save and the clearing leaves answers that are saved already
            answers = [answer for answer in spill.read() if answer.request_id in pending]
            with self._store.answers.write():
                self._check_lease()
                self._store.answers.save_answers(batch, answers, prompt_version=PROMPT_VERSION)
            spill.clear()
        self._spill.hold_room()

    def add(self, answer: Answer) -> "asyncio.Future[None]":
        """Save an answer with the next group; done once it is safe."""
        saved = asyncio.get_running_loop().create_future()
        self._unsaved.append((answer, saved))
        self._is_due.set()
        return saved

    async def wait(self, seconds: float) -> None:
        """Come back when there is something to save, or after so many seconds."""
        if self.is_stuck:
            await asyncio.sleep(AGAIN_SECONDS)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._is_due.wait()
        self._is_due.clear()

    def save(self, talk: Talk) -> None:
        """Save what came in since the last time; now and then also how the run stands."""
        is_shown = self._is_time_to_show()
        if self._is_replaced or not (self._unsaved or is_shown):
            return
        answers = [answer for answer, _ in self._unsaved]
        try:
            with self._store.batches.write(patience_seconds=PATIENCE_SECONDS):
                # not before it: the wait for the lock may be the very moment of the take-over
                self._check_lease()
                if answers:
                    self._store.answers.save_answers(self._batch, answers, prompt_version=PROMPT_VERSION)
                if is_shown:
                    self._show(talk)
        except WorkspaceBusyError as error:
            # the run goes on as far as there are places, and nobody can take over without that lock
            if not self.is_stuck:
                logger.warning("%s answers wait: %s", len(answers), error)
            self.is_stuck = True
        except WorkspaceFullError as error:
            self._end(error)
            self._set_aside(answers)
        except Exception as error:
            # they stay unsaved and are tried again until the run is over, which then ends with this error
            self._is_replaced = isinstance(error, WorkerReplaced)
            self._end(error)
        else:
            if is_shown:
                self._shown_at, talk.tally = time.monotonic(), Tally()
            self._settle(len(answers))

    async def close(self, talk: Talk) -> None:
        """Save the last answers, however long they have to wait; then the batch has no live figures."""
        self._shown_at = 0.0
        self.save(talk)
        while self.is_stuck and not self._is_replaced:
            await asyncio.sleep(AGAIN_SECONDS)
            self.save(talk)
        if not self._is_replaced:
            # else the figures stay, and whoever reads them sees how old they are
            with suppress(WorkspaceFullError, WorkspaceBusyError):
                self._store.batches.save_live(self._batch.id, None)

    def _settle(self, count: int) -> None:
        self.is_stuck = False
        for _, saved in self._unsaved[:count]:
            if not saved.done():
                saved.set_result(None)
        del self._unsaved[:count]

    def _set_aside(self, answers: list[Answer]) -> None:
        try:
            self._spill.append(answers)
        except OSError as error:
            logger.warning("no room for %s answers, not even beside the workspace: %s", len(answers), error)
            self.is_stuck = True
        else:
            self._settle(len(answers))

    def _is_time_to_show(self) -> bool:
        return time.monotonic() - self._shown_at >= SHOW_SECONDS

    def _show(self, talk: Talk) -> None:
        now, limiter, tally = time.time(), talk.limiter, talk.tally
        blocked = limiter.blocked_seconds
        live = LiveFigures(
            at_unix=now,
            in_flight=len(talk.sending),
            sent_in_last_minute=limiter.count_sent_in_last_minute(),
            rpm=limiter.rpm,
            is_slowed=limiter.is_slowed,
            slowed_rpm=limiter.slowed_rpm,
            is_away=talk.outage.is_on,
            blocked_until_unix=now + blocked if blocked else None,
            mode=talk.mode,
        )
        self._store.batches.save_live(self._batch.id, live)
        self._store.batches.add_throughput(
            self._batch.id, at_unix=now, sent=tally.sent, answered=tally.answered, tokens=tally.tokens
        )
