"""What was published, loaded again by clients that know nothing of us, and compared byte for byte with its source."""

import textwrap
from pathlib import Path
from typing import Any

import pytest

from core.publishing.options import Layout
from core.store import open_store
from tests.publishing.approved import make_approved, publish_folder
from tests.publishing.hub_steps import run_steps
from tests.publishing.test_source_tasks import NOT_UTF8, write_task
from tests.publishing.unpacked import list_files
from tests.standins.hub import HubServer
from tests.standins.hub_client import run_client

REPO = "tester/made"
LOAD = """
    import io, pathlib, tarfile
    from datasets import load_dataset
    tasks = load_dataset(PLACE, split="train")
    hints = load_dataset(PLACE, "hints", split="train")
    target = pathlib.Path(TARGET)
    if LAYOUT == "archive":
        for task in tasks:
            folder = target / task["path"]
            folder.mkdir(parents=True)
            with tarfile.open(fileobj=io.BytesIO(task["task_binary"])) as archive:
                archive.extractall(folder, filter="data")
    elif PLACE == "tester/made":
        from huggingface_hub import snapshot_download
        snapshot_download(PLACE, repo_type="dataset", allow_patterns="tasks/*", local_dir=target)
    result = [tasks["path"][:], [dict(row) for row in hints]]
"""
both_layouts = pytest.mark.parametrize("layout", list(Layout))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for number, instruction in enumerate((b"Task: book flight 0\n", NOT_UTF8)):
        more = {
            "solution/solve.sh": b"\x00\xff" * 999,
            "tests/ü 日本.txt": b"\r\n",
            "tests/.hidden": b"",
            "x/y/z": b"z",
        }
        write_task(tmp_path / "source", f"book-{number}", instruction, **more)
    return tmp_path / "source"


def load(hub: HubServer, place: str, target: Path, layout: Layout, *, xet: bool = True) -> tuple[list[str], list[Any]]:
    target.mkdir()
    settings = f"PLACE, TARGET, LAYOUT = {place!r}, {str(target)!r}, {layout.value!r}\n"
    paths, hints = run_client(hub, target.parent, settings + textwrap.dedent(LOAD), xet=xet)
    return paths, hints


def check_tasks(tasks: Path, source: Path, hints: list[Any]) -> None:
    """Everything of the source is there unchanged, but for the instruction, which begins with the source's."""
    names = [f"flights-000{number}{suffix}" for number in (0, 1) for suffix in ("", "-plain")]
    assert sorted(path.name for path in tasks.iterdir()) == names
    for number in (0, 1):
        theirs = list_files(source / f"book-{number}")
        instruction = theirs.pop("instruction.md")
        for name in (f"flights-000{number}", f"flights-000{number}-plain"):
            ours = list_files(tasks / name)
            ours.pop("environment/.gitkeep", None)
            text = ours.pop("instruction.md")
            assert b"metadata.json" not in text
            assert ours.pop("metadata.json")
            assert ours == theirs
            if name.endswith("-plain"):
                assert text == instruction
            else:
                assert text.startswith(instruction + b"\n\n---\n\n# Hints\n")
                assert text.decode("utf-8", "replace") == hints[number]["instruction"]


@both_layouts
def test_local_folder_loads_with_one_line_each(hub: HubServer, tmp_path: Path, source: Path, layout: Layout) -> None:
    with open_store(tmp_path / "home") as store:
        dataset, _ = make_approved(store)
        publish_folder(store, dataset, tmp_path / "out", layout=layout, tasks=str(source), twins=True)
    paths, hints = load(hub, str(tmp_path / "out"), tmp_path / "loaded", layout)
    assert len(paths) == 4
    assert [row["path"] for row in hints] == ["flights-0000", "flights-0001"]
    is_packed = layout is Layout.ARCHIVE
    check_tasks(tmp_path / "loaded" if is_packed else tmp_path / "out" / "tasks", source, hints)


@both_layouts
@pytest.mark.parametrize("xet", [False, True], ids=["xet off", "xet on"])
def test_repository_loads_with_one_line_each(
    hub: HubServer, tmp_path: Path, source: Path, layout: Layout, xet: bool
) -> None:
    with open_store(tmp_path / "home") as store:
        make_approved(store)
    step = {"layout": layout.value, "tasks": str(source), "twins": True}
    first, again = run_steps(hub, tmp_path / "home", step, step, xet=xet)
    assert (first.get("message"), again["unchanged"], again["revision"]) == (None, True, first["revision"])
    paths, hints = load(hub, REPO, tmp_path / "loaded", layout, xet=xet)
    folder = tmp_path / "loaded"
    if layout is Layout.FOLDERS:
        folder /= "tasks"
        assert paths == [f"tasks/flights-000{number}{suffix}" for number in (0, 1) for suffix in ("", "-plain")]
    check_tasks(folder, source, hints)


def test_other_layout_replaces_the_former_one_in_the_same_commit(hub: HubServer, tmp_path: Path, source: Path) -> None:
    with open_store(tmp_path / "home") as store:
        make_approved(store)
    folders = {"layout": "folders", "tasks": str(source)}
    steps = run_steps(hub, tmp_path / "home", folders, {"tasks": str(source)}, folders)
    assert [step.get("message") for step in steps] == [None, None, None]
    held = [{path.split("/")[0] for path in hub.files(REPO, step["revision"])} - {".gitattributes"} for step in steps]
    both = {"README.md", "data", "hints", "trace_hints.json"}
    assert held == [both | {"tasks"}, both, both | {"tasks"}]
    assert len(hub.commits(REPO)) == 4
