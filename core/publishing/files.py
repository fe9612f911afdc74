"""The exact set of files of a commit, written to a folder: two tables, card, manifest. Byte-identical every time.

Tasks are taken one by one and written in portions, so memory does not grow with the dataset.
"""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, Self

from core.errors import PublishError
from core.models import Dataset
from core.publishing import manifest
from core.publishing.archive import pack_files
from core.publishing.card import DATA_PATH, HINTS_PATH, CardFacts, build_card
from core.publishing.manifest import ManifestTask, build_entry, build_manifest
from core.publishing.options import PublishOptions
from core.publishing.scanning import find_secret
from core.publishing.task_rows import TasksIdentity
from core.publishing.tasks import BuiltTask

CARD_PATH = "README.md"
PATHS = (DATA_PATH, HINTS_PATH, CARD_PATH, manifest.FILE_NAME)
"""Every file of a commit, the manifest last."""
_BYTES_AT_ONCE = 32 * 1024 * 1024
_ROWS_AT_ONCE = 100
_TASK_COLUMNS = {"path": "string", "task_binary": "binary"}
_READABLE_COLUMNS = {
    "path": "string",
    "trial_name": "string",
    "task": "string",
    "instruction": "string",
    "hints": "hints",
    "reviewed": "bool",
    "has_verifier": "bool",
}
"""A row per task too: a table of hints alone could be empty, and load_dataset fails on a split without rows."""


class CommitFiles(NamedTuple):
    """The files of a commit in a folder, under `PATHS`."""

    folder: Path
    tasks: list[ManifestTask]
    content_hashes: dict[int, str]
    """By trial id."""

    def count_bytes(self) -> int:
        """Size of all files together."""
        return sum((self.folder / path).stat().st_size for path in PATHS)

    def read_hash(self, path: str) -> str:
        """SHA-256 of one file."""
        return hash_file(self.folder / path)


def write_files(
    folder: Path,
    tasks: Iterable[BuiltTask],
    *,
    dataset: Dataset,
    options: PublishOptions,
    licence: str | None,
    tasks_identity: TasksIdentity | None,
) -> CommitFiles:
    """The commit's files in `folder`, which is empty before; without any task there is no card and no manifest.

    Raises:
        PublishError: The card would hold a secret.
    """
    facts, entries, content_hashes = CardFacts(), [], {}
    with _Table(folder / DATA_PATH, _TASK_COLUMNS) as data, _Table(folder / HINTS_PATH, _READABLE_COLUMNS) as hints:
        for task in tasks:
            packed = pack_files(task.files)
            data.add({"path": task.folder, "task_binary": packed}, size=len(packed))
            hints.add(_build_readable_row(task), size=len(task.instruction))
            facts.add(task)
            entries.append(build_entry(task))
            content_hashes[task.trial.id] = task.content_hash
    if not entries:
        return CommitFiles(folder, [], {})
    card = build_card(dataset, facts, example=entries[0].folder, licence=licence, tasks_identity=tasks_identity)
    _check_card(card)
    (folder / CARD_PATH).write_bytes(card.encode())
    hashes = {path: hash_file(folder / path) for path in PATHS[:-1]}
    content = build_manifest(dataset, options, tasks_identity=tasks_identity, file_hashes=hashes, tasks=entries)
    (folder / manifest.FILE_NAME).write_bytes(content)
    return CommitFiles(folder, entries, content_hashes)


def hash_file(path: Path) -> str:
    """SHA-256 of a file, read in portions."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _build_readable_row(task: BuiltTask) -> dict[str, Any]:
    return {
        "path": task.folder,
        "trial_name": task.trial.name,
        "task": task.trial.task,
        "instruction": task.instruction,
        "hints": [hint._asdict() | {"kind": hint.kind.value} for hint in task.hints],
        "reviewed": task.is_reviewed,
        "has_verifier": task.has_verifier,
    }


def _check_card(card: str) -> None:
    kind = find_secret(card)
    if kind is not None:
        raise PublishError(f"The name of a source holds a secret ({kind}), and the card would show it. Rename it.")


class _Table:
    """A parquet file, written in row groups of a bounded size."""

    def __init__(self, path: Path, columns: dict[str, str]) -> None:
        # a program that publishes nothing need not wait for it
        import pyarrow as pa
        import pyarrow.parquet as pq

        path.parent.mkdir(parents=True, exist_ok=True)
        hint = {
            "kind": pa.string(),
            "text": pa.string(),
            "support": pa.int64(),
            "source_episodes": pa.list_(pa.string()),
        }
        types = {"hints": pa.list_(pa.struct(hint))}
        self._rows: list[dict[str, Any]] = []
        self._bytes = 0
        self._schema = pa.schema([(name, types.get(kind) or pa.type_for_alias(kind)) for name, kind in columns.items()])
        self._build = pa.Table.from_pylist
        self._writer = pq.ParquetWriter(path, self._schema)

    def add(self, row: dict[str, Any], *, size: int) -> None:
        self._rows.append(row)
        self._bytes += size
        if len(self._rows) >= _ROWS_AT_ONCE or self._bytes >= _BYTES_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(self._build(self._rows, schema=self._schema))
        self._rows, self._bytes = [], 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None and self._rows:
            self._flush()
        self._writer.close()
