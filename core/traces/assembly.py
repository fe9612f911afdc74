"""The second half of an import: each trial out of all its rows, with its attempts, episodes and task text."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import orjson

from core.models import Dataset, Message
from core.progress import Progress
from core.store import Store
from core.store.staging import StagedConversation
from core.store.traces import NewAttempt, NewEpisode, NewTrial
from core.traces.options import ImportOptions
from core.traces.outcomes import build_outcome, build_result_key
from core.traces.prefixes import ChainedRow, FoundAttempt, find_attempts
from core.traces.report import ImportReport
from core.traces.task_text import TaskText, find_task_text
from core.traces.windows import DIGEST_CHARACTERS

TRIALS_AT_ONCE = 100


def assemble_trials(
    store: Store, dataset: Dataset, options: ImportOptions, report: ImportReport, progress: Progress
) -> None:
    """Make every trial of a dataset out of its staged rows, in order of first appearance, and count what is found.

    Raises:
        JobStopped: Somebody cancelled.
    """
    total = store.staging.count_trials()
    numbers = _Numbers(store, dataset.id)
    names_by_task: defaultdict[str, set[str]] = defaultdict(set)
    portion: list[NewTrial] = []
    for rows in store.staging.list_trials():
        trial = _assemble_trial(store, [orjson.loads(row) for row in rows], options, report)
        portion.append(trial)
        report.trials += 1
        if trial.task is not None:
            names_by_task[trial.task].update(attempt.source_trial_name for attempt in trial.attempts)
        if len(portion) >= TRIALS_AT_ONCE:
            store.traces.create_trials(dataset.id, portion, numbers=numbers.give(portion))
            portion = []
            progress("finding attempts", done=report.trials, total=total)
    store.traces.create_trials(dataset.id, portion, numbers=numbers.give(portion))
    report.shared_tasks = sum(len(names) > 1 for names in names_by_task.values())
    progress("finding attempts", done=report.trials, total=total)


class _Numbers:
    """A trial keeps the number that its name had in an earlier import of the source; new ones get the next."""

    def __init__(self, store: Store, dataset_id: int) -> None:
        self._store, self._dataset_id = store, dataset_id
        self._next = store.numbering.find_next_number(dataset_id)
        self._is_first_import = self._next == 0
        self._given: set[int] = set()

    def give(self, trials: Sequence[NewTrial]) -> list[int]:
        kept = {} if self._is_first_import else self._find_kept(trials)
        return [self._take(kept.get(trial.name)) for trial in trials]

    def _find_kept(self, trials: Sequence[NewTrial]) -> dict[str, int]:
        return self._store.numbering.list_kept(self._dataset_id, [trial.name for trial in trials])

    def _take(self, kept: int | None) -> int:
        # two trials may have one name: that of a task, and that of a trial without one
        if kept is not None and kept not in self._given:
            self._given.add(kept)
            return kept
        self._next += 1
        return self._next - 1


def _assemble_trial(store: Store, rows: list[dict[str, Any]], options: ImportOptions, report: ImportReport) -> NewTrial:
    by_source: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_source[row["source_trial_name"]].append(row)
    facts = {row["row_number"]: row for row in rows}
    found = [attempt for group in by_source.values() for attempt in find_attempts([_chain(row) for row in group])]
    found.sort(key=lambda attempt: attempt.first_row_number)
    conversations = [_load_conversation(store, attempt, by_source, facts, report) for attempt in found]
    task = find_task_text(
        conversations,
        instruction=_find_instruction(store, rows),
        markers=options.markers,
        cut_at_marker=options.cut_at_marker,
    )
    attempts = [_build_attempt(attempt, facts) for attempt in found]
    report.attempts += len(attempts)
    report.episodes += len(rows)
    report.outcomes.update(attempt.outcome.value for attempt in attempts)
    report.task_sources[task.source.partition(" in message")[0].partition(" (message")[0]] += 1
    report.disagreeing_tasks += task.disagrees
    return NewTrial(
        name=rows[0]["trial_name"],
        task=next((row["task"] for row in rows if row["task"]), None),
        task_text=task.text,
        task_source=task.source,
        attempts=attempts,
        findings=list_task_findings(task),
    )


def list_task_findings(task: TaskText) -> list[tuple[str, str, str]]:
    """Code, severity and message of what a reviewer should know of a task text."""
    findings: list[tuple[str, str, str]] = []
    if not task.text.strip():
        findings.append(("empty-task", "block", "No task text was found. Write it before the trial is approved."))
    elif task.is_fallback:
        findings.append(("task-by-fallback", "info", f"No marker was found; the task text is from {task.source[10:]}."))
    if task.disagrees:
        findings.append(("task-texts-disagree", "warn", "The attempts name different tasks; the first one is shown."))
    return findings


def _chain(row: dict[str, Any]) -> ChainedRow:
    text = row["chain"]
    return ChainedRow(
        row_number=row["row_number"],
        chain=tuple(text[i : i + DIGEST_CHARACTERS] for i in range(0, len(text), DIGEST_CHARACTERS)),
        result=build_result_key(row["result"]),
        run_id=row["run_id"],
    )


def _load_conversation(
    store: Store,
    attempt: FoundAttempt,
    by_source: dict[str, list[dict[str, Any]]],
    facts: dict[int, dict[str, Any]],
    report: ImportReport,
) -> list[Message]:
    conversation_id = attempt.maximal.chain[-1]
    row = facts[attempt.maximal.row_number]
    cover = (
        row
        if row["stored"]
        else next(
            other
            for other in by_source[row["source_trial_name"]]
            if other["stored"] and conversation_id in other["chain"]
        )
    )
    messages = store.staging.load_messages(cover["chain"][-DIGEST_CHARACTERS:])
    count = len(attempt.maximal.chain)
    for index, secrets, notes in cover["seen"]:
        if index < count:
            report.secrets.update(secrets)
            report.normalised.update(notes)
    if count < len(messages):
        # the beginning of a longer conversation, and yet a run of its own: its result or run id says so
        messages = messages[:count]
        packed = [(m.role.value, m.content, m.call_ids, m.answers) for m in messages]
        characters = sum(len(message.content) for message in messages)
        store.staging.save_conversation(StagedConversation(conversation_id, characters, packed))
    report.characters_per_attempt += sum(len(message.content) for message in messages)
    return messages


def _find_instruction(store: Store, rows: list[dict[str, Any]]) -> str | None:
    ids = {row["instruction"] for row in rows}
    if len(ids) != 1 or None in ids:
        return None
    return store.staging.load_text(ids.pop())


def _build_attempt(attempt: FoundAttempt, facts: dict[int, dict[str, Any]]) -> NewAttempt:
    members = [facts[row.row_number] for row in attempt.rows]
    result = next(
        (row["result"] for row in members if build_result_key(row["result"]) is not None), members[0]["result"]
    )

    def first(name: str) -> str | None:
        return next((row[name] for row in members if row[name]), None)

    return NewAttempt(
        source_trial_name=members[0]["source_trial_name"],
        conversation_id=attempt.maximal.chain[-1],
        outcome=build_outcome(result),
        result=result,
        run_id=attempt.run_id,
        agent=first("agent"),
        model=first("model"),
        verifier_output_id=first("verifier_output"),
        tool_definitions_id=first("tool_definitions"),
        episodes=[NewEpisode(row.row_number, facts[row.row_number]["episode"], len(row.chain)) for row in attempt.rows],
    )
