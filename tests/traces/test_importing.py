"""One import: the same thing twice, what is left behind when it fails, and the report."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import JobStopped, SourceError, WorkerReplaced
from core.progress import Progress
from core.store import Store, open_store
from core.traces.assembly import TRIALS_AT_ONCE
from core.traces.importing import build_dataset_key, import_source
from core.traces.options import ImportOptions
from core.traces.sources import SourceIdentity, SourceRequest, load_source
from core.traces.windows import WINDOW_ROWS
from tests.builders import (
    FORMATS,
    ListSource,
    Row,
    import_list,
    import_path,
    make_prefix_rows,
    make_row,
    run_sql,
    talk,
    write_rows,
)

TABLES = ("datasets", "trials", "attempts", "episodes", "conversations", "texts", "set_aside", "findings")
ROWS = [
    *make_prefix_rows(["Task: x", "a", "b", "c"], trial_name="x", verifier_output="expected"),
    make_row(talk("Task: y", "d"), trial_name="y"),
    make_row([], trial_name="z"),
]


def count_rows(home: Path) -> dict[str, int]:
    return {table: run_sql(home, f"SELECT COUNT(*) FROM {table}")[0][0] for table in TABLES}


@pytest.mark.parametrize("suffix", FORMATS)
def test_importing_the_same_file_twice_says_so_and_doubles_nothing(store: Store, tmp_path: Path, suffix: str) -> None:
    path = write_rows(tmp_path / f"a{suffix}", ROWS)
    first = import_path(store, path)
    before = count_rows(tmp_path / "home")
    second = import_path(store, path)
    assert (first.was_there, second.was_there) == (False, True)
    assert (second.dataset, second.report) == (first.dataset, first.report)
    assert count_rows(tmp_path / "home") == before


def test_the_same_file_under_another_path_is_the_same_dataset(store: Store, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.jsonl", ROWS)
    (tmp_path / "other").mkdir()
    copy = Path(shutil.copy(path, tmp_path / "other" / "a.jsonl"))
    (tmp_path / "link.d").symlink_to(tmp_path / "other")
    first = import_path(store, path)
    assert import_path(store, copy).dataset == first.dataset
    assert import_path(store, tmp_path / "link.d" / "a.jsonl").was_there


def test_a_file_that_changed_is_another_dataset(store: Store, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.jsonl", ROWS)
    first = import_path(store, path)
    second = import_path(store, write_rows(path, ROWS[:1]))
    assert not second.was_there
    assert [dataset.id for dataset in store.traces.list_datasets()] == [second.dataset.id, first.dataset.id]
    assert first.dataset.revision != second.dataset.revision


@pytest.mark.parametrize(
    "options", [{"group_by": "task"}, {"markers": ("# Task",)}, {"cut_at_marker": True}], ids=lambda o: next(iter(o))
)
def test_other_options_make_another_dataset(store: Store, options: dict[str, Any]) -> None:
    first, second = import_list(store, ROWS), import_list(store, ROWS, **options)
    assert not second.was_there
    assert first.dataset.key != second.dataset.key
    assert import_list(store, ROWS, **options).was_there
    assert import_list(store, ROWS).was_there


def test_conversations_of_several_datasets_are_stored_once(store: Store, tmp_path: Path) -> None:
    import_list(store, ROWS)
    before = count_rows(tmp_path / "home")["conversations"]
    import_list(store, ROWS, group_by="task")
    assert count_rows(tmp_path / "home")["conversations"] == before


def test_each_part_of_the_identity_makes_another_key() -> None:
    base = SourceIdentity("hub", "n", "o/n", "c", "s", "r", notes=("a note",), licence="mit")
    others = [
        base._replace(kind="file"),
        base._replace(source="p/n"),
        base._replace(config="d"),
        base._replace(config=None),
        base._replace(split="t"),
        base._replace(revision="q"),
    ]
    keys = {build_dataset_key(identity, ImportOptions()) for identity in (base, *others)}
    assert len(keys) == len(others) + 1
    assert build_dataset_key(base._replace(notes=(), licence=None), ImportOptions()) in keys


# --- nothing is left behind

MANY = [
    make_row(talk(f"Task: {n}", "a"), trial_name=f"t{n}", verifier_output=f"v{n}", instruction=f"i{n}")
    for n in range(2 * WINDOW_ROWS + TRIALS_AT_ONCE)
]


def stop_at(at_stage: str, call: int, error: BaseException) -> Progress:
    """Progress that asks for a stop at the given report of a stage."""
    seen: list[str] = []

    def progress(stage: str, *, done: int = 0, total: int | None = None, failed: int = 0) -> None:
        seen.append(stage)
        if (stage, seen.count(stage)) == (at_stage, call):
            raise error

    return progress


@pytest.mark.parametrize("error", [JobStopped("Cancelled by a person."), KeyboardInterrupt(), MemoryError()])
@pytest.mark.parametrize(
    ("stage", "call"),
    [("reading rows", 1), ("reading rows", 3), ("finding attempts", 1), ("finding attempts", 4)],
)
def test_an_import_that_is_stopped_leaves_nothing_behind(
    store: Store, tmp_path: Path, stage: str, call: int, error: BaseException
) -> None:
    kept = import_list(store, ROWS)
    before = count_rows(tmp_path / "home")
    with pytest.raises(type(error)):
        import_list(store, MANY, progress=stop_at(stage, call, error))
    assert count_rows(tmp_path / "home") == before
    assert [dataset.id for dataset in store.traces.list_datasets()] == [kept.dataset.id]
    # what was imported before is whole, although it shares texts with what was stopped
    assert [attempt.texts for attempt in kept.attempts] == [["Task: x", "a", "b", "c"], ["Task: y", "d"]]
    assert len(import_list(store, MANY).trials) == len(MANY)


class BreakingSource(ListSource):
    """Rows that cannot be read to the end."""

    def list_rows(self) -> Iterator[Row]:
        yield from MANY[: WINDOW_ROWS + 5]
        raise SourceError("The connection broke. Try again.")


def test_an_import_that_fails_in_the_middle_leaves_nothing_behind(store: Store, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="connection broke"):
        import_source(store, BreakingSource(MANY), ImportOptions())
    assert set(count_rows(tmp_path / "home").values()) == {0}


def test_a_broken_line_at_the_end_leaves_nothing_behind(store: Store, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.jsonl", MANY)
    path.write_text(path.read_text() + "{broken\n")
    with pytest.raises(SourceError, match=f"line {len(MANY) + 1}"):
        import_path(store, path)
    assert set(count_rows(tmp_path / "home").values()) == {0}


@pytest.mark.parametrize("stage", ["reading rows", "finding attempts"])
def test_a_broken_earlier_import_is_replaced(tmp_path: Path, stage: str) -> None:
    # a worker that lost its lease must leave everything to its successor, as one that was killed does
    with open_store(tmp_path / "home") as store, pytest.raises(WorkerReplaced):
        import_list(store, MANY, progress=stop_at(stage, 2, WorkerReplaced("Another worker took over.")))
    with open_store(tmp_path / "home") as store:
        assert store.traces.list_datasets() == []
        found = import_list(store, MANY)
        assert not found.was_there
        assert [trial.trial.number for trial in found.trials] == list(range(len(MANY)))
    counts = count_rows(tmp_path / "home")
    assert (counts["datasets"], counts["trials"], counts["conversations"]) == (1, len(MANY), len(MANY))


def test_what_a_killed_import_left_is_gone_after_the_next_one(tmp_path: Path) -> None:
    with open_store(tmp_path / "home") as store, pytest.raises(WorkerReplaced):
        import_list(store, MANY, progress=stop_at("reading rows", 2, WorkerReplaced("Another worker took over.")))
    with open_store(tmp_path / "home") as store:
        import_list(store, ROWS)
    counts = count_rows(tmp_path / "home")
    assert (counts["datasets"], counts["conversations"], counts["texts"]) == (1, 2, 1)


# --- progress and report


def test_progress_tells_real_counts(store: Store) -> None:
    seen: list[tuple[str, int, int | None]] = []

    def watch(stage: str, *, done: int = 0, total: int | None = None, failed: int = 0) -> None:
        seen.append((stage, done, total))

    import_list(store, MANY, progress=watch)
    rows = len(MANY)
    assert seen[:3] == [("reading rows", done, rows) for done in (WINDOW_ROWS, 2 * WINDOW_ROWS, rows)]
    assert seen[-1] == ("finding attempts", rows, rows)


@pytest.mark.parametrize(("suffix", "total"), [(".parquet", 4), (".jsonl", 4), (".json", None)])
def test_the_number_of_rows_is_known_beforehand_where_the_format_says_it(
    tmp_path: Path, suffix: str, total: int | None
) -> None:
    path = write_rows(tmp_path / f"a{suffix}", ROWS)
    assert load_source(SourceRequest(source=str(path))).count_rows() == total


def test_the_report_counts_what_was_found(store: Store) -> None:
    rows = [
        *make_prefix_rows(["Task: x", "aaaa", "bbbb", "cccc"], trial_name="x", task="k", result="1.0"),
        make_row(talk("Task: x", "dddd"), trial_name="y", task="k", result="0.0"),
        make_row([], trial_name="z"),
    ]
    report = import_list(store, rows).report
    assert (report.rows, report.episodes, report.set_aside) == (4, 3, 1)
    assert (report.trials, report.attempts, report.shared_tasks) == (2, 2, 1)
    assert report.outcomes == {"success": 1, "failure": 1}
    assert report.task_sources == {'marker "Task:"': 2}
    assert report.characters_per_row == 11 + 19 + 11
    assert report.characters_per_attempt == 19 + 11
    assert (report.tokens_per_row, report.tokens_per_attempt) == (10, 7)


def test_the_report_is_kept_with_the_dataset(store: Store) -> None:
    found = import_list(store, ROWS)
    assert store.traces.find_report(found.dataset.id) == found.report.model_dump_json()
    assert found.dataset.ready


def test_grouping_by_task_is_recommended_when_trials_share_a_task(store: Store) -> None:
    def share(*tasks: str | None) -> int:
        rows = [make_row(talk("Task: x", str(n)), trial_name=f"t{n}", task=task) for n, task in enumerate(tasks)]
        return import_list(store, rows).report.shared_tasks

    assert share("a", "a", "b") == 1
    assert share("a", "b", None) == 0
    assert share(None, None) == 0
    assert share("a", "a", "b", "b", "b") == 2


@pytest.mark.parametrize("make", [list, iter], ids=["list", "iterator"])
def test_a_source_may_stream_its_rows(store: Store, make: Callable[[list[Row]], Any]) -> None:
    class Streamed(ListSource):
        def list_rows(self) -> Iterator[Row]:
            return iter(make(ROWS))

    assert import_source(store, Streamed(ROWS), ImportOptions()).report.attempts == 2
