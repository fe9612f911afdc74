"""Datasets, trials, attempts and episodes, and the conversations they share."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from core.errors import UsageError
from core.models import Attempt, Dataset, Episode, Message, Outcome, Trial
from core.store.packing import unpack_messages, unpack_text
from core.store.part import Part, utc_now

_ATTEMPT_COLUMNS = (
    "a.id, a.trial_id, a.number, a.source_trial_name, a.conversation_id, c.message_count, c.characters, "
    "a.outcome, a.result, a.run_id, a.agent, a.model"
)


class NewEpisode(NamedTuple):
    """One row of an attempt."""

    row_number: int
    name: str
    message_count: int


class NewAttempt(NamedTuple):
    """An attempt on its way into the store."""

    source_trial_name: str
    conversation_id: str
    outcome: Outcome
    result: str | None
    run_id: str | None
    agent: str | None
    model: str | None
    verifier_output_id: str | None
    tool_definitions_id: str | None
    episodes: list[NewEpisode]


class NewTrial(NamedTuple):
    """A trial on its way into the store, with everything below it."""

    name: str
    task: str | None
    task_text: str
    task_source: str
    attempts: list[NewAttempt]
    findings: list[tuple[str, str, str]]
    """Code, severity and message of what import found."""


class TrialName(NamedTuple):
    """What a trial is called, without its texts."""

    name: str
    task: str | None


class AttemptSource(NamedTuple):
    """What there is to read of an attempt."""

    conversation_id: str
    task_text: str
    outcome: Outcome
    messages: list[Message]
    tool_definitions: str | None


class Traces(Part):
    """What was imported. Nothing here changes after the import."""

    def create_dataset(
        self,
        *,
        key: str,
        name: str,
        source: str,
        source_kind: str,
        config: str | None,
        split: str | None,
        revision: str | None,
        group_by: str,
        markers: Sequence[str],
        cut_at_marker: bool,
    ) -> Dataset:
        """A dataset that is not ready yet; what earlier imports that were killed left is removed."""
        with self.write():
            # the lease lets only one import run, so a dataset that is not ready is nobody's any more
            self._connection.execute("DELETE FROM datasets WHERE ready = 0")
            values = (key, name, source, source_kind, config, split, revision, group_by)
            cursor = self._connection.execute(
                "INSERT INTO datasets (key, name, source, source_kind, config, split, revision, group_by, markers, "
                "cut_at_marker, created_utc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*values, orjson.dumps(list(markers)).decode(), cut_at_marker, utc_now()),
            )
        return self.get_dataset(int(cursor.lastrowid or 0))

    def find_dataset_by_key(self, key: str) -> Dataset | None:
        """The dataset that was imported completely under this key, or None."""
        row = self._row("SELECT * FROM datasets WHERE key = ? AND ready = 1", (key,))
        return None if row is None else build_dataset(row)

    def get_dataset(self, dataset_id: int) -> Dataset:
        """A dataset by its id.

        Raises:
            UsageError: There is none with this id.
        """
        row = self._row("SELECT * FROM datasets WHERE id = ?", (dataset_id,))
        if row is None:
            raise UsageError(f"There is no dataset {dataset_id} in this workspace.")
        return build_dataset(row)

    def get_dataset_by_name(self, name_or_id: str) -> Dataset:
        """The dataset with this id, source or name; the newest of several.

        Raises:
            UsageError: There is none; the message lists those there are.
        """
        row = self._row(
            "SELECT * FROM datasets WHERE ready = 1 AND (CAST(id AS TEXT) = ?1 OR source = ?1 OR name = ?1) "
            "ORDER BY CAST(id AS TEXT) = ?1 DESC, id DESC",
            (name_or_id,),
        )
        if row is None:
            names = ", ".join(f"{dataset.id} ({dataset.name})" for dataset in self.list_datasets())
            known = f"Imported so far: {names}." if names else "Nothing was imported yet: run the import first."
            raise UsageError(f'There is no dataset "{name_or_id}" in this workspace. {known}')
        return build_dataset(row)

    def list_datasets(self) -> list[Dataset]:
        """The datasets that are ready, newest first."""
        return [build_dataset(row) for row in self._rows("SELECT * FROM datasets WHERE ready = 1 ORDER BY id DESC")]

    def finish_dataset(self, dataset_id: int, *, report: str) -> None:
        """The import is complete."""
        with self.write():
            self._connection.execute("UPDATE datasets SET ready = 1, report = ? WHERE id = ?", (report, dataset_id))

    def delete_dataset(self, dataset_id: int) -> None:
        """Remove a dataset that did not become ready, with everything of it."""
        with self.write():
            self._connection.execute("DELETE FROM datasets WHERE id = ? AND ready = 0", (dataset_id,))

    def find_report(self, dataset_id: int) -> str | None:
        """The import report as JSON, or None while the import runs."""
        report: str | None = self._value("SELECT report FROM datasets WHERE id = ?", (dataset_id,))
        return report

    def create_trials(self, dataset_id: int, trials: Sequence[NewTrial], *, numbers: Sequence[int]) -> None:
        """One portion of trials with their numbers, all or nothing."""
        with self.write():
            for number, trial in zip(numbers, trials, strict=True):
                self._create_trial(dataset_id, trial, number)

    def _create_trial(self, dataset_id: int, trial: NewTrial, number: int) -> None:
        execute = self._connection.execute
        trial_id = execute(
            "INSERT INTO trials (dataset_id, number, name, task, source_task_text, task_source) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (dataset_id, number, trial.name, trial.task, trial.task_text, trial.task_source),
        ).lastrowid
        for attempt_number, attempt in enumerate(trial.attempts, start=1):
            attempt_id = execute(
                "INSERT INTO attempts (trial_id, number, source_trial_name, conversation_id, outcome, result, run_id, "
                "agent, model, verifier_output_id, tool_definitions_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (trial_id, attempt_number, *attempt[:-1]),
            ).lastrowid
            self._connection.executemany(
                "INSERT INTO episodes (dataset_id, row_number, attempt_id, name, message_count) VALUES (?, ?, ?, ?, ?)",
                [(dataset_id, row, attempt_id, name, count) for row, name, count in attempt.episodes],
            )
        self._connection.executemany(
            "INSERT INTO findings (trial_id, code, severity, message) VALUES (?, ?, ?, ?)",
            [(trial_id, *finding) for finding in trial.findings],
        )

    def list_set_aside(self, dataset_id: int) -> list[tuple[int, str]]:
        """Row number and reason of each row that is no episode, in order."""
        rows = self._rows(
            "SELECT row_number, reason FROM set_aside WHERE dataset_id = ? ORDER BY row_number", (dataset_id,)
        )
        return [(row["row_number"], row["reason"]) for row in rows]

    def get_trial(self, trial_id: int) -> Trial:
        """A trial by its id.

        Raises:
            UsageError: There is none with this id.
        """
        row = self._row("SELECT * FROM trials WHERE id = ?", (trial_id,))
        if row is None:
            raise UsageError(f"There is no trial {trial_id} in this workspace.")
        return Trial.model_validate(row)

    def list_trials(self, dataset_id: int, *, first: int | None = None) -> list[Trial]:
        """The trials of a dataset in order of first appearance.

        Args:
            dataset_id: The dataset.
            first: Only so many; None means all.
        """
        rows = self._rows(
            "SELECT * FROM trials WHERE dataset_id = ? ORDER BY number LIMIT ?",
            (dataset_id, -1 if first is None else first),
        )
        return [Trial.model_validate(row) for row in rows]

    def list_trial_names(self, dataset_id: int) -> list[TrialName]:
        """The names alone of the trials of a dataset, in order of first appearance."""
        rows = self._connection.execute(
            "SELECT name, task FROM trials WHERE dataset_id = ? ORDER BY number", (dataset_id,)
        )
        return [TrialName(*row) for row in rows]

    def list_attempts(self, trial_id: int) -> list[Attempt]:
        """The attempts of a trial in order of first appearance."""
        rows = self._rows(
            f"SELECT {_ATTEMPT_COLUMNS} FROM attempts a JOIN conversations c ON c.id = a.conversation_id "
            "WHERE a.trial_id = ? ORDER BY a.number",
            (trial_id,),
        )
        return [Attempt.model_validate(row) for row in rows]

    def get_attempt(self, attempt_id: int) -> Attempt:
        """An attempt by its id.

        Raises:
            UsageError: There is none with this id.
        """
        row = self._row(
            f"SELECT {_ATTEMPT_COLUMNS} FROM attempts a JOIN conversations c ON c.id = a.conversation_id "
            "WHERE a.id = ?",
            (attempt_id,),
        )
        if row is None:
            raise _build_unknown_error(attempt_id)
        return Attempt.model_validate(row)

    def load_attempt(self, attempt_id: int) -> AttemptSource:
        """What there is to read of an attempt. One query: it runs once for every request that is sent.

        Raises:
            UsageError: There is none with this id.
        """
        row = self._row(
            "SELECT a.conversation_id, t.source_task_text, a.outcome, c.messages, d.content AS tool_definitions "
            "FROM attempts a JOIN trials t ON t.id = a.trial_id JOIN conversations c ON c.id = a.conversation_id "
            "LEFT JOIN texts d ON d.id = a.tool_definitions_id WHERE a.id = ?",
            (attempt_id,),
        )
        if row is None:
            raise _build_unknown_error(attempt_id)
        definitions = row["tool_definitions"]
        return AttemptSource(
            conversation_id=row["conversation_id"],
            task_text=row["source_task_text"],
            outcome=Outcome(row["outcome"]),
            messages=unpack_messages(row["messages"]),
            tool_definitions=None if definitions is None else unpack_text(definitions),
        )

    def list_episodes(self, trial_id: int) -> list[Episode]:
        """The episodes of a trial, in source order."""
        rows = self._rows(
            "SELECT e.attempt_id, e.name, e.row_number, e.message_count FROM episodes e "
            "JOIN attempts a ON a.id = e.attempt_id WHERE a.trial_id = ? ORDER BY e.row_number",
            (trial_id,),
        )
        return [Episode.model_validate(row) for row in rows]

    def load_messages(self, conversation_id: str) -> list[Message]:
        """The messages of a conversation, in order."""
        packed: Any = self._value("SELECT messages FROM conversations WHERE id = ?", (conversation_id,))
        return unpack_messages(packed)

    def find_verifier_output(self, attempt_id: int) -> str | None:
        """What the verifier expected; never shown to a model. None if the source does not say."""
        packed = self._value(
            "SELECT t.content FROM attempts a JOIN texts t ON t.id = a.verifier_output_id WHERE a.id = ?", (attempt_id,)
        )
        return None if packed is None else unpack_text(packed)


def _build_unknown_error(attempt_id: int) -> UsageError:
    return UsageError(f"There is no attempt {attempt_id} in this workspace.")


def build_dataset(row: dict[str, Any]) -> Dataset:
    """A row of the table as data."""
    return Dataset.model_validate({**row, "markers": orjson.loads(row["markers"])})
