"""Shapes 7 to 10 of the domain's list: names of episodes, trials and tasks, results that differ, rows that repeat."""

from pathlib import Path
from typing import Any

import pytest

from core.models import Grouping, Outcome
from core.store import Store
from tests.builders import FORMATS, import_list, import_path, make_prefix_rows, make_row, say, talk, write_rows

PLAIN = talk("Task: list the files", "ls -la")


def make_runs(values: list[Any], column: str, **columns: Any) -> list[dict[str, Any]]:
    """One row per value, each a run of its own."""
    return [make_row(talk("Task: count", f"run {n}"), **{column: value}, **columns) for n, value in enumerate(values)]


@pytest.mark.parametrize("suffix", FORMATS)
def test_prefixes_are_found_whatever_the_order_of_episode_names(store: Store, tmp_path: Path, suffix: str) -> None:
    rows = make_prefix_rows([f"turn {n}" for n in range(24)])
    by_name = sorted(rows, key=lambda row: str(row["episode"]))
    assert [row["episode"] for row in by_name[:4]] == ["episode-0", "episode-1", "episode-10", "episode-11"]
    found = import_path(store, write_rows(tmp_path / f"a{suffix}", by_name))
    assert found.attempt.attempt.message_count == 24
    assert {episode.name: episode.message_count for episode in found.attempt.episodes} == {
        f"episode-{n}": 2 * n + 2 for n in range(12)
    }


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["episode_0003", "episode_0001", "episode-9"], ["episode_0003", "episode_0001", "episode-9"]),
        ([7, 2, 9], ["7", "2", "9"]),
        ([3.0, 1.5, 0.0], ["3.0", "1.5", "0.0"]),
        ([None, "episode-1", ""], ["row-0", "episode-1", "row-2"]),
        (["episode-1", "episode-1", "episode-5"], ["episode-1", "episode-1", "episode-5"]),
        ([0, 0, 5], ["0", "0", "5"]),
    ],
    ids=["padded", "integers", "floats", "missing", "duplicates", "numbers twice"],
)
def test_an_episode_is_named_by_its_raw_value(
    store: Store, tmp_path: Path, values: list[Any], names: list[str], suffix: str
) -> None:
    found = import_path(store, write_rows(tmp_path / f"a{suffix}", make_runs(values, "episode")))
    assert [name for attempt in found.attempts for name in attempt.episode_names] == names


def test_episode_values_of_several_kinds_live_in_one_file(store: Store) -> None:
    values = ["episode-1", 7, 3.0, None, True, float("nan")]
    found = import_list(store, make_runs(values, "episode"))
    assert [attempt.episode_names for attempt in found.attempts] == [
        ["episode-1"], ["7"], ["3.0"], ["row-3"], ["True"], ["row-5"],
    ]  # fmt: skip


@pytest.mark.parametrize("suffix", FORMATS)
def test_rows_without_a_trial_name_are_trials_of_their_own(store: Store, tmp_path: Path, suffix: str) -> None:
    rows = [
        make_row(PLAIN, trial_name=None),
        make_row(PLAIN, trial_name="unknown-trial"),
        make_row(PLAIN, trial_name=""),
        make_row(PLAIN, trial_name="known"),
        make_row(PLAIN, trial_name="unknown-trial"),
    ]
    found = import_path(store, write_rows(tmp_path / f"a{suffix}", rows))
    assert [trial.trial.name for trial in found.trials] == ["row-0", "row-1", "row-2", "known", "row-4"]
    assert len(found.attempts) == 5


def test_a_trial_that_is_called_like_an_unnamed_row_is_another_trial(store: Store) -> None:
    rows = [make_row(PLAIN, trial_name="row-1"), make_row(talk("Task: b", "c"), trial_name=None)]
    assert [trial.trial.name for trial in import_list(store, rows).trials] == ["row-1", "row-1"]


NAMES = {
    "path-like": "../../etc/passwd",
    "absolute": "/tmp/x/../y",
    "windows": "C:\\traces\\a b",
    "very long": "n" * 20_000,
    "not English": "Übung-任务-🚀",
    "spaces": " padded ",
    "html": "<img src=x onerror=alert(1)>",
    "sql": "'; DROP TABLE trials; --",
}


@pytest.mark.parametrize("suffix", FORMATS)
def test_odd_trial_names_are_kept_as_they_are(store: Store, tmp_path: Path, suffix: str) -> None:
    rows = [make_row(talk("Task: x", key), trial_name=name) for key, name in NAMES.items()]
    found = import_path(store, write_rows(tmp_path / f"a{suffix}", rows))
    assert [trial.trial.name for trial in found.trials] == list(NAMES.values())


