"""Only where Harbor is: a published task of each kind passes its own task model.

    python3.12 -m venv harbor && harbor/bin/pip install harbor
    TRACE_HINTS_HARBOR_PYTHON=harbor/bin/python pytest -m soak tests/soak/test_harbor.py

`tests/publishing/test_layouts.py` holds the same rules without Harbor, in every run.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from core.store import Store
from tests.publishing.approved import make_approved, publish_folder
from tests.publishing.test_source_tasks import write_task
from tests.publishing.unpacked import unpack_tasks

PYTHON = os.environ.get("TRACE_HINTS_HARBOR_PYTHON")
LOOK = """
import json, sys
from harbor.models.task.task import Task
found = {}
for folder in sys.argv[1:]:
    found[folder] = [Task.is_valid_dir(folder), Task.is_valid_dir(folder, disable_verification=True)]
    task = Task(folder, disable_verification=True)
    found[folder] += [task.name, task.instruction]
print(json.dumps(found))
"""
pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(PYTHON is None, reason="TRACE_HINTS_HARBOR_PYTHON names no Python with Harbor"),
]


def ask_harbor(folders: list[Path]) -> dict[str, Any]:
    """By folder: valid, valid without verification, name and instruction."""
    run = subprocess.run([str(PYTHON), "-c", LOOK, *map(str, folders)], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


@pytest.fixture
def source(tmp_path: Path) -> Path:
    toml = b'[task]\nname = "acme/book"\n[metadata]\ntags = ["x"]\n'
    write_task(tmp_path / "source", "book-0", b"Task: book flight 0", **{"task.toml": toml, "solution/solve.sh": b"x"})
    return tmp_path / "source"


@pytest.mark.parametrize("layout", ["archive", "folders"])
@pytest.mark.parametrize("with_source", [True, False], ids=["source tasks", "standard environment"])
def test_task_of_each_kind_passes_harbors_task_model(
    store: Store, tmp_path: Path, source: Path, layout: str, with_source: bool
) -> None:
    dataset, _ = make_approved(store)
    options = {"tasks": str(source), "unmatched": "without_verifier"} if with_source else {}
    publish_folder(store, dataset, tmp_path / "out", layout=layout, twins=True, **options)  # type: ignore[arg-type]
    if layout == "folders":
        folders = sorted((tmp_path / "out" / "tasks").iterdir())
    else:
        folders = list(unpack_tasks(tmp_path / "out", tmp_path / "tasks").values())
    found = {Path(folder).name: facts for folder, facts in ask_harbor(folders).items()}
    assert sorted(found) == ["flights-0000", "flights-0000-plain", "flights-0001", "flights-0001-plain"]
    for name, (is_valid, is_valid_without, own_name, instruction) in found.items():
        is_carried = with_source and name.startswith("flights-0000")
        assert (is_valid, is_valid_without) == (is_carried, True), name
        assert own_name == ("acme/book" if is_carried else name)
        assert ("# Hints" in instruction) == (not name.endswith("-plain"))


def test_harbor_reads_the_folder_of_tasks_as_a_dataset(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store, 3)
    publish_folder(store, dataset, tmp_path / "out", layout="folders")
    code = """
        import asyncio, json, sys
        from pathlib import Path
        from harbor.models.job.config import DatasetConfig
        config = DatasetConfig(path=Path(sys.argv[1]))
        tasks = asyncio.run(config.get_task_configs(disable_verification=True))
        print(json.dumps(sorted(task.path.name for task in tasks)))
    """
    lines = "\n".join(line.strip() for line in code.splitlines())
    run = subprocess.run(
        [str(PYTHON), "-c", lines, str(tmp_path / "out" / "tasks")], capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout.splitlines()[-1]) == ["flights-0000", "flights-0001", "flights-0002"]
