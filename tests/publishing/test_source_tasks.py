import base64
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.curation.decisions import edit_task_text
from core.errors import PublishError, SourceError
from core.models import Trial
from core.publishing.archive import ArchiveLimits, TaskFiles, pack_files
from core.publishing.options import Unmatched
from core.publishing.source_tasks import open_source_tasks
from core.publishing.task_folders import load_folder
from core.store import Store
from tests.publishing.approved import look, make_approved, publish_folder
from tests.publishing.unpacked import list_files, unpack_tasks

NOT_UTF8 = b"Book it\r\n\xff\xfe \n"


def write_task(root: Path, name: str, instruction: bytes, **more: bytes) -> Path:
    folder = root / name
    files = {"instruction.md": instruction, "tests/test.sh": b"#!/bin/sh\nexit 0\n", "task.toml": b"", **more}
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    (folder / "tests/test.sh").chmod(0o755)
    (folder / "environment").mkdir()
    return folder


def make_trial(task: str | None, *, name: str = "t", number: int = 0) -> Trial:
    return Trial(
        id=number, dataset_id=1, number=number, name=name, task=task, source_task_text="Do it.", task_source="a column"
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "source"
    write_task(root, "book-0", b"Task: book flight 0", **{"solution/solve.sh": b"\x00\xff"})
    write_task(root, "book-1", NOT_UTF8, **{"metadata.json": b"{}"})
    write_task(root, ".hidden", b"x")
    (root / "README.md").write_text("no task")
    return root


def write_table(root: Path, path: Path, *, column: str = "path") -> Path:
    folder = "all/" if column == "path" else ""
    packed = {f"{folder}{name}": pack_files(load_folder(root / name)) for name in ("book-0", "book-1")}
    rows = [{column: name, "task_binary": binary} for name, binary in packed.items()]
    if path.suffix == ".jsonl":
        lines = [{column: name, "task_binary": base64.b64encode(it).decode()} for name, it in packed.items()]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
    return path


@pytest.mark.parametrize("kind", ["folder", "tasks.parquet", "tasks.jsonl", "by task.parquet"])
def test_everything_is_carried_over_and_only_the_instruction_changes(
    store: Store, tmp_path: Path, root: Path, kind: str
) -> None:
    dataset, _ = make_approved(store)
    column = "task" if kind.startswith("by task") else "path"
    source = root if kind == "folder" else write_table(root, tmp_path / kind, column=column)
    result = publish_folder(store, dataset, tmp_path / "out", tasks=str(source))
    first, second = unpack_tasks(tmp_path / "out", tmp_path / "tasks").values()
    assert (result.trials, result.left_out) == (2, [])

    theirs, ours = list_files(root / "book-0"), list_files(first)
    assert ours.pop("instruction.md").startswith(theirs.pop("instruction.md") + b"\n\n---\n\n# Hints\n")
    assert json.loads(ours.pop("metadata.json"))["has_verifier"] is True
    assert ours == theirs
    assert os.access(first / "tests/test.sh", os.X_OK)
    assert not os.access(first / "solution/solve.sh", os.X_OK)
    assert (first / "environment").is_dir()

    assert (second / "instruction.md").read_bytes().startswith(NOT_UTF8 + b"\n\n---\n\n# Hints\n")
    assert (second / "metadata.json").read_bytes() == b"{}"
    assert json.loads((second / "trace_hints_metadata.json").read_text())["trial_name"] == "flight-1"


def test_another_instruction_than_the_traces_have_is_a_warning(store: Store, tmp_path: Path, root: Path) -> None:
    dataset, _ = make_approved(store)
    found = publish_folder(store, dataset, tmp_path / "out", tasks=str(root)).warnings
    assert [note.trial for note in found] == ["flight-1", "flight-1"]
    assert "differs from the task text in the traces" in found[0].reason
    assert "not UTF-8" in found[1].reason


def test_reviewers_edit_wins_with_a_warning(store: Store, tmp_path: Path, root: Path) -> None:
    dataset, trials = make_approved(store, 1)
    edit_task_text(store, trials[0], "Book any flight.", reviewer="ada", action_id="e")
    (warning,) = publish_folder(store, dataset, tmp_path / "out", tasks=str(root)).warnings
    (task,) = unpack_tasks(tmp_path / "out", tmp_path / "tasks").values()
    assert (task / "instruction.md").read_text().startswith("Book any flight.\n\n---")
    assert "reviewer's task text replaces" in warning.reason


def test_folder_that_is_a_task_itself_is_taken(store: Store, tmp_path: Path, root: Path) -> None:
    dataset, _ = make_approved(store, 1)
    assert publish_folder(store, dataset, tmp_path / "out", tasks=str(root / "book-0")).trials == 1


def test_trial_without_a_source_task_is_left_out_by_name(store: Store, tmp_path: Path, root: Path) -> None:
    dataset, _ = make_approved(store, 3)
    result = publish_folder(store, dataset, tmp_path / "out", tasks=str(root))
    assert result.trials == 2
    assert [(note.trial, note.reason) for note in result.left_out] == [
        ("flight-2", 'source has no task "book-2". Add it, publish such trials without verifier, or leave them out.')
    ]
    assert result.left_out[0].is_unmatched


def test_names_are_never_matched_in_part(store: Store, tmp_path: Path, root: Path) -> None:
    dataset, _ = make_approved(store, 1, task="book-0__abc1234")
    with pytest.raises(PublishError, match='source has no task "book-0__abc1234"'):
        publish_folder(store, dataset, tmp_path / "out", tasks=str(root))


def test_name_that_harbor_cut_is_no_name_of_a_task(tmp_path: Path) -> None:
    long = "a-task-with-a-name-of-more-than-thirty-two-characters"
    for name in (long, long[:32]):
        write_task(tmp_path / "source", name, name.encode())
    cut = make_trial(None, name=f"{long[:32]}__abc1234")
    with open_source_tasks(str(tmp_path / "source"), trials=[cut]) as tasks:
        assert tasks.find_files(cut) is None
        files = tasks.find_files(make_trial(long, name=cut.name))
    assert files is not None
    assert files.contents["instruction.md"] == long.encode()


@pytest.mark.parametrize("kind", ["folder", "table"])
def test_path_like_task_is_found_by_its_last_part(tmp_path: Path, kind: str) -> None:
    source = tmp_path / "source"
    write_task(source / "bench", "build", b"built")
    path = source
    if kind == "table":
        path = tmp_path / "tasks.parquet"
        row = {"path": "bench/build", "task_binary": pack_files(load_folder(source / "bench" / "build"))}
        pq.write_table(pa.Table.from_pylist([row]), path)
    for task in ("bench/build", "build", "/data/tasks/build", "other/build/"):
        trial = make_trial(task)
        with open_source_tasks(str(path), trials=[trial]) as tasks:
            files = tasks.find_files(trial)
        assert files is not None
        assert files.contents["instruction.md"] == b"built"
    with open_source_tasks(str(path), trials=[make_trial("rebuild")]) as tasks:
        assert tasks.find_files(make_trial("rebuild")) is None


def test_last_part_that_two_tasks_of_the_traces_share_decides_nothing(tmp_path: Path) -> None:
    write_task(tmp_path / "source", "build", b"whose?")
    trials = [make_trial("a/build"), make_trial("b/build", number=1)]
    with open_source_tasks(str(tmp_path / "source"), trials=trials) as tasks:
        with pytest.raises(SourceError, match='Several tasks in the traces end in "build"'):
            tasks.find_files(trials[0])
        assert tasks.find_files(make_trial("build")) is not None


def test_last_part_that_two_source_tasks_share_decides_nothing(tmp_path: Path) -> None:
    for bench in ("a", "b"):
        write_task(tmp_path / "source" / bench, "build", bench.encode())
    whole, part = make_trial("b/build"), make_trial("build")
    with open_source_tasks(str(tmp_path / "source"), trials=[whole]) as tasks:
        files = tasks.find_files(whole)
        assert files is not None
        assert files.contents["instruction.md"] == b"b"
    several = pytest.raises(SourceError, match='Several tasks have this name: "build"')
    with open_source_tasks(str(tmp_path / "source"), trials=[part]) as tasks, several:
        tasks.find_files(part)


def test_task_is_found_by_the_name_in_its_own_file(tmp_path: Path) -> None:
    toml = b'[task]\nname = "acme/flights"\n'
    write_task(tmp_path / "source", "folder-17", b"found", **{"task.toml": toml})
    trial = make_trial("acme/flights")
    with open_source_tasks(str(tmp_path / "source"), trials=[trial]) as tasks:
        assert tasks.find_files(trial) is not None


def test_equal_archives_are_one_task_however_often_they_are_there(tmp_path: Path, root: Path) -> None:
    binary = pack_files(load_folder(root / "book-0"))
    rows = [{"path": f"{folder}/book-0", "task_binary": binary} for folder in ("a", "b")]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "tasks.parquet")
    trial = make_trial("book-0")
    with open_source_tasks(str(tmp_path / "tasks.parquet"), trials=[trial]) as tasks:
        assert tasks.find_files(trial) is not None


