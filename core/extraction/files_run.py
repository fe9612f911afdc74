"""The way `files`: a batch is written as files of requests, run by somebody else, and read back.

What is free is written, and the job waits for a person. Once there are results in the folder, they are read; what has
none fails as "no result", so that it can be written again or answered by more results.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from core.errors import JobParked, UsageError
from core.extraction.batch_files import (
    Manifest,
    RequestFile,
    build_mark,
    find_manifest,
    list_result_files,
    name_file,
    read_number,
    save_manifest,
)
from core.extraction.batch_policy import BatchPolicy
from core.extraction.batch_results import NO_RESULT, ResultTally
from core.extraction.elsewhere_run import ElsewhereRun
from core.extraction.parts import PartFiller
from core.progress import Progress
from core.settings import Settings
from core.store import Store
from core.store.batch_models import Batch
from core.store.remote import WRITTEN, RemotePart

READ = "read"
WRITING_STAGE = "writing requests"
READING_STAGE = "reading results"


class FilesRun(ElsewhereRun):
    """One run of a batch of files. Lives as long as one call of `run`."""

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
        """Nothing is written or read yet."""
        if batch.config.folder is None:
            raise UsageError("A batch of files needs a folder. Give one with --write-requests DIR.")
        super().__init__(store, batch, settings=settings, progress=progress, check_lease=check_lease, policy=policy)
        self._folder = Path(batch.config.folder)

    def run(self) -> ResultTally:
        """Write what is free, or read the results that are there.

        Returns:
            What was found in them.

        Raises:
            JobParked: Requests were written, or there are no results yet.
            UsageError: The folder holds files of something else.
            WorkspaceError: The folder cannot be written, or a file in it not be read.
        """
        self._discard_unfinished()
        if written := self._write():
            raise JobParked(self._describe(written))
        open_parts = self._list_open()
        results = list_result_files(self._folder)
        if open_parts and not results:
            raise JobParked(self._describe(open_parts))
        tally = self._read(results)
        if open_parts and not tally.news:
            raise JobParked(
                f"None of the {tally.lines:,} lines of results in {self._folder} says anything new of this batch. "
                + self._describe(open_parts)
            )
        for part in open_parts:
            self._check_lease()
            tally.missing += self._store.remote.close_part(part.id, status=READ, reason=NO_RESULT)
        tally.failed += tally.missing
        self._report(READING_STAGE)
        return tally

    def _write(self) -> list[RemotePart]:
        written: list[RemotePart] = []
        if not self._store.remote.has_free(self._batch.id):
            return written
        manifest = self._open_folder()
        total = self._store.batches.count_requests(self._batch.id).pending
        filler = PartFiller(
            self._store,
            self._batch,
            self._questions,
            self._policy.bounds,
            check_lease=self._check_lease,
            report=lambda lines: self._progress(
                WRITING_STAGE, done=sum(part.requests for part in written) + lines, total=total
            ),
        )
        while self._store.remote.has_free(self._batch.id):
            part = self._write_part(filler, manifest)
            written += [] if part is None else [part]
        return written

    def _write_part(self, filler: PartFiller, manifest: Manifest) -> RemotePart | None:
        parts = self._store.remote.list_parts(self._batch.id)
        number = 1 + max((read_number(part.key) for part in parts), default=0)
        part = self._store.remote.create_part(self._batch.id, name_file(number))
        with RequestFile(self._folder / part.key) as file:
            filler.fill(part, file)
            if not file.lines:
                # all of them were answered before
                self._store.remote.discard_part(part.id)
                return None
            # the file first: a crash in between leaves one that the next run writes again, the same
            manifest.add_file(file.finish())
        save_manifest(self._folder, manifest)
        self._check_lease()
        self._store.remote.finish_part(part.id, requests=file.lines, status=WRITTEN)
        return self._store.remote.get_part(part.id)

    def _open_folder(self) -> Manifest:
        mark = build_mark(self._store.workspace.get_secret())
        known = find_manifest(self._folder)
        if known is not None:
            if (known.workspace, known.batch) != (mark, self._batch.id):
                raise UsageError(f"{self._folder} holds the requests of another batch. Choose another folder.")
            return known
        if results := list_result_files(self._folder):
            raise UsageError(
                f"{self._folder} holds {results[0].name}, which would be taken for results. Choose another folder."
            )
        dataset = self._store.traces.get_dataset(self._batch.dataset_id)
        return Manifest(workspace=mark, batch=self._batch.id, dataset=dataset.name, model=self._batch.model or "")

    def _read(self, paths: Sequence[Path]) -> ResultTally:
        reader = self._build_reader(READING_STAGE)
        for path in paths:
            reader.read(path)
        return reader.tally

    def _describe(self, parts: Sequence[RemotePart]) -> str:
        requests, files = sum(part.requests for part in parts), len(parts)
        names = parts[0].key if files == 1 else f"{parts[0].key} to {parts[-1].key}"
        return (
            f"Written: {requests:,} request{'s' * (requests != 1)} in {files} file{'s' * (files != 1)} in "
            f"{self._folder} ({names}). Run them, put the results there, then read them with "
            f"--read-results {self._folder}."
        )
