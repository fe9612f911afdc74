import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.publishing.manifest import HeldTask, ManifestTask, parse_manifest
from core.publishing.spool import Spool
from core.publishing.task_lines import TaskLines

TASKS = [
    ManifestTask("p-0000", 'odd "],\n ]\n}\n', 0, "00", ["d1", "d2"]),
    ManifestTask("p-0000-plain", "odd\u2028", 0, "01", [], "p-0000"),
]
HEAD = b'{\n "schema_version": 1,\n "source": {"dataset": "a"},\n "files": {"x": "y"},\n "tasks": [\n'
TAIL = b"\n ]\n}\n"


def write_lines(*tasks: ManifestTask) -> TaskLines:
    lines = TaskLines(io.BytesIO())
    for task in tasks:
        lines.add(task)
    return lines


def test_tasks_come_back_as_often_as_they_are_asked_for() -> None:
    lines = write_lines(*TASKS)
    assert list(lines) == list(lines) == TASKS
    lines.add(TASKS[0])
    assert len(lines) == len(list(lines)) == 3


def test_manifest_is_read_the_same_however_it_is_laid_out() -> None:
    content = HEAD + b",\n".join(b"  " + line for line in write_lines(*TASKS).iterate_lines()) + TAIL
    found = parse_manifest(content)
    assert found is not None
    assert found == parse_manifest(json.dumps(json.loads(content)).encode())
    assert found.tasks == [HeldTask(task.folder, task.trial_name, task.content_sha256) for task in TASKS]
    assert found.files == {"x": "y"}


@pytest.mark.parametrize("line", [b"  {}", b"  {},\n  {}", b"  1", b'  {"folder": "a"', b"\xff"])
def test_manifest_with_a_task_that_is_none_is_not_ours(line: bytes) -> None:
    assert parse_manifest(HEAD + line + TAIL) is None


@given(contents=st.lists(st.tuples(st.integers(0, 3), st.binary(max_size=50))))
def test_what_was_put_aside_last_comes_back(contents: list[tuple[int, bytes]]) -> None:
    spool = Spool[int](io.BytesIO())
    for key, content in contents:
        spool.put(key, content)
        assert spool.find(key) == content
    assert {key: spool.find(key) for key in dict(contents)} == dict(contents)
    assert spool.find(4) is None
