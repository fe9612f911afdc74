import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import PublishError
from core.models import TrialStatus
from core.publishing.archive import TaskFiles, pack_files
from core.publishing.files import hash_file
from core.publishing.harbor import list_harbor_problems
from core.publishing.layouts import MAX_FOLDERS, check_room, find_layout_obstacle
from core.publishing.options import Layout
from core.publishing.task_folders import load_folder
from core.store import Store
from tests.publishing.approved import change_hint, make_approved, publish_folder
from tests.publishing.test_source_tasks import write_task
from tests.publishing.unpacked import list_files, read_table, unpack_tasks

FOLDERS: dict[str, Any] = {"layout": Layout.FOLDERS}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for number in range(2):
        folder = write_task(tmp_path / "source", f"book-{number}", b"Task: book flight %d" % number)
        (folder / "tests" / "data.bin").write_bytes(bytes(range(256)))
        (folder / "tests" / "data.bin").chmod(0o640)
    return tmp_path / "source"


def test_folders_hold_the_same_tasks_as_the_archives(store: Store, tmp_path: Path, source: Path) -> None:
    dataset, _ = make_approved(store)
    publish_folder(store, dataset, tmp_path / "packed", tasks=str(source))
    publish_folder(store, dataset, tmp_path / "folders", tasks=str(source), **FOLDERS)
    unpacked = unpack_tasks(tmp_path / "packed", tmp_path / "unpacked")
    for name, folder in unpacked.items():
        theirs = list_files(tmp_path / "folders" / "tasks" / name)
        assert theirs.pop("environment/.gitkeep") == b""
        assert theirs == list_files(folder)
        for path in theirs:
            modes = [(root / path).stat().st_mode for root in (folder, tmp_path / "folders" / "tasks" / name)]
            assert stat.S_IMODE(modes[0]) == stat.S_IMODE(modes[1])
    assert stat.S_IMODE((unpacked["flights-0000"] / "tests" / "data.bin").stat().st_mode) == 0o640
    assert (
        list_files(tmp_path / "packed")["hints/train-00000-of-00001.parquet"]
        == (list_files(tmp_path / "folders")["hints/train-00000-of-00001.parquet"])
    )


def test_default_table_of_folders_lists_what_is_in_them(store: Store, tmp_path: Path, source: Path) -> None:
    dataset, _ = make_approved(store)
    publish_folder(store, dataset, tmp_path / "out", tasks=str(source), twins=True, **FOLDERS)
    rows = read_table(tmp_path / "out", "data")
    paths = [f"tasks/flights-000{number}{suffix}" for number in (0, 1) for suffix in ("", "-plain")]
    assert [row["path"] for row in rows] == paths
    assert [row["twin_of"] for row in rows] == [None, "tasks/flights-0000", None, "tasks/flights-0001"]
    for row in rows:
        assert sorted(row["files"]) == sorted(list_files(tmp_path / "out" / row["path"]))
        assert row["has_verifier"]


def test_manifest_has_the_hash_of_every_file_of_a_commit(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store)
    publish_folder(store, dataset, tmp_path / "out", **FOLDERS)
    files = list_files(tmp_path / "out")
    manifest = json.loads(files.pop("trace_hints.json"))
    assert sorted(manifest["files"]) == sorted(files)
    assert sorted(path for path in files if path.startswith("tasks/flights-0000/")) == [
        "tasks/flights-0000/environment/Dockerfile",
        "tasks/flights-0000/instruction.md",
        "tasks/flights-0000/metadata.json",
        "tasks/flights-0000/task.toml",
    ]


def test_export_in_the_other_layout_takes_the_former_one_away(store: Store, tmp_path: Path) -> None:
    dataset, trials = make_approved(store)
    out = tmp_path / "out"
    publish_folder(store, dataset, out, **FOLDERS)
    (out / "tasks" / "flights-0001" / "instruction.md").write_text("changed by hand")
    (out / "tasks" / "mine.txt").write_text("mine")
    assert not publish_folder(store, dataset, out).unchanged
    assert sorted(path for path in list_files(out) if path.startswith("tasks/")) == [
        "tasks/flights-0001/instruction.md",
        "tasks/mine.txt",
    ]
    assert publish_folder(store, dataset, out).unchanged


def test_task_that_is_not_published_any_more_leaves_the_folder(store: Store, tmp_path: Path) -> None:
    dataset, trials = make_approved(store)
    publish_folder(store, dataset, tmp_path / "out", **FOLDERS)
    store.subjects.save_status(trials[0].id, TrialStatus.OPEN)
    change_hint(store, trials[1])
    publish_folder(store, dataset, tmp_path / "out", **FOLDERS)
    assert [path.name for path in (tmp_path / "out" / "tasks").iterdir()] == ["flights-0001"]
    assert publish_folder(store, dataset, tmp_path / "out", **FOLDERS).unchanged


