"""One import: rows are streamed into staging, then each trial is assembled from its rows.

Exact whatever the order of the rows, and with memory that does not grow with the dataset: within a window of rows
only maximal conversations are written, and the rest is settled when all rows of a trial are known.
"""

from hashlib import sha256
from typing import NamedTuple

import orjson

from core.errors import WorkerReplaced
from core.models import Dataset
from core.progress import Progress, no_progress
from core.store import Store
from core.traces.assembly import assemble_trials
from core.traces.options import ImportOptions
from core.traces.report import ImportReport
from core.traces.sources import Source, SourceIdentity
from core.traces.windows import stage_rows


class ImportResult(NamedTuple):
    """A dataset, and what was found in it."""

    dataset: Dataset
    report: ImportReport
    was_there: bool
    """True if exactly this was imported before: nothing was read again."""


def import_source(
    store: Store, source: Source, options: ImportOptions, *, progress: Progress = no_progress
) -> ImportResult:
    """Read a whole source into the store. Nothing is left behind if it fails or is stopped.

    Raises:
        SourceError: No episode rows in it, or it cannot be read to the end.
        JobStopped: Somebody cancelled.
    """
    key = build_dataset_key(source.identity, options)
    known = store.traces.find_dataset_by_key(key)
    if known is not None:
        report = ImportReport.model_validate_json(store.traces.find_report(known.id) or "{}")
        return ImportResult(known, report, was_there=True)
    identity = source.identity
    dataset = store.traces.create_dataset(
        key=key,
        name=identity.name,
        source=identity.source,
        source_kind=identity.kind,
        config=identity.config,
        split=identity.split,
        revision=identity.revision,
        group_by=options.group_by,
        markers=options.markers,
        cut_at_marker=options.cut_at_marker,
    )
    report = ImportReport(notes=list(identity.notes), licence=identity.licence)
    try:
        stage_rows(store, source, dataset, options, report, progress)
        assemble_trials(store, dataset, options, report, progress)
    except WorkerReplaced:
        # the new worker begins again, and tidies up what is here
        raise
    except BaseException:
        store.traces.delete_dataset(dataset.id)
        store.staging.finish()
        raise
    store.staging.finish()
    store.traces.finish_dataset(dataset.id, report=report.model_dump_json())
    return ImportResult(store.traces.get_dataset(dataset.id), report, was_there=False)


def build_dataset_key(identity: SourceIdentity, options: ImportOptions) -> str:
    """SHA-256 of what is read and how: equal for the same import, also under another path."""
    source = identity.source if identity.kind == "hub" else identity.name
    parts = (identity.kind, source, identity.config, identity.split, identity.revision)
    return sha256(orjson.dumps([*parts, options.model_dump(mode="json")])).hexdigest()
