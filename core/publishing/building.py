"""From the store to built tasks, one after the other: what goes out, and what is left out and why."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import orjson

from core.errors import SourceError
from core.models import Dataset, Trial
from core.progress import Progress
from core.publishing.archive import choose_limits
from core.publishing.card_facts import SourceFacts
from core.publishing.hint_rows import list_texts_beside
from core.publishing.layouts import find_layout_obstacle
from core.publishing.options import PublishOptions, TrialNote, Unmatched
from core.publishing.preflight import find_file_obstacle, find_obstacle
from core.publishing.scanning import find_secret
from core.publishing.source_tasks import SourceTasks, find_source_files, open_source_tasks
from core.publishing.tasks import BuiltTask, TrialFacts, build_task, load_facts, select_hints
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
    trials = store.traces.list_trial_names(dataset.id)
    return open_source_tasks(options.tasks, trials=trials, limits=choose_limits(options))


def build_tasks(
    store: Store,
    dataset: Dataset,
    options: PublishOptions,
    *,
    source_tasks: SourceTasks | None,
    notes: Notes,
    progress: Progress,
) -> Iterator[BuiltTask]:
    """The tasks that may be published, in order of first appearance, one at a time, each followed by its twin.

    Args:
        store: Holds the decisions.
        dataset: The dataset.
        options: What was asked for.
        source_tasks: Open source tasks, or None.
        notes: Gets a line for each approved trial that is left out, and for each warning.
        progress: Hears of trials, not of tasks.
    """
    approved = list(store.curation.iterate_approved(dataset.id, first_trials=options.first_trials))
    if options.only_trials is not None:
        only = set(options.only_trials)
        approved = [trial_id for trial_id in approved if trial_id in only]
    for number, trial_id in enumerate(approved):
        if number % _TRIALS_AT_ONCE == 0:
            progress("building tasks", done=number, total=len(approved), failed=len(notes.left_out))
        yield from _try_build(load_facts(store, trial_id), dataset, options, source_tasks, notes)
    progress("building tasks", done=len(approved), total=len(approved), failed=len(notes.left_out))


def _try_build(
    facts: TrialFacts, dataset: Dataset, options: PublishOptions, source_tasks: SourceTasks | None, notes: Notes
) -> Iterator[BuiltTask]:
    """The trial's task and its twin, or nothing and a note that says why."""
    name = facts.trial.name
    try:
        _check_wanted(facts, options)
        source_files = None if source_tasks is None else find_source_files(source_tasks, facts.trial)
        if source_tasks is not None and source_files is None:
            notes.warnings.extend(_note_unmatched(facts.trial, source_tasks, options))
        task = build_task(facts, dataset, options, source_files=source_files)
        _check_files(task, options)
    except _LeftOut as reason:
        notes.left_out.append(TrialNote(trial=name, reason=str(reason), is_unmatched=reason.is_unmatched))
        return
    except SourceError as error:
        notes.left_out.append(TrialNote(trial=name, reason=str(error)))
        return
    notes.warnings.extend(task.warnings)
    yield task
    if options.twins:
        yield build_task(facts, dataset, options, source_files=source_files, is_twin=True)


class _LeftOut(Exception):  # noqa: N818 - no error: a trial that is not published
    """The message says why."""

    def __init__(self, reason: str, *, is_unmatched: bool = False) -> None:
        super().__init__(reason)
        self.is_unmatched = is_unmatched


def _check_wanted(facts: TrialFacts, options: PublishOptions) -> None:
    rate, lowest, highest = facts.base_pass_rate, options.min_pass_rate, options.max_pass_rate
    if rate is None and (lowest is not None or highest is not None):
        raise _LeftOut("The outcome of none of its attempts is known, so it has no pass rate to be between the bounds.")
    if rate is not None and not (lowest or 0.0) <= rate <= (1.0 if highest is None else highest):
        raise _LeftOut(f"Its base pass rate is {rate:.2f}, outside the bounds that were asked for.")
    chosen = select_hints(facts.hints, options.hint_selection)
    obstacle = find_obstacle(facts.trial, chosen, facts.findings)
    if obstacle is not None:
        raise _LeftOut(obstacle)


def _note_unmatched(trial: Trial, source_tasks: SourceTasks, options: PublishOptions) -> list[TrialNote]:
    what = f'{source_tasks.identity.source} has no task "{trial.task or trial.name}".'
    if options.unmatched is Unmatched.LEAVE_OUT:
        raise _LeftOut(f"{what} Add it, publish such trials without verifier, or leave them out.", is_unmatched=True)
    reason = f"{what} It is published in the standard environment, without verifier."
    return [TrialNote(trial=trial.name, reason=reason, is_unmatched=True)]


def _check_files(task: BuiltTask, options: PublishOptions) -> None:
    obstacle = find_file_obstacle(task.files.contents, instruction=task.task_text)
    obstacle = obstacle or find_layout_obstacle(options.layout, task.files)
    beside = list_texts_beside(task, options)
    if obstacle is None and beside:
        kind = find_secret("\n".join(beside))
        obstacle = f"Its row in the table of hints holds a secret ({kind}), e.g. in a quote." if kind else None
    if obstacle is not None:
        raise _LeftOut(obstacle)


def load_source_facts(store: Store, dataset: Dataset) -> SourceFacts:
    """The licence that the source's card named at import, and where its trials stand."""
    report = store.traces.find_report(dataset.id)
    licence = orjson.loads(report).get("licence") if report else None
    return SourceFacts(
        licence=licence if isinstance(licence, str) and licence else None,
        statuses=store.overview.count_stages(dataset.id),
    )