def test_task_of_several_steps_is_refused_with_the_reason(store: Store, tmp_path: Path) -> None:
    folder = write_task(tmp_path / "source", "book-0", b"", **{"steps/one/instruction.md": b"First"})
    (folder / "instruction.md").unlink()
    dataset, _ = make_approved(store, 1)
    with pytest.raises(PublishError, match="has no instruction.md: tasks of several steps cannot carry hints"):
        publish_folder(store, dataset, tmp_path / "out", tasks=str(tmp_path / "source"))


def test_unmatched_trial_is_published_without_verifier_if_asked_for(store: Store, tmp_path: Path, root: Path) -> None:
    dataset, _ = make_approved(store, 3)
    options: dict[str, Any] = {"tasks": str(root), "unmatched": Unmatched.WITHOUT_VERIFIER}
    preview = look(store, dataset, tmp_path / "out", **options)
    assert [note.trial for note in preview.warnings if note.is_unmatched] == ["flight-2"]
    result = publish_folder(store, dataset, tmp_path / "out", **options)
    assert (result.trials, result.left_out) == (3, [])
    tasks = unpack_tasks(tmp_path / "out", tmp_path / "tasks")
    verified = [json.loads((task / "metadata.json").read_text() or "{}").get("has_verifier") for task in tasks.values()]
    assert (verified[0], verified[2]) == (True, False)
    assert not (tasks["flights-0002"] / "tests").exists()
    card = (tmp_path / "out" / "README.md").read_text()
    assert "2 of 3 tasks have the verifier of their source task; the others have none" in card


