"""From the store to built tasks, one after the other: what goes out, and what is left out and why."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import orjson

from core.errors import SourceError
from core.models import Dataset
from core.progress import Progress
from core.publishing.options import PublishOptions, TrialNote
from core.publishing.preflight import find_file_obstacle, find_obstacle
from core.publishing.source_tasks import SourceTasks, find_source_files, list_names, open_source_tasks
from core.publishing.tasks import BuiltTask, TrialFacts, build_task, load_facts
from core.store import Store

_TRIALS_AT_ONCE = 25
"""Between two reports of progress."""


class Notes(NamedTuple):
    """What there is to say about trials, filled while tasks are built."""

    left_out: list[TrialNote]
    warnings: list[TrialNote]


def open_tasks(store: Store, dataset: Dataset, options: PublishOptions) -> AbstractContextManager[SourceTasks | None]:
    """The source tasks of the approved trials, for as long as the block lasts; None if none were asked for.

    Raises:
        SourceError: There are none at that place.
    """
    if options.tasks is None:
        return nullcontext()
    approved = store.curation.iterate_approved(dataset.id, first_trials=options.first_trials)
    wanted = {name for trial_id in approved for name in list_names(store.traces.get_trial(trial_id))}
    return open_source_tasks(options.tasks, wanted=wanted)


def build_tasks(
    store: Store,
    dataset: Dataset,
    options: PublishOptions,
    *,
    source_tasks: SourceTasks | None,
    notes: Notes,
    progress: Progress,
) -> Iterator[BuiltTask]:
    """The tasks that may be published, in order of first appearance, one at a time.

    Args:
        store: Holds the decisions.
        dataset: The dataset.
        options: What was asked for.
        source_tasks: Open source tasks, or None.
        notes: Gets a line for each approved trial that is left out, and for each warning.
        progress: Hears of trials, not of tasks.
    """
    approved = list(store.curation.iterate_approved(dataset.id, first_trials=options.first_trials))
    for number, trial_id in enumerate(approved):
        if number % _TRIALS_AT_ONCE == 0:
            progress("building tasks", done=number, total=len(approved), failed=len(notes.left_out))
        facts = load_facts(store, trial_id)
        found = _try_build(facts, dataset, options, source_tasks)
        if isinstance(found, str):
            notes.left_out.append(TrialNote(trial=facts.trial.name, reason=found))
            continue
        notes.warnings.extend(TrialNote(trial=facts.trial.name, reason=warning) for warning in found.warnings)
        yield found
    progress("building tasks", done=len(approved), total=len(approved), failed=len(notes.left_out))


def _try_build(
    facts: TrialFacts, dataset: Dataset, options: PublishOptions, source_tasks: SourceTasks | None
) -> BuiltTask | str:
    obstacle = find_obstacle(facts.trial, facts.hints, facts.findings)
    if obstacle is not None:
        return obstacle
    try:
        source_files = None if source_tasks is None else find_source_files(source_tasks, facts.trial)
    except SourceError as error:
        return str(error)
    task = build_task(
        facts, dataset, prefix=options.prefix, show_sources=options.source_episodes, source_files=source_files
    )
    return find_file_obstacle(task.files.contents, instruction=task.task_text) or task


def find_licence(store: Store, dataset: Dataset) -> str | None:
    """The licence that the source's card named at import, or None."""
    report = store.traces.find_report(dataset.id)
    licence = orjson.loads(report).get("licence") if report else None
    return licence if isinstance(licence, str) and licence else None
