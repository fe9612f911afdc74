"""`trace_hints.json`: what was published from which decisions, with hashes. No time and no publisher.

It also says whose repository or folder it is: only tasks of the same dataset are replaced without being asked.
"""

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.models import Dataset
from core.publishing.names import describe_source
from core.publishing.options import CONTENT_OPTIONS, PublishOptions
from core.publishing.task_rows import TasksIdentity
from core.publishing.tasks import BuiltTask

FILE_NAME = "trace_hints.json"
SCHEMA_VERSION = 1
MAX_BYTES = 256 * 1024 * 1024
"""Larger ones are not ours."""
_TASKS_BEGIN = b'\n "tasks": [\n'
_TASKS_END = b"\n ]\n}\n"


class ManifestSource(BaseModel):
    """The dataset that the tasks were made from."""

    model_config = ConfigDict(frozen=True)

    dataset: str
    config: str | None = None
    split: str | None = None
    revision: str | None = None

    def is_same_dataset(self, other: "ManifestSource") -> bool:
        """True for another revision of the same source, too."""
        return (self.dataset, self.config, self.split) == (other.dataset, other.config, other.split)


class ManifestTask(NamedTuple):
    """One published task."""

    folder: str
    trial_name: str
    number: int
    content_sha256: str
    decisions: Sequence[str]
    """Ids of the approval and of the last decision on each published hint."""
    twin_of: str | None = None
    """The folder of the task with hints, if this is the same one without."""


class HeldTask(NamedTuple):
    """What must be known of a task that is there already."""

    folder: str
    trial_name: str
    content_sha256: str


class ManifestHead(NamedTuple):
    """What must be known of a manifest that is there already."""

    source: ManifestSource
    files: Mapping[str, str]
    """SHA-256 of each other file of the commit, by path."""
    tasks: Sequence[HeldTask]


class _Task(BaseModel):
    """A task as it is read."""

    folder: str
    trial_name: str
    number: int
    content_sha256: str
    decisions: list[str]
    twin_of: str | None = None


class _Content(BaseModel):
    """A manifest as it is read."""

    schema_version: int
    source: ManifestSource
    files: dict[str, str] = Field(default_factory=dict)
    tasks: list[_Task]


def build_source(dataset: Dataset) -> ManifestSource:
    """The dataset, as a manifest names it."""
    return ManifestSource(
        dataset=describe_source(dataset), config=dataset.config, split=dataset.split, revision=dataset.revision
    )


def build_entry(task: BuiltTask) -> ManifestTask:
    """A task's line in the manifest."""
    return ManifestTask(
        folder=task.folder,
        trial_name=task.trial.name,
        number=task.trial.number,
        content_sha256=task.content_hash,
        decisions=task.decision_ids,
        twin_of=task.twin_of,
    )


def iterate_manifest(
    dataset: Dataset,
    options: PublishOptions,
    *,
    tasks_identity: TasksIdentity | None,
    file_hashes: Mapping[str, str],
    lines: Iterable[bytes],
) -> Iterator[bytes]:
    """The manifest's content in pieces, a line per task.

    Args:
        dataset: The dataset.
        options: What was asked for.
        tasks_identity: Where source tasks came from, if any did.
        file_hashes: SHA-256 of the commit's other files, by path.
        lines: A task each as JSON, in publishing order.
    """
    source_tasks = None
    if tasks_identity is not None:
        source_tasks = {"source": tasks_identity.source, "revision": tasks_identity.revision}
    head: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "source": build_source(dataset).model_dump(),
        "prefix": options.prefix,
        "options": {**options.model_dump(mode="json", include=set(CONTENT_OPTIONS)), "tasks": source_tasks},
        "files": dict(sorted(file_hashes.items())),
    }
    yield b"{"
    for name, value in head.items():
        yield f"\n {json.dumps(name)}: {dump_json(value)},".encode()
    yield _TASKS_BEGIN
    for number, line in enumerate(lines):
        yield (b",\n  " if number else b"  ") + line
    yield _TASKS_END


def parse_manifest(content: bytes) -> ManifestHead | None:
    """A manifest of ours, or None for anything else of that name."""
    try:
        return _parse_lines(content) or _build_head(_Content.model_validate_json(content))
    except ValidationError:
        return None


def _parse_lines(content: bytes) -> ManifestHead | None:
    """The same task by task, as far as the content is laid out as we write it; None: it is not."""
    begin = content.find(_TASKS_BEGIN)
    if begin < 0 or not content.endswith(_TASKS_END):
        return None
    try:
        head = _build_head(_Content.model_validate_json(content[:begin] + b'"tasks": []}'))
        stream = io.BytesIO(content)
        stream.seek(begin + len(_TASKS_BEGIN))
        end = len(content) - len(_TASKS_END) + 1
        tasks = []
        while stream.tell() < end:
            tasks.append(_build_held(_Task.model_validate_json(stream.readline().rstrip(b",\n"))))
    except ValidationError:
        return None
    return head._replace(tasks=tasks)


def _build_head(content: _Content) -> ManifestHead:
    return ManifestHead(content.source, content.files, [_build_held(task) for task in content.tasks])


def _build_held(task: _Task) -> HeldTask:
    return HeldTask(task.folder, task.trial_name, task.content_sha256)


def dump_json(value: object) -> str:
    """JSON as the manifest writes it."""
    return json.dumps(value, ensure_ascii=False)
