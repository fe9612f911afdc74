"""Traces for tests: rows as a person would export them, the files that hold them, and what an import found."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.models import Attempt, Dataset, Episode, Finding, Message, Trial
from core.progress import Progress, no_progress
from core.store import Store
from core.store.database import FILE_NAME
from core.traces.importing import import_source
from core.traces.options import ImportOptions
from core.traces.report import ImportReport
from core.traces.sources import SourceIdentity, SourceRequest, load_source

FORMATS = (".parquet", ".jsonl", ".json")
Row = dict[str, Any]


def say(role: str, content: object, **extra: object) -> dict[str, Any]:
    """One message."""
    return {"role": role, "content": content, **extra}


def talk(*contents: str) -> list[dict[str, Any]]:
    """A conversation in which user and assistant take turns, the user first."""
    return [say("user" if index % 2 == 0 else "assistant", content) for index, content in enumerate(contents)]


def make_row(
    conversations: object, *, trial_name: object = "t", episode: object = "episode-0", **columns: object
) -> Row:
    """One episode row with the required columns and whatever else is given."""
    return {"trial_name": trial_name, "episode": episode, "conversations": conversations, **columns}


def make_prefix_rows(contents: Sequence[str], *, trial_name: str = "t", **columns: object) -> list[Row]:
    """Harbor's export of one run: one row per agent turn, each with everything before it."""
    messages = talk(*contents)
    ends = [index + 1 for index, message in enumerate(messages) if message["role"] == "assistant"]
    return [
        make_row(messages[:end], trial_name=trial_name, episode=f"episode-{number}", **columns)
        for number, end in enumerate(ends)
    ]


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """The rows as a file of the kind that the path's ending names."""
    if path.suffix == ".parquet":
        names = list(dict.fromkeys(name for row in rows for name in row))
        pq.write_table(pa.Table.from_pylist([{name: row.get(name) for name in names} for row in rows]), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    else:
        path.write_text(json.dumps(rows), "utf-8")
    return path


class ListSource:
    """Rows in memory as a source; equal rows have the same identity."""

    def __init__(self, rows: Sequence[Row], *, name: str = "listed") -> None:
        self._rows = rows
        digest = sha256(json.dumps(rows).encode()).hexdigest()
        self.identity = SourceIdentity("file", name, f"{name}.jsonl", None, None, digest)

    def count_rows(self) -> int | None:
        return len(self._rows)

    def list_rows(self) -> Iterator[Row]:
        return iter(self._rows)


@dataclass(frozen=True)
class FoundAttempt:
    """An attempt with everything below it."""

    attempt: Attempt
    messages: list[Message]
    episodes: list[Episode]

    @property
    def texts(self) -> list[str]:
        return [message.content for message in self.messages]

    @property
    def turns(self) -> list[tuple[str, str]]:
        return [(message.role.value, message.content) for message in self.messages]

    @property
    def episode_names(self) -> list[str]:
        return [episode.name for episode in self.episodes]


@dataclass(frozen=True)
class FoundTrial:
    """A trial with everything below it."""

    trial: Trial
    attempts: list[FoundAttempt]
    findings: list[Finding]

    @property
    def finding_codes(self) -> list[str]:
        return [finding.code for finding in self.findings]


@dataclass(frozen=True)
class Imported:
    """What an import left in the store."""

    store: Store
    dataset: Dataset
    report: ImportReport
    was_there: bool

    @property
    def trials(self) -> list[FoundTrial]:
        return [find_trial(self.store, trial) for trial in self.store.traces.list_trials(self.dataset.id)]

    @property
    def trial(self) -> FoundTrial:
        """The only one."""
        (found,) = self.trials
        return found

    @property
    def attempts(self) -> list[FoundAttempt]:
        return [attempt for trial in self.trials for attempt in trial.attempts]

    @property
    def attempt(self) -> FoundAttempt:
        """The only one."""
        (found,) = self.attempts
        return found

    @property
    def set_aside(self) -> list[tuple[int, str]]:
        return self.store.traces.list_set_aside(self.dataset.id)


def find_trial(store: Store, trial: Trial) -> FoundTrial:
    """The trial with what is below it."""
    episodes = store.traces.list_episodes(trial.id)
    return FoundTrial(
        trial,
        [
            FoundAttempt(
                attempt,
                store.traces.load_messages(attempt.conversation_id),
                [episode for episode in episodes if episode.attempt_id == attempt.id],
            )
            for attempt in store.traces.list_attempts(trial.id)
        ],
        store.curation.list_findings(trial.id),
    )


def import_path(store: Store, path: Path, *, progress: Progress = no_progress, **options: Any) -> Imported:
    """A file, imported as the worker would."""
    source = load_source(SourceRequest(source=str(path)))
    result = import_source(store, source, ImportOptions(**options), progress=progress)
    return Imported(store, *result)


def import_list(store: Store, rows: Sequence[Row], *, progress: Progress = no_progress, **options: Any) -> Imported:
    """Rows in memory, imported as if they came from a file."""
    return Imported(store, *import_source(store, ListSource(rows), ImportOptions(**options), progress=progress))


def run_sql(home: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows of the workspace file as they lie there, read past the store."""
    connection = sqlite3.connect(home / FILE_NAME)
    try:
        with connection:
            return connection.execute(sql, values).fetchall()
    finally:
        connection.close()
