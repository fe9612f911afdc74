"""What the ways that are not live share: a batch that is cut into parts, handed on, and read back."""

from collections.abc import Callable

from core.extraction.batch_policy import BatchPolicy
from core.extraction.batch_results import ResultReader
from core.extraction.questions import Questions, choose_batch_price
from core.progress import Progress
from core.settings import Settings
from core.store import Store
from core.store.batch_models import Batch
from core.store.remote import UNFINISHED, RemotePart


class ElsewhereRun:
    """One run of a batch that somebody else answers. All that a later run needs is in the store."""

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
        """Nothing is written, sent or read yet."""
        self._store = store
        self._batch = batch
        self._progress = progress
        self._check_lease = check_lease
        self._policy = policy
        self._questions = Questions(store, batch, settings)

    def _list_open(self) -> list[RemotePart]:
        return self._store.remote.list_open(self._batch.id)

    def _discard_unfinished(self) -> None:
        """Free what a crash left half written."""
        self._check_lease()
        for part in self._list_open():
            if part.status == UNFINISHED:
                self._store.remote.discard_part(part.id)

    def _build_reader(self, stage: str, *, is_fresh: bool = False) -> ResultReader:
        return ResultReader(
            self._store,
            self._batch,
            self._questions,
            choose_batch_price(self._batch.config),
            check_lease=self._check_lease,
            report=lambda: self._report(stage),
            is_fresh=is_fresh,
        )

    def _report(self, stage: str) -> None:
        counts = self._store.batches.count_requests(self._batch.id)
        self._progress(stage, done=counts.done + counts.failed, total=counts.total, failed=counts.failed)