@pytest.mark.parametrize("path", ["../victim.txt", "tasks/../../victim.txt", "README.md", "mine.txt", "tasks/link"])
def test_manifest_that_somebody_wrote_takes_no_file_away(store: Store, tmp_path: Path, path: str) -> None:
    dataset, _ = make_approved(store)
    out = tmp_path / "out"
    publish_folder(store, dataset, out)
    for victim in (tmp_path / "victim.txt", out / "mine.txt"):
        victim.write_text("mine")
    (out / "tasks").mkdir()
    (out / "tasks" / "link").symlink_to(tmp_path / "victim.txt")
    manifest = json.loads((out / "trace_hints.json").read_text())
    manifest["files"][path] = hash_file(tmp_path / "victim.txt")
    (out / "trace_hints.json").write_text(json.dumps(manifest))
    publish_folder(store, dataset, out)
    assert (tmp_path / "victim.txt").exists()
    assert (out / "mine.txt").exists()
    assert (out / "tasks" / "link").is_symlink()
    assert (out / "README.md").exists()


@pytest.mark.parametrize("path", [".git/config", "environment/.git/hooks/x", "a/.cache/b"])
def test_file_that_no_commit_takes_keeps_its_task_out_of_folders_only(path: str) -> None:
    files = TaskFiles({"instruction.md": b"x", path: b"x"})
    assert repr(path) in (find_layout_obstacle(Layout.FOLDERS, files) or "")
    assert find_layout_obstacle(Layout.ARCHIVE, files) is None


def test_more_folders_than_the_hub_allows_are_refused() -> None:
    check_room(Layout.FOLDERS, MAX_FOLDERS)
    check_room(Layout.ARCHIVE, MAX_FOLDERS + 1)
    with pytest.raises(PublishError, match="at most 10,000 entries. Choose the layout archive"):
        check_room(Layout.FOLDERS, MAX_FOLDERS + 1)


def iterate_kinds(store: Store, tmp_path: Path, source: Path) -> Iterator[tuple[Path, bool]]:
    dataset, _ = make_approved(store)
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("skeleton", {}),
        ("carried", {"tasks": str(source)}),
        ("folders", {"tasks": str(source), "twins": True, **FOLDERS}),
        ("twins", {"twins": True, "hint_selection": "without_strategy"}),
    ]
    for name, options in kinds:
        publish_folder(store, dataset, tmp_path / name, **options)
        if options.get("layout") == Layout.FOLDERS:
            found = sorted((tmp_path / name / "tasks").iterdir())
        else:
            found = list(unpack_tasks(tmp_path / name, tmp_path / f"{name} unpacked").values())
        assert found
        for folder in found:
            yield folder, "tasks" in options


def test_task_of_each_kind_keeps_harbors_rules(store: Store, tmp_path: Path, source: Path) -> None:
    (source / "book-0" / "task.toml").write_text('[task]\nname = "acme/book-0"\n')
    for folder, has_verifier in iterate_kinds(store, tmp_path, source):
        files = load_folder(folder)
        assert list_harbor_problems(files) == []
        assert ("tests/test.sh" in files.contents) == has_verifier
        metadata = json.loads(files.contents["metadata.json"])
        assert metadata["has_verifier"] == has_verifier


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"instruction.md": None}, "no instruction.md"),
        ({"instruction.md": b"\xff"}, "not UTF-8"),
        ({"task.toml": None}, "no task.toml"),
        ({"task.toml": b"= broken"}, "not valid"),
        ({"task.toml": b'[task]\nname = "alone"'}, 'not of the form "org/name"'),
        ({"task.toml": b"task = 1"}, 'not of the form "org/name"'),
        ({"environment/Dockerfile": None}, "neither a folder environment nor a docker_image"),
    ],
)
def test_rule_of_harbor_that_is_broken_is_said(change: dict[str, bytes | None], problem: str) -> None:
    good = {"instruction.md": b"Do it", "task.toml": b"", "environment/Dockerfile": b"FROM x"}
    assert list_harbor_problems(TaskFiles(good)) == []
    contents = {path: content for path, content in {**good, **change}.items() if content is not None}
    (found,) = list_harbor_problems(TaskFiles(contents))
    assert problem in found


def test_image_stands_in_for_an_environment() -> None:
    contents = {"instruction.md": b"Do it", "task.toml": b'[environment]\ndocker_image = "x"'}
    assert list_harbor_problems(TaskFiles(contents)) == []


def test_layouts_are_the_same_bytes_every_time(store: Store, tmp_path: Path, source: Path) -> None:
    dataset, _ = make_approved(store)
    options: dict[str, Any] = {"tasks": str(source), "twins": True, "with_evidence": True}
    for layout in Layout:
        for name in ("one", "two"):
            publish_folder(store, dataset, tmp_path / layout / name, layout=layout, **options)
        assert list_files(tmp_path / layout / "one") == list_files(tmp_path / layout / "two")
    assert pack_files(load_folder(source / "book-0")) == pack_files(load_folder(source / "book-0"))