def test_a_number_as_trial_name_is_a_name(store: Store) -> None:
    assert [trial.trial.name for trial in import_list(store, make_runs([7, 7, 8], "trial_name")).trials] == ["7", "8"]


@pytest.mark.parametrize("suffix", FORMATS)
def test_rows_of_one_task_are_one_trial_under_task_grouping(store: Store, tmp_path: Path, suffix: str) -> None:
    rows = [
        *make_prefix_rows(["Task: sort", "a", "b", "c"], trial_name="sort__1", task="sort", result="1.0"),
        *make_prefix_rows(["Task: sort", "d", "e", "f"], trial_name="sort__2", task="sort", result="0.0"),
        make_row(talk("Task: other", "x"), trial_name="other__1", task="other"),
    ]
    path = write_rows(tmp_path / f"a{suffix}", rows)
    by_name, by_task = import_path(store, path), import_path(store, path, group_by=Grouping.TASK)
    assert [trial.trial.name for trial in by_name.trials] == ["sort__1", "sort__2", "other__1"]
    assert [trial.trial.name for trial in by_task.trials] == ["sort", "other"]
    assert [attempt.attempt.outcome for attempt in by_task.trials[0].attempts] == [Outcome.SUCCESS, Outcome.FAILURE]
    assert (by_name.report.shared_tasks, by_task.report.shared_tasks) == (1, 1)


def test_episodes_are_named_by_trial_and_episode_under_task_grouping(store: Store) -> None:
    rows = [
        *make_prefix_rows(["Task: sort", "a", "b", "c"], trial_name="sort__1", task="sort"),
        make_row(talk("Task: sort", "d"), trial_name="sort__2", task="sort", episode=None),
        make_row(talk("Task: x", "y"), trial_name="alone", task=None),
    ]
    assert [attempt.episode_names for attempt in import_list(store, rows, group_by=Grouping.TASK).attempts] == [
        ["sort__1/episode-0", "sort__1/episode-1"],
        ["sort__2/row-2"],
        ["alone/episode-0"],
    ]
    by_name = {trial.trial.name: trial.attempts for trial in import_list(store, rows).trials}
    assert [attempt.episode_names for attempt in by_name["sort__1"]] == [["episode-0", "episode-1"]]


@pytest.mark.parametrize("suffix", FORMATS)
def test_rows_without_a_task_are_grouped_by_trial_name_under_task_grouping(
    store: Store, tmp_path: Path, suffix: str
) -> None:
    rows = [
        make_row(talk("Task: a", "1"), trial_name="a__1", task="a"),
        make_row(talk("Task: b", "2"), trial_name="b__1", task=None),
        make_row(talk("Task: b", "3"), trial_name="b__1", task=None),
        make_row(talk("Task: c", "4"), trial_name="c__1", task=" "),
        make_row(talk("Task: d", "5"), trial_name="unknown-trial", task=None),
        make_row(talk("Task: a", "6"), trial_name="a__2", task="a"),
    ]
    found = import_path(store, write_rows(tmp_path / f"a{suffix}", rows), group_by=Grouping.TASK)
    assert [(trial.trial.name, len(trial.attempts)) for trial in found.trials] == [
        ("a", 2), ("b__1", 2), ("c__1", 1), ("row-4", 1),
    ]  # fmt: skip


def test_a_trial_name_called_like_a_task_is_another_trial_under_task_grouping(store: Store) -> None:
    rows = [
        make_row(talk("Task: a", "1"), trial_name="x", task="same"),
        make_row(talk("Task: b", "2"), trial_name="same", task=None),
    ]
    assert [trial.trial.name for trial in import_list(store, rows, group_by=Grouping.TASK).trials] == ["same", "same"]


@pytest.mark.parametrize("tasks", [("a", "b"), ("a", None), (None, "a")])
def test_a_trial_name_with_two_tasks_makes_two_trials_under_task_grouping(
    store: Store, tasks: tuple[str | None, str | None]
) -> None:
    # the shorter row is a prefix of the longer one, which now belongs to another trial
    short, long = make_prefix_rows(["Task: sort", "a", "b", "c"], trial_name="t")
    found = import_list(store, [short | {"task": tasks[0]}, long | {"task": tasks[1]}], group_by=Grouping.TASK)
    assert [len(trial.attempts) for trial in found.trials] == [1, 1]
    assert [attempt.attempt.message_count for attempt in found.attempts] == [2, 4]


def test_prefixes_count_within_one_source_trial_only_under_task_grouping(store: Store) -> None:
    rows = [
        make_row(talk("Task: sort", "a"), trial_name="sort__1", task="sort"),
        make_row(talk("Task: sort", "a", "b", "c"), trial_name="sort__2", task="sort"),
    ]
    found = import_list(store, rows, group_by=Grouping.TASK)
    assert [attempt.attempt.source_trial_name for attempt in found.trial.attempts] == ["sort__1", "sort__2"]


