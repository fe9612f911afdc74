"""One import: rows are streamed into staging, then each trial is assembled from its rows. See `design` of prefixes.

Exact whatever the order of the rows, and with memory that does not grow with the dataset: within a window of rows
only maximal conversations are written, and the rest is settled when all rows of a trial are known.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from hashlib import blake2b, sha256
from itertools import islice
from typing import Any, NamedTuple

import orjson
from pydantic import BaseModel

from core.errors import SourceError, WorkerReplaced
from core.models import Dataset, Grouping, Message
from core.progress import Progress, no_progress
from core.store import Store
from core.store.staging import StagedConversation, StagedRow
from core.store.traces import NewAttempt, NewEpisode, NewTrial
from core.traces.conversations import ConversationReader, build_chain
from core.traces.outcomes import build_outcome, build_result_key
from core.traces.prefixes import ChainedRow, FoundAttempt, find_attempts
from core.traces.report import ImportReport
from core.traces.rows import ReadRow, SetAside, list_missing_columns, read_row
from core.traces.sources import Row, Source, SourceIdentity
from core.traces.task_text import DEFAULT_MARKERS, TaskText, find_task_text
from core.traces.text import normalise_text

WINDOW_ROWS = 200
WINDOW_CHARACTERS = 16_000_000
TRIALS_AT_ONCE = 100
SAMPLE_ROWS = 200


class ImportOptions(BaseModel):
    """How rows become trials."""

    group_by: Grouping = Grouping.TRIAL_NAME
    markers: tuple[str, ...] = DEFAULT_MARKERS
    cut_at_marker: bool = False


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
        _stage_rows(store, source, dataset, options, report, progress)
        _assemble_trials(store, dataset, options, report, progress)
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


def _stage_rows(
    store: Store, source: Source, dataset: Dataset, options: ImportOptions, report: ImportReport, progress: Progress
) -> None:
    store.staging.begin()
    total = source.count_rows()
    texts_seen: set[str] = set()
    for rows, aside in _read_windows(source, options):
        staged, conversations, texts = _stage_window(rows)
        new_texts = {text_id: text for text_id, text in texts.items() if text_id not in texts_seen}
        texts_seen = (texts_seen | set(new_texts)) if len(texts_seen) < 50_000 else set(new_texts)
        store.staging.save(
            dataset_id=dataset.id, rows=staged, set_aside=aside, conversations=conversations, texts=new_texts
        )
        report.rows += len(rows) + len(aside)
        report.set_aside += len(aside)
        report.set_aside_reasons.update(item.reason for item in aside)
        report.characters_per_row += sum(len(message.content) for row in rows for message in row.messages)
        progress("reading rows", done=report.rows, total=total)
    if report.rows == 0:
        raise SourceError(f"{source.identity.source} holds no rows. Check the file, or choose another split.")
    if report.rows == report.set_aside:
        reasons = ", ".join(f"{count} {reason}" for reason, count in report.set_aside_reasons.most_common(3))
        raise SourceError(
            f"{source.identity.source} holds no episode rows: {reasons}. Export the conversations with them."
        )


def _read_windows(source: Source, options: ImportOptions) -> Iterator[tuple[list[ReadRow], list[SetAside]]]:
    reader = ConversationReader()
    rows: list[ReadRow] = []
    aside: list[SetAside] = []
    characters = 0
    for number, raw in enumerate(_check_columns(source)):
        row = read_row(raw, row_number=number, group_by=options.group_by, reader=reader)
        if isinstance(row, SetAside):
            aside.append(row)
        else:
            rows.append(row)
            characters += sum(len(message.content) for message in row.messages)
        if len(rows) + len(aside) >= WINDOW_ROWS or characters >= WINDOW_CHARACTERS:
            yield rows, aside
            rows, aside, characters = [], [], 0
    if rows or aside:
        yield rows, aside


def _check_columns(source: Source) -> Iterator[Row]:
    """The source's rows, refused before the first one if required columns are missing from a first look."""
    stream = source.list_rows()
    first = list(islice(stream, SAMPLE_ROWS))
    columns = {name for row in first for name in row}
    missing = list_missing_columns(columns)
    if first and missing:
        plural = "columns" if len(missing) > 1 else "column"
        names = missing[0] if len(missing) == 1 else f"{', '.join(missing[:-1])} and {missing[-1]}"
        has = ", ".join(normalise_text(name).replace("\n", " ") for name in sorted(columns)[:12]) or "none"
        raise SourceError(
            f"{source.identity.source} holds no episode rows: {plural} {names} missing (it has: {has}). "
            "Each row must be one episode with trial_name, episode and conversations; "
            "export the traces in that form or rename the columns."
        )
    yield from first
    yield from stream


