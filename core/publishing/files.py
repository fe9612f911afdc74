"""The exact set of files of a commit, written to a folder: tasks, tables, card, manifest. Byte-identical every time.

Tasks are taken one by one and written in portions, so memory does not grow with the dataset.
"""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from core.errors import PublishError
from core.models import Dataset
from core.publishing import manifest
from core.publishing.card import build_card
from core.publishing.card_facts import Card, CardFacts, SourceFacts
from core.publishing.hint_rows import build_hint_row, build_hints_schema
from core.publishing.layouts import DATA_PATH, HINTS_PATH, check_room, open_writer
from core.publishing.manifest import build_entry, iterate_manifest
from core.publishing.options import PublishOptions
from core.publishing.scanning import find_secret
from core.publishing.tables import Table
from core.publishing.task_lines import TaskLines
from core.publishing.task_rows import TasksIdentity
from core.publishing.tasks import BuiltTask

CARD_PATH = "README.md"


class Staging(NamedTuple):
    """Where the files of a commit are prepared."""

    folder: Path
    """It becomes the target, or is thrown away."""
    lines: TaskLines
    """Beside the folder, not in it."""


class CommitFiles(NamedTuple):
    """The files of a commit in a folder."""

    folder: Path
    tasks: TaskLines
    """Twins included, each behind its task."""
    hashes: dict[str, str]
    """SHA-256 of each file by its path in the commit, the manifest last."""

    @property
    def paths(self) -> list[str]:
        """Every file of the commit, the manifest last."""
        return list(self.hashes)

    def count_bytes(self) -> int:
        """Size of all files together."""
        return sum((self.folder / path).stat().st_size for path in self.hashes)

    def read_hash(self, path: str) -> str:
        """SHA-256 of one file."""
        return self.hashes[path]


def write_files(
    staging: Staging,
    tasks: Iterable[BuiltTask],
    *,
    dataset: Dataset,
    options: PublishOptions,
    source: SourceFacts,
    tasks_identity: TasksIdentity | None,
) -> CommitFiles:
    """The commit's files; without any task there is no card and no manifest.

    Args:
        staging: An empty folder, and no lines.
        tasks: One at a time; a twin follows its task.
        dataset: The dataset.
        options: What was asked for.
        source: What the card says of the source.
        tasks_identity: Where source tasks came from, if any did.

    Raises:
        PublishError: The card would hold a secret, or the layout has no room for so many tasks.
    """
    (folder, lines), facts, example = staging, CardFacts(), ""
    schema = build_hints_schema(options)
    with open_writer(options.layout, folder) as writer, Table(folder / HINTS_PATH, schema) as rows:
        for task in tasks:
            writer.add(task)
            facts.add(task)
            lines.add(build_entry(task))
            check_room(options.layout, len(lines))
            example = example or task.folder
            if task.twin_of is None:
                rows.add(build_hint_row(task, options), size=len(task.instruction))
    if not lines:
        return CommitFiles(folder, lines, {})
    hashes = {**writer.hashes, **{path: hash_file(folder / path) for path in (DATA_PATH, HINTS_PATH)}}
    card = build_card(dataset, facts, Card(example, options, source, tasks_identity))
    _check_card(card)
    hashes[CARD_PATH] = _write(folder / CARD_PATH, [card.encode()])
    content = iterate_manifest(
        dataset, options, tasks_identity=tasks_identity, file_hashes=dict(hashes), lines=lines.iterate_lines()
    )
    hashes[manifest.FILE_NAME] = _write(folder / manifest.FILE_NAME, content)
    return CommitFiles(folder, lines, hashes)


def hash_file(path: Path) -> str:
    """SHA-256 of a file, read in portions."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _write(path: Path, pieces: Iterable[bytes]) -> str:
    digest = sha256()
    with path.open("wb") as file:
        for piece in pieces:
            file.write(piece)
            digest.update(piece)
    return digest.hexdigest()


def _check_card(card: str) -> None:
    kind = find_secret(card)
    if kind is not None:
        raise PublishError(f"The name of a source holds a secret ({kind}), and the card would show it. Rename it.")