def test_difference_to_the_traces_is_shown_before_publishing_only(store: Store, tmp_path: Path, root: Path) -> None:
    (root / "book-0" / "instruction.md").write_text("Book flight 0\nand pay.")
    dataset, _ = make_approved(store, 1)
    preview = look(store, dataset, tmp_path / "out", tasks=str(root))
    assert preview.warnings[0].diff.splitlines() == [
        "@@ -1 +1,2 @@",
        "-Task: book flight 0",
        "+Book flight 0",
        "+and pay.",
    ]
    assert publish_folder(store, dataset, tmp_path / "out", tasks=str(root)).warnings[0].diff == ""


def test_marker_in_front_of_the_task_is_no_difference(store: Store, root: Path) -> None:
    (root / "book-0" / "instruction.md").write_text("book flight 0\n")
    dataset, _ = make_approved(store, 1)
    assert look(store, dataset, root.parent / "out", tasks=str(root)).warnings == []


def test_limits_that_were_lowered_refuse_a_task_by_name(store: Store, tmp_path: Path, root: Path) -> None:
    (root / "book-0" / "big.bin").write_bytes(b"\0" * (2 << 20))
    for number in range(9):
        (root / "book-1" / f"{number}.txt").write_text("x")
    dataset, _ = make_approved(store, 3)
    for source in (root, write_table(root, tmp_path / "tasks.parquet")):
        preview = look(store, dataset, tmp_path / "out", tasks=str(source), max_task_mb=1, max_task_files=9)
        reasons = {note.trial: note.reason for note in preview.left_out}
        assert "'big.bin'" in reasons["flight-0"]
        assert "1 MB" in reasons["flight-0"]
        assert "more than 9 entries" in reasons["flight-1"]


def test_trial_name_is_the_name_where_there_is_no_task(store: Store, tmp_path: Path) -> None:
    write_task(tmp_path / "source", "flight-0", b"Book")
    dataset, _ = make_approved(store, 1, task=None)
    assert publish_folder(store, dataset, tmp_path / "out", tasks=str(tmp_path / "source")).trials == 1


def test_secret_in_a_carried_file_keeps_the_task_back(store: Store, tmp_path: Path, root: Path) -> None:
    (root / "book-0" / "notes.txt").write_text("AKIA" + "QWERTYUIOPASDFGH")
    dataset, _ = make_approved(store)
    (left_out,) = publish_folder(store, dataset, tmp_path / "out", tasks=str(root)).left_out
    assert left_out.reason.startswith("Its file 'notes.txt' holds a secret (AWS access key)")


@pytest.mark.parametrize("target", ["/etc/passwd", "../book-1"])
def test_link_in_a_task_folder_is_refused_by_name(store: Store, tmp_path: Path, root: Path, target: str) -> None:
    (root / "book-0" / "tests" / "link").symlink_to(target)
    dataset, _ = make_approved(store)
    (left_out,) = publish_folder(store, dataset, tmp_path / "out", tasks=str(root)).left_out
    assert "'tests/link' is a link or a device" in left_out.reason


def test_task_folder_that_is_a_link_is_no_task(tmp_path: Path, root: Path) -> None:
    (root / "book-9").symlink_to(root / "book-0")
    with open_source_tasks(str(root), trials=()) as tasks:
        assert tasks.find_files(make_trial("book-9")) is None


def test_hostile_archive_leaves_its_trial_out_by_name(store: Store, tmp_path: Path, root: Path) -> None:
    good = pack_files(load_folder(root / "book-1"))
    rows = [{"path": "book-0", "task_binary": pack_files(TaskFiles({"../x": b""}))}]
    path = tmp_path / "tasks.parquet"
    pq.write_table(pa.Table.from_pylist([*rows, {"path": "book-1", "task_binary": good}]), path)
    dataset, _ = make_approved(store)
    result = publish_folder(store, dataset, tmp_path / "out", tasks=str(path))
    assert result.trials == 1
    assert "\"book-0\" cannot be used. Its entry '../x' has a name that leads elsewhere" in result.left_out[0].reason


