"""One source row, read: who it belongs to, its messages, or the reason why it is set aside."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from core.models import Grouping
from core.traces.conversations import ConversationReader, ReadMessage, prune_nulls
from core.traces.outcomes import read_result
from core.traces.text import normalise_text

CONVERSATION_COLUMNS = ("conversations", "messages", "conversations_sharegpt", "conversation")
OTHER_COLUMNS = (
    "trial_name",
    "episode",
    "task",
    "result",
    "instruction",
    "agent",
    "model",
    "run_id",
    "trace_source",
    "verifier_output",
    "tool_definitions",
)
KNOWN_COLUMNS = frozenset({*OTHER_COLUMNS, *CONVERSATION_COLUMNS})
NO_TRIAL_NAMES = frozenset({"", "unknown-trial"})


class ReadRow(NamedTuple):
    """What import keeps of one row."""

    row_number: int
    trial_key: str
    """Equal for the rows of one trial."""
    trial_name: str
    """As shown: the trial's name, or the task's when grouped by task."""
    source_trial_name: str
    episode: str
    messages: list[ReadMessage]
    task: str | None
    result: str | None
    run_id: str | None
    agent: str | None
    model: str | None
    instruction: str | None
    verifier_output: str | None
    tool_definitions: str | None


class SetAside(NamedTuple):
    """A row that is no episode, and why."""

    row_number: int
    reason: str


def find_conversation_column(columns: frozenset[str] | set[str]) -> str | None:
    """The column that holds the conversation, or None."""
    return next((name for name in CONVERSATION_COLUMNS if name in columns), None)


def list_missing_columns(columns: frozenset[str] | set[str]) -> list[str]:
    """The required columns that a source lacks, in the order of the documentation."""
    missing = [name for name in ("trial_name", "episode") if name not in columns]
    return missing if find_conversation_column(columns) else [*missing, "conversations"]


def read_row(
    row: Mapping[str, Any], *, row_number: int, group_by: Grouping, reader: ConversationReader
) -> ReadRow | SetAside:
    """The row as import keeps it, or the reason why it is set aside."""
    try:
        return _read_row(row, row_number=row_number, group_by=group_by, reader=reader)
    except RecursionError:
        return SetAside(row_number, "values nested too deeply")


def _read_row(
    row: Mapping[str, Any], *, row_number: int, group_by: Grouping, reader: ConversationReader
) -> ReadRow | SetAside:
    trace_source = _read_text(row.get("trace_source"))
    if trace_source and trace_source != "main":
        return SetAside(row_number, f'a sub-agent\'s trace (trace_source is "{trace_source[:80]}")')
    value = next((row[name] for name in CONVERSATION_COLUMNS if row.get(name)), None)
    try:
        messages = reader.read(value)
    except ValueError as error:
        return SetAside(row_number, str(error))
    if not messages or not any(message.content.strip() for message in messages):
        return SetAside(row_number, "empty conversation")
    name = _read_text(row.get("trial_name")) or ""
    is_named = name.strip() not in NO_TRIAL_NAMES
    source_trial_name = name if is_named else f"row-{row_number}"
    task = _read_text(row.get("task"))
    task = task if task and task.strip() else None
    by_task = group_by is Grouping.TASK and task is not None
    episode = _read_text(row.get("episode")) or f"row-{row_number}"
    return ReadRow(
        row_number=row_number,
        trial_key=f"task {task}" if by_task else f"name {name}" if is_named else f"row {row_number}",
        trial_name=task if by_task and task is not None else source_trial_name,
        source_trial_name=source_trial_name,
        # several trials make one then, and each has an episode-0
        episode=f"{source_trial_name}/{episode}" if group_by is Grouping.TASK else episode,
        messages=messages,
        task=task,
        result=read_result(row.get("result")),
        run_id=_read_text(row.get("run_id")) or None,
        agent=_read_text(row.get("agent")) or None,
        model=_read_text(row.get("model")) or None,
        instruction=_read_text(row.get("instruction")) or None,
        verifier_output=_read_json(row.get("verifier_output")),
        tool_definitions=_read_json(row.get("tool_definitions")),
    )


def _read_text(value: object) -> str | None:
    if value is None or value != value:  # NaN, as tables write a missing value
        return None
    return normalise_text(value if isinstance(value, str) else str(value))


def _read_json(value: object) -> str | None:
    """JSON text with Arrow's padding nulls pruned; a text that is no JSON stays as it is."""
    if value is None or value in ("", "null"):
        return None
    if isinstance(value, str):
        if "null" not in value:
            return normalise_text(value)
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return normalise_text(str(value))
    return normalise_text(json.dumps(prune_nulls(value), ensure_ascii=False, default=str))
