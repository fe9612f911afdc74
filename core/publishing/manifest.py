"""`trace_hints.json`: what was published from which decisions, with hashes. No time and no publisher.

It also says whose repository or folder it is: only tasks of the same dataset are replaced without being asked.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

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


class ManifestTask(BaseModel):
    """One published task."""

    folder: str
    trial_name: str
    number: int
    content_sha256: str
    decisions: list[str]
    """Ids of the approval and of the last decision on each published hint."""
    twin_of: str | None = None
    """The folder of the task with hints, if this is the same one without."""


class ManifestHead(BaseModel):
    """What must be known of a manifest that is there already."""

    schema_version: int
    source: ManifestSource
    files: dict[str, str] = Field(default_factory=dict)
    """SHA-256 of each other file of the commit, by path."""
    tasks: list[ManifestTask]


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


def build_manifest(
    dataset: Dataset,
    options: PublishOptions,
    *,
    tasks_identity: TasksIdentity | None,
    file_hashes: Mapping[str, str],
    tasks: Sequence[ManifestTask],
) -> bytes:
    """The manifest's content, a line per task.

    Args:
        dataset: The dataset.
        options: What was asked for.
        tasks_identity: Where source tasks came from, if any did.
        file_hashes: SHA-256 of the commit's other files, by path.
        tasks: In publishing order.
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
    lines = [f" {json.dumps(name)}: {_dump(value)}" for name, value in head.items()]
    entries = ",\n".join(f"  {_dump(task.model_dump())}" for task in tasks)
    return ("{\n" + ",\n".join([*lines, f' "tasks": [\n{entries}\n ]']) + "\n}\n").encode()


def parse_manifest(content: bytes) -> ManifestHead | None:
    """A manifest of ours, or None for anything else of that name."""
    try:
        return ManifestHead.model_validate_json(content)
    except ValidationError:
        return None


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