def test_task_without_an_instruction_is_left_out(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "tasks.parquet"
    rows = [{"path": "book-0", "task_binary": pack_files(TaskFiles({"task.toml": b""}))}]
    pq.write_table(pa.Table.from_pylist(rows), path)
    dataset, _ = make_approved(store, 1)
    with pytest.raises(PublishError, match='"book-0" has no instruction.md'):
        publish_folder(store, dataset, tmp_path / "out", tasks=str(path))


def test_two_tasks_of_one_name_are_not_guessed_between(store: Store, tmp_path: Path) -> None:
    rows = [
        {"path": f"{folder}/book-0", "task_binary": pack_files(TaskFiles({"instruction.md": folder.encode()}))}
        for folder in ("a", "b")
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "tasks.parquet")
    dataset, _ = make_approved(store, 1)
    with pytest.raises(PublishError, match="Several tasks have this name"):
        publish_folder(store, dataset, tmp_path / "out", tasks=str(tmp_path / "tasks.parquet"))


def test_only_wanted_archives_are_put_aside(tmp_path: Path, root: Path) -> None:
    path = write_table(root, tmp_path / "tasks.parquet")
    with open_source_tasks(str(path), trials=[make_trial("book-1")]) as tasks:
        assert tasks.find_files(make_trial("book-0")) is None
        assert tasks.find_files(make_trial("book-1")) is not None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"x": [1]}, "it needs the columns path"),
        ({"path": ["a"], "task": ["b"]}, "it needs the columns path"),
        ({"path": [None], "task_binary": [b""]}, "row 0: no task in it"),
        ({"path": ["a"], "task_binary": [None]}, "row 0: no task in it"),
        ({"path": ["a"], "task_binary": ["no base64!"]}, "task_binary is not base64"),
        (None, "not a readable parquet file"),
    ],
)
def test_table_that_holds_no_tasks_is_refused(tmp_path: Path, content: dict[str, object] | None, reason: str) -> None:
    path = tmp_path / "tasks.parquet"
    if content is None:
        path.write_bytes(b"no parquet")
    else:
        pq.write_table(pa.table(content), path)
    with pytest.raises(SourceError, match=reason), open_source_tasks(str(path), trials=[make_trial("a")]):
        pass


@pytest.mark.parametrize(
    ("name", "reason"),
    [("absent/", "no task folders"), ("absent.parquet", "There is no"), ("notes.txt", "holds no tasks")],
)
def test_place_without_tasks_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    if name.endswith("/"):
        (tmp_path / name).mkdir()
    elif name == "notes.txt":
        (tmp_path / name).write_text("x")
    with pytest.raises(SourceError, match=reason), open_source_tasks(str(tmp_path / name), trials=()):
        pass


def test_task_folder_that_is_too_large_is_refused(root: Path) -> None:
    with pytest.raises(SourceError, match="more than 0 MB, with 'instruction.md'"):
        load_folder(root / "book-0", ArchiveLimits(max_bytes=10))
    with pytest.raises(SourceError, match="more than 2 entries; one is 'solution'"):
        load_folder(root / "book-0", ArchiveLimits(max_entries=2))


@pytest.mark.parametrize("name", ["metadata.json/x", "Metadata.json"])
def test_metadata_stands_beside_whatever_bears_its_name(store: Store, tmp_path: Path, name: str) -> None:
    dataset, _ = make_approved(store, 1)
    write_task(tmp_path / "source", "book-0", b"Task: book flight 0", **{name: b"theirs"})
    for layout in ("archive", "folders"):
        out = tmp_path / layout
        result = publish_folder(store, dataset, out, tasks=str(tmp_path / "source"), layout=layout)
        assert (result.trials, result.left_out) == (1, [])
    files = list_files(next((tmp_path / "folders" / "tasks").iterdir()))
    assert files[name] == b"theirs"
    assert json.loads(files["trace_hints_metadata.json"])["trial_name"] == "flight-0"


def test_task_without_a_place_for_its_metadata_is_left_out_alone(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store, 2)
    more = {"metadata.json": b"{}", "trace_hints_metadata.json/x": b""}
    write_task(tmp_path / "source", "book-0", b"Task: book flight 0", **more)
    write_task(tmp_path / "source", "book-1", b"Task: book flight 1")
    result = publish_folder(store, dataset, tmp_path / "out", tasks=str(tmp_path / "source"))
    assert result.trials == 1
    assert "has something named trace_hints_metadata.json" in result.left_out[0].reason