@pytest.mark.parametrize("suffix", FORMATS)
def test_results_that_differ_inside_one_trial_belong_to_their_attempts(
    store: Store, tmp_path: Path, suffix: str
) -> None:
    values = ["1.0", "0.0", "0.5", "AgentTimeoutError", "", None, "nan"]
    found = import_path(store, write_rows(tmp_path / f"a{suffix}", make_runs(values, "result")))
    assert [attempt.attempt.outcome for attempt in found.trial.attempts] == [
        Outcome.SUCCESS,
        Outcome.FAILURE,
        Outcome.PARTIAL,
        Outcome.ERROR,
        Outcome.UNKNOWN,
        Outcome.UNKNOWN,
        Outcome.UNKNOWN,
    ]
    assert [attempt.attempt.result for attempt in found.trial.attempts] == values


@pytest.mark.parametrize("suffix", FORMATS)
def test_identical_rows_are_one_attempt_with_an_episode_each(store: Store, tmp_path: Path, suffix: str) -> None:
    rows = [make_row(PLAIN, episode=f"episode-{n}", result="1.0") for n in range(3)]
    found = import_path(store, write_rows(tmp_path / f"a{suffix}", rows))
    assert found.attempt.episode_names == ["episode-0", "episode-1", "episode-2"]
    assert [episode.message_count for episode in found.attempt.episodes] == [2, 2, 2]


@pytest.mark.parametrize("suffix", FORMATS)
def test_rows_that_share_a_prefix_and_then_diverge_are_attempts(store: Store, tmp_path: Path, suffix: str) -> None:
    shared = talk("Task: sort", "look", "files", "think")
    rows = [
        make_row(shared[:2], episode="episode-0"),
        make_row([*shared, say("user", "go on"), say("assistant", "left")], episode="episode-1"),
        make_row([*shared, say("user", "go on"), say("assistant", "right")], episode="episode-2"),
        make_row(shared, episode="episode-3"),
    ]
    found = import_path(store, write_rows(tmp_path / f"a{suffix}", rows))
    assert [attempt.texts[-1] for attempt in found.attempts] == ["left", "right"]
    # the shared beginning belongs to exactly one of them
    assert [attempt.episode_names for attempt in found.attempts] == [
        ["episode-0", "episode-1", "episode-3"],
        ["episode-2"],
    ]


def test_rows_that_differ_only_in_roles_are_not_prefixes_of_each_other(store: Store) -> None:
    rows = [make_row([say("user", "a")]), make_row([say("system", "a"), say("assistant", "b")])]
    assert len(import_list(store, rows).attempts) == 2


def test_trials_are_numbered_in_order_of_first_appearance(store: Store) -> None:
    names = ["b", "a", "b", "c", "a"]
    rows = [make_row(talk("Task: x", str(n)), trial_name=name) for n, name in enumerate(names)]
    found = import_list(store, rows)
    assert [(trial.trial.number, trial.trial.name) for trial in found.trials] == [(0, "b"), (1, "a"), (2, "c")]
    assert [[attempt.attempt.number for attempt in trial.attempts] for trial in found.trials] == [[1, 2], [1, 2], [1]]


def test_other_columns_are_kept_with_the_attempt(store: Store) -> None:
    rows = [
        make_row(
            PLAIN,
            agent="terminus-2",
            model="m",
            run_id="r",
            verifier_output={"expected": "42", "more": None},
            tool_definitions=[{"name": "ls", "parameters": {"path": {"type": "string", "default": None}}, "x": None}],
        )
    ]
    found = import_list(store, rows)
    attempt = found.attempt.attempt
    assert (attempt.agent, attempt.model, attempt.run_id) == ("terminus-2", "m", "r")
    assert store.traces.find_verifier_output(attempt.id) == '{"expected": "42"}'
    tools = '[{"name": "ls", "parameters": {"path": {"type": "string"}}}]'
    assert store.traces.load_attempt(attempt.id).tool_definitions == tools


def test_tool_definitions_as_json_text_lose_their_nulls_and_other_text_stays(store: Store) -> None:
    texts = ['[{"name": "ls", "strict": null}]', "ls: null and void", "null", '{"a": "no nulls"}']
    rows = [make_row(talk("Task: x", str(n)), trial_name=str(n), tool_definitions=text) for n, text in enumerate(texts)]
    kept = [store.traces.load_attempt(found.attempt.id).tool_definitions for found in import_list(store, rows).attempts]
    assert kept == ['[{"name": "ls"}]', "ls: null and void", None, '{"a": "no nulls"}']
