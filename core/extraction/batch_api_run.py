"""The way `batch_api`: parts of a batch are worked off by the server's Batch API, at half the price and within a day.

One run is one look: collect what is through, submit what is free, then give the worker back until the next look. All
that a later run needs is in the store, so it does not matter which process makes it.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from core.errors import JobPostponed, ModelServerError
from core.extraction.batch_files import RequestFile
from core.extraction.batch_policy import BatchPolicy, Bounds
from core.extraction.batch_results import NO_RESULT
from core.extraction.batch_server import BatchServer, RemoteState, ServerAway
from core.extraction.elsewhere_run import ElsewhereRun
from core.extraction.launch import mark_key
from core.extraction.parts import PartFiller
from core.extraction.refusals import build_model_error, build_unreachable_error
from core.progress import Progress
from core.settings import Settings
from core.store import Store
from core.store.batch_models import Batch
from core.store.remote import RemotePart

UPLOADED = "uploaded"
"""The file is at the server, and its batch may be or not: whoever finds a part like this looks before it submits."""
QUEUE_FULL = "queue full"
"""Refused because the server's queue for this account is full; nothing was sent."""
TOO_LARGE = "too large for the queue"
"""The same, although nothing else of this batch was in the queue."""
QUEUE_FULL_CODE = "token_limit_exceeded"
CANCELLED_THERE = "cancelled at the server"
WAITING_STAGE = "waiting for the server"
WRITING_STAGE = "writing requests"
COLLECTING_STAGE = "collecting answers"
GIVE_UP_SECONDS = 48 * 3600.0
"""A cancelled batch is over by itself after a day; nobody looks for it longer than this."""