def _stage_window(
    rows: Sequence[ReadRow],
) -> tuple[list[StagedRow], list[StagedConversation], dict[str, str]]:
    chains = {row.row_number: [digest.hex() for digest in build_chain(row.messages)] for row in rows}
    # under task grouping one source trial name may stand in several trials
    covering: dict[tuple[str, str, str], int] = {}
    for row in sorted(rows, key=lambda row: -len(row.messages)):
        for digest in chains[row.row_number]:
            covering.setdefault((row.trial_key, row.source_trial_name, digest), row.row_number)
    staged: list[StagedRow] = []
    conversations: list[StagedConversation] = []
    texts: dict[str, str] = {}
    for row in rows:
        chain = chains[row.row_number]
        is_maximal = covering[row.trial_key, row.source_trial_name, chain[-1]] == row.row_number
        if is_maximal:
            conversations.append(
                StagedConversation(
                    id=chain[-1],
                    characters=sum(len(message.content) for message in row.messages),
                    messages=[(m.role.value, m.content, m.call_ids, m.answers) for m in row.messages],
                )
            )
        staged.append(StagedRow(row.row_number, row.trial_key, _build_facts(row, chain, is_maximal, texts)))
    return staged, conversations, texts


def _build_facts(row: ReadRow, chain: list[str], is_stored: bool, texts: dict[str, str]) -> bytes:
    seen = [
        (index, message.secrets, message.notes)
        for index, message in enumerate(row.messages)
        if is_stored and (message.secrets or message.notes)
    ]
    facts: dict[str, Any] = {
        **{name: getattr(row, name) for name in _PLAIN_FACTS},
        "chain": "".join(chain),
        "stored": is_stored,
        "seen": seen,
    }
    for name in _LONG_FACTS:
        text = getattr(row, name)
        facts[name] = None if text is None else _add_text(text, texts)
    return orjson.dumps(facts)


_PLAIN_FACTS = (
    "row_number",
    "trial_name",
    "source_trial_name",
    "episode",
    "task",
    "result",
    "run_id",
    "agent",
    "model",
)
_LONG_FACTS = ("instruction", "verifier_output", "tool_definitions")
_DIGEST_CHARACTERS = 32


def _add_text(text: str, texts: dict[str, str]) -> str:
    text_id = blake2b(text.encode(), digest_size=16).hexdigest()
    texts[text_id] = text
    return text_id


def _assemble_trials(
    store: Store, dataset: Dataset, options: ImportOptions, report: ImportReport, progress: Progress
) -> None:
    total = store.staging.count_trials()
    names_by_task: defaultdict[str, set[str]] = defaultdict(set)
    portion: list[NewTrial] = []
    for rows in store.staging.list_trials():
        trial = _assemble_trial(store, [orjson.loads(row) for row in rows], options, report)
        portion.append(trial)
        report.trials += 1
        if trial.task is not None:
            names_by_task[trial.task].update(attempt.source_trial_name for attempt in trial.attempts)
        if len(portion) >= TRIALS_AT_ONCE:
            store.traces.create_trials(dataset.id, portion, first_number=report.trials - len(portion))
            portion = []
            progress("finding attempts", done=report.trials, total=total)
    store.traces.create_trials(dataset.id, portion, first_number=report.trials - len(portion))
    report.shared_tasks = sum(len(names) > 1 for names in names_by_task.values())
    progress("finding attempts", done=report.trials, total=total)


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
        chain=tuple(text[i : i + _DIGEST_CHARACTERS] for i in range(0, len(text), _DIGEST_CHARACTERS)),
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
    messages = store.staging.load_messages(cover["chain"][-_DIGEST_CHARACTERS:])
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
