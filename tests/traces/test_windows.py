"""Rows are read in windows; nothing that is found may depend on where a window ends."""

import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.store import Store
from core.traces.importing import import_source
from core.traces.options import ImportOptions
from core.traces.sources import SourceIdentity
from core.traces.windows import WINDOW_CHARACTERS, WINDOW_ROWS
from tests.builders import Imported, Row, import_list, make_prefix_rows, make_row, run_sql, say, talk


def make_runs(trials: int, turns: int) -> list[Row]:
    """Runs with a prefix row per turn; every third trial has a second run that parts from the first half-way."""
    rows: list[Row] = []
    for number in range(trials):
        first = [f"Task: {number}", *(f"turn {turn} of {number}" for turn in range(1, 2 * turns))]
        rows += make_prefix_rows(first, trial_name=f"t{number}", result="1.0")
        if number % 3 == 0:
            other = [*first[:turns], *(f"{text} again" for text in first[turns:])]
            rows += make_prefix_rows(other, trial_name=f"t{number}", result=None)
    return rows


def list_texts(found: Imported) -> dict[str, list[list[str]]]:
    return {trial.trial.name: sorted(attempt.texts for attempt in trial.attempts) for trial in found.trials}


@pytest.mark.parametrize("seed", [1, 2])
def test_scattered_rows_make_the_same_attempts_as_sorted_ones(store: Store, seed: int) -> None:
    rows = make_runs(trials=60, turns=8)
    assert len(rows) > 3 * WINDOW_ROWS
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    in_order, scattered = import_list(store, rows), import_list(store, shuffled)
    assert in_order.report.attempts == scattered.report.attempts == 80
    assert list_texts(in_order) == list_texts(scattered)
    assert scattered.report.episodes == len(rows)
    # what is measured of the attempts does not depend on the order either
    assert in_order.report.characters_per_attempt == scattered.report.characters_per_attempt


def test_one_trial_may_be_spread_over_the_whole_file(store: Store) -> None:
    spread = make_prefix_rows([f"turn {n}" for n in range(8)], trial_name="spread", result="1.0")
    filler = [make_row(talk("Task: x", str(n)), trial_name=f"f{n}") for n in range(4 * WINDOW_ROWS)]
    rows: list[Row] = []
    for number, row in enumerate(reversed(spread)):
        rows += [row, *filler[number * WINDOW_ROWS : (number + 1) * WINDOW_ROWS]]
    found = import_list(store, rows)
    trial = found.trials[0]
    assert trial.trial.name == "spread"
    assert [(episode.name, episode.message_count) for episode in trial.attempts[0].episodes] == [
        ("episode-3", 8), ("episode-2", 6), ("episode-1", 4), ("episode-0", 2),
    ]  # fmt: skip
    assert len(found.trials) == 4 * WINDOW_ROWS + 1


@pytest.mark.parametrize("gap", [0, WINDOW_ROWS])
def test_secrets_and_replacements_are_those_of_the_attempts_own_messages(store: Store, gap: int) -> None:
    key = "AKIA" + "ABCDEFGH23456789"
    messages = talk("Task: x\r\n", "a", f"the key is {key}\0", "b")
    filler = [make_row(talk("Task: x", str(n)), trial_name=f"f{n}") for n in range(gap)]
    rows = [make_row(messages[:2], result="0.0"), *filler, make_row(messages, result="1.0")]
    report = import_list(store, rows).report
    assert report.secrets == {"AWS access key": 1}
    assert report.normalised == {"line ends unified": 2, "NUL characters replaced": 1}


@pytest.mark.parametrize("long_first", [True, False])
@pytest.mark.parametrize("gap", [0, WINDOW_ROWS])
def test_a_prefix_with_a_result_of_its_own_keeps_its_messages_wherever_the_longer_row_is(
    store: Store, gap: int, long_first: bool
) -> None:
    short, long = talk("Task: sort", "a"), talk("Task: sort", "a", "b", "c")
    pair = [make_row(short, result="0.0"), make_row(long, result="1.0")]
    first, second = reversed(pair) if long_first else pair
    filler = [make_row(talk("Task: x", str(n)), trial_name=f"f{n}") for n in range(gap)]
    found = import_list(store, [first, *filler, second])
    attempts = found.trials[0].attempts
    assert sorted((attempt.attempt.result, attempt.texts) for attempt in attempts) == [
        ("0.0", ["Task: sort", "a"]),
        ("1.0", ["Task: sort", "a", "b", "c"]),
    ]
    for attempt in attempts:
        assert attempt.attempt.characters == sum(map(len, attempt.texts))


def test_a_window_also_ends_when_it_holds_many_characters(store: Store) -> None:
    size = WINDOW_CHARACTERS // 4
    rows = make_prefix_rows(["Task: x", "a" * size, "b", "c" * size, "d", "e" * size, "f", "g" * size])
    found = import_list(store, rows)
    assert [episode.message_count for episode in found.attempt.episodes] == [2, 4, 6, 8]
    assert found.report.characters_per_attempt == sum(map(len, found.attempt.texts))
    assert found.report.characters_per_row > 2 * found.report.characters_per_attempt


def test_what_no_attempt_needs_does_not_stay_in_the_workspace(store: Store, tmp_path: Path) -> None:
    rows = make_runs(trials=60, turns=8)
    random.Random(3).shuffle(rows)
    found = import_list(store, [row | {"instruction": f"read {row['trial_name']}"} for row in rows])
    used = {attempt.attempt.conversation_id for attempt in found.attempts}
    assert {row[0] for row in run_sql(tmp_path / "home", "SELECT id FROM conversations")} == used
    assert run_sql(tmp_path / "home", "SELECT COUNT(*) FROM texts") == [(0,)]


class GeneratedSource:
    """Many rows that exist only while they are read."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self.identity = SourceIdentity("file", "generated", "generated.jsonl", None, None, str(rows))

    def count_rows(self) -> int | None:
        return self._rows

    def list_rows(self) -> Iterator[Row]:
        observation = "0123456789 " * 200
        for number in range(self._rows):
            trial, turn = divmod(number, 10)
            messages = [say("user", f"Task: {trial}")]
            for step in range(turn + 1):
                messages += [say("assistant", f"cat {trial}-{step}"), say("user", f"{trial}-{step} {observation}")]
            yield make_row(messages[:-1], trial_name=f"t{trial}", episode=f"episode-{turn}", result="1.0")


def test_three_thousand_rows_need_less_memory_than_their_text(store: Store) -> None:
    tracemalloc.start()
    result = import_source(store, GeneratedSource(3_000), ImportOptions())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (result.report.rows, result.report.attempts) == (3_000, 300)
    # only recent messages are remembered, in a memory of bounded size
    assert peak < 25_000_000 < result.report.characters_per_row