class BatchApiRun(ElsewhereRun):
    """One look at a batch of the Batch API. Close it with `close`."""

    def __init__(
        self,
        store: Store,
        batch: Batch,
        *,
        settings: Settings,
        progress: Progress,
        check_lease: Callable[[], None],
        policy: BatchPolicy,
    ) -> None:
        """Nothing is sent yet.

        Raises:
            UsageError: No server is set.
        """
        super().__init__(store, batch, settings=settings, progress=progress, check_lease=check_lease, policy=policy)
        self._server = BatchServer(settings, model=batch.model or "")
        self._key_mark = mark_key(settings)
        self._answered_there = 0

    def close(self) -> None:
        """Close the connections."""
        self._server.close()

    def run(self) -> None:
        """Collect what is through and submit what is free; returns when every request is answered or failed.

        Raises:
            JobPostponed: The server is at work, or away.
            ModelServerError: It refuses: the key, the model, the file, or the budget is spent.
            JobStopped: Paused, cancelled or taken over.
        """
        try:
            self._store.batches.save_server(self._batch.id, self._server.name, key_mark=self._key_mark)
            self._discard_unfinished()
            for part in self._list_open():
                self._look_after(part)
            self._submit_free()
        except ServerAway as error:
            raise self._explain_away(error) from None
        self._wait_for_open()

    def wind_up(self) -> None:
        """Cancel what is under way and collect what was answered till then; returns when nothing is open any more.

        Raises:
            JobPostponed: The server is at it, or away.
            ModelServerError: It refuses.
        """
        try:
            self._discard_unfinished()
            for part in self._list_open():
                self._wind_up_part(part)
        except ServerAway as error:
            if self._get_age_seconds() > GIVE_UP_SECONDS:
                raise ModelServerError(f"The server {self._server.name} cannot be reached ({error}).") from None
            raise self._explain_away(error) from None
        self._wait_for_open()

    def _look_after(self, part: RemotePart) -> None:
        state = self._find_state(part) or self._submit(part)
        self._check_lease()
        self._store.remote.save_status(part.id, remote_id=state.id, status=state.status)
        self._answered_there += state.answered
        if state.status == "failed":
            self._settle_failed(part, state)
        elif state.is_final:
            self._collect(part, state)
            reason = {"completed": NO_RESULT, "expired": "expired"}.get(state.status, CANCELLED_THERE)
            self._close(part, state, reason=reason, resend=state.status == "expired")

    def _wind_up_part(self, part: RemotePart) -> None:
        state = self._find_state(part)
        if state is not None and not state.is_final and state.status != "cancelling":
            state = self._server.cancel(state.id)
        if state is None:
            self._check_lease()
            self._store.remote.close_part(part.id, status="cancelled")
        elif state.is_final:
            self._collect(part, state)
            self._close(part, state)
        else:
            self._check_lease()
            self._store.remote.save_status(part.id, remote_id=state.id, status=state.status)

    def _find_state(self, part: RemotePart) -> RemoteState | None:
        if part.remote_id is not None:
            return self._server.look(part.remote_id)
        # a crash, or a reply that was lost, may have come between the server's batch and its id
        return self._server.find(part.input_file_id or "", since_utc=part.created_utc)

    def _submit(self, part: RemotePart) -> RemoteState:
        return self._server.submit(part.input_file_id or "", key=part.key)

    def _settle_failed(self, part: RemotePart, state: RemoteState) -> None:
        """The server read the file and did nothing with it."""
        self._check_lease()
        said = state.error_message.strip().rstrip(".") or "it does not say why"
        if state.error_code == QUEUE_FULL_CODE:
            is_alone = len(self._list_open()) == 1
            self._store.remote.close_part(part.id, status=TOO_LARGE if is_alone else QUEUE_FULL)
            if is_alone and part.requests == 1:
                raise ModelServerError(f"The server {self._server.name} has no room in its queue ({said}).")
            return
        self._store.remote.close_part(part.id, status=state.status)
        if "model" in state.error_code:
            raise build_model_error(self._server.name, self._batch.model or "", said)
        raise ModelServerError(
            f"The server {self._server.name} refused the batch ({said}). What is answered is kept; resume to submit "
            "the rest again."
        )

    def _collect(self, part: RemotePart, state: RemoteState) -> None:
        reader = self._build_reader(COLLECTING_STAGE, is_fresh=True)
        with TemporaryDirectory(prefix="trace_hints_") as folder:
            for file_id in filter(None, (state.output_file_id, state.error_file_id)):
                path = Path(folder) / f"{part.key}-{file_id}.jsonl"
                self._server.download(file_id, path)
                reader.read(path)
                path.unlink()
                if reader.tally.broken and reader.tally.broken == reader.tally.lines:
                    # a web page of something in between, e.g. a proxy: the results are still there
                    raise ServerAway("what it sent is no file of results")

    def _close(self, part: RemotePart, state: RemoteState, *, reason: str | None = None, resend: bool = False) -> None:
        self._check_lease()
        self._store.remote.close_part(
            part.id,
            status=state.status,
            reason=reason,
            resend=resend,
            output_file_id=state.output_file_id,
            error_file_id=state.error_file_id,
        )
        self._report(COLLECTING_STAGE)

    def _submit_free(self) -> None:
        while self._store.remote.has_free(self._batch.id):
            parts = self._store.remote.list_parts(self._batch.id)
            refused = [part for part in parts if part.status in (QUEUE_FULL, TOO_LARGE)]
            if refused and self._list_open():
                return  # one at a time, where the queue is short
            if not self._submit_next(parts, self._find_bounds(refused)):
                return

    def _find_bounds(self, refused: list[RemotePart]) -> Bounds:
        halves = [max(part.requests // 2, 1) for part in refused if part.status == TOO_LARGE]
        bounds = self._policy.bounds
        return bounds._replace(max_requests=min([bounds.max_requests, *halves]))

    def _submit_next(self, parts: list[RemotePart], bounds: Bounds) -> bool:
        """False if the budget allows nothing more at present."""
        filler = PartFiller(
            self._store,
            self._batch,
            self._questions,
            bounds,
            check_lease=self._check_lease,
            report=lambda lines: self._report(f"{WRITING_STAGE} ({lines:,})"),
            allowance_usd=self._find_allowance(),
        )
        number = 1 + max((int(part.key.rpartition("-")[2]) for part in parts), default=0)
        part = self._store.remote.create_part(self._batch.id, f"part-{number:05d}")
        with TemporaryDirectory(prefix="trace_hints_") as folder:
            path = Path(folder) / f"{part.key}.jsonl"
            with RequestFile(path) as file:
                filler.fill(part, file)
                file.finish()
            if not file.lines:
                self._store.remote.discard_part(part.id)
                return self._check_budget(filler)
            input_file_id = self._server.upload(path)
        self._check_lease()
        # from here on a later run looks for the server's batch before it submits one
        self._store.remote.finish_part(
            part.id,
            requests=file.lines,
            status=UPLOADED,
            input_file_id=input_file_id,
            reserved_usd=filler.reserved_usd,
        )
        state = self._submit(self._store.remote.get_part(part.id))
        self._check_lease()
        self._store.remote.save_status(part.id, remote_id=state.id, status=state.status)
        return True

    def _find_allowance(self) -> float | None:
        limit = self._batch.config.budget_usd
        if limit is None:
            return None
        spent = self._store.batches.get_usage(self._batch.id).cost_usd or 0.0
        return limit - spent - sum(part.reserved_usd for part in self._list_open())

    def _check_budget(self, filler: PartFiller) -> bool:
        if not filler.is_over_budget:
            return True
        if not self._list_open():
            spent = self._store.batches.get_usage(self._batch.id).cost_usd or 0.0
            raise ModelServerError(
                f"The budget of ${self._batch.config.budget_usd:g} is spent (${spent:.4f}, and the next request does "
                "not fit). Raise the budget and resume: what is answered is kept."
            )
        return False

    def _explain_away(self, error: ServerAway) -> Exception:
        has_begun = any(part.remote_id for part in self._store.remote.list_parts(self._batch.id))
        if not has_begun and not error.has_answered:
            return build_unreachable_error(self._server.name, str(error))
        self._report(f"{WAITING_STAGE}, which is away ({error})")
        return JobPostponed("The server is away.", seconds=self._policy.max_poll_seconds)

    def _wait_for_open(self) -> None:
        open_parts = self._list_open()
        if not open_parts:
            return
        asked = sum(part.requests for part in open_parts)
        self._report(f"{WAITING_STAGE} ({self._answered_there:,} of {asked:,} answered there)")
        seconds = self._policy.get_poll_seconds(self._get_age_seconds())
        raise JobPostponed("The server is at work.", seconds=seconds)

    def _get_age_seconds(self) -> float:
        """Since the newest open part was begun."""
        newest = max((part.created_utc for part in self._list_open()), default=None)
        return 0.0 if newest is None else (datetime.now(UTC) - datetime.fromisoformat(newest)).total_seconds()
