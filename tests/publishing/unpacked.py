"""What a reader gets of a publication: its tables, and task folders unpacked with Python's own safe filter."""

import io
import tarfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from core.publishing.files import CARD_PATH
from core.publishing.layouts import DATA_PATH, HINTS_PATH
from core.publishing.manifest import FILE_NAME


def read_table(folder: Path, name: str) -> list[dict[str, Any]]:
    """The rows of the configuration `data` or `hints`."""
    rows: list[dict[str, Any]] = pq.read_table(folder / name / "train-00000-of-00001.parquet").to_pylist()
    return rows


def unpack_tasks(folder: Path, target: Path) -> dict[str, Path]:
    """Every task as a folder below `target`, by name."""
    tasks = {}
    for row in read_table(folder, "data"):
        tasks[row["path"]] = target / row["path"]
        with tarfile.open(fileobj=io.BytesIO(row["task_binary"]), mode="r:gz") as archive:
            archive.extractall(tasks[row["path"]], filter="data")
    return tasks


def list_files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def read_commit(folder: Path) -> dict[str, bytes]:
    """The files of a commit; there is nothing else in the folder."""
    files = list_files(folder)
    assert sorted(files) == sorted([CARD_PATH, DATA_PATH, HINTS_PATH, FILE_NAME])
    return files
