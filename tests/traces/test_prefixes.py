"""The rule: a row whose messages are a prefix of another row's is an episode of that attempt, with its exceptions."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.store import Store
from core.traces.outcomes import build_result_key, read_result
from core.traces.prefixes import ChainedRow, FoundAttempt, find_attempts
from tests.builders import Row, import_list, make_row, talk

SHORT, LONG = talk("Task: sort", "a"), talk("Task: sort", "a", "b", "c")


def count_attempts(store: Store, *rows: Row) -> int:
    return len(import_list(store, rows).attempts)


@pytest.mark.parametrize(
    ("short", "long"), [(1, 1.0), ("1", True), ("1.0", 1), ("0", 0.0), (0, False), ("E1Error",) * 2]
)
def test_equal_results_in_other_notations_are_no_reason_for_an_attempt_of_its_own(
    store: Store, short: object, long: object
) -> None:
    assert count_attempts(store, make_row(SHORT, result=short), make_row(LONG, result=long)) == 1


@pytest.mark.parametrize("empty", [None, "", "nan", float("nan"), "null"])
@pytest.mark.parametrize("value", ["1.0", 0, "AgentTimeoutError"])
def test_a_row_without_a_result_is_a_prefix_whatever_the_other_result_is(
    store: Store, empty: object, value: object
) -> None:
    assert count_attempts(store, make_row(SHORT, result=empty), make_row(LONG, result=value)) == 1
    assert count_attempts(store, make_row(SHORT, result=value, task="2"), make_row(LONG, result=empty, task="2")) == 1


@pytest.mark.parametrize(
    ("short", "long"), [("0.0", "1.0"), (0.5, 1), ("AgentTimeoutError", "0.0"), ("AError", "BError"), (False, True)]
)
@pytest.mark.parametrize("longer", [LONG, SHORT], ids=["prefix", "identical"])
def test_results_that_differ_make_two_attempts(store: Store, short: object, long: object, longer: object) -> None:
    found = import_list(store, [make_row(SHORT, result=short), make_row(longer, result=long)])
    assert [attempt.attempt.result for attempt in found.attempts] == [str(short), str(long)]
    assert found.attempts[0].texts == ["Task: sort", "a"]


@pytest.mark.parametrize("longer", [LONG, SHORT], ids=["prefix", "identical"])
def test_run_ids_that_differ_make_two_attempts_and_a_missing_one_does_not(store: Store, longer: object) -> None:
    assert count_attempts(store, make_row(SHORT, run_id="r1"), make_row(longer, run_id="r2")) == 2
    assert count_attempts(store, make_row(SHORT, run_id="r1"), make_row(longer, run_id="r1")) == 1
    assert count_attempts(store, make_row(SHORT, run_id=None), make_row(longer, run_id="r2")) == 1
    assert count_attempts(store, make_row(SHORT, run_id="r1"), make_row(longer, run_id="")) == 1


def test_run_ids_are_compared_as_text(store: Store) -> None:
    assert count_attempts(store, make_row(SHORT, run_id="1"), make_row(LONG, run_id="1.0")) == 2
    assert count_attempts(store, make_row(SHORT, run_id=1), make_row(LONG, run_id="1")) == 1


def test_equal_run_ids_do_not_outweigh_results_that_differ(store: Store) -> None:
    assert count_attempts(store, make_row(SHORT, run_id="r", result=1), make_row(LONG, run_id="r", result=0)) == 2


def test_rows_of_two_runs_with_the_same_words_find_their_own_run(store: Store) -> None:
    rows = [
        make_row(SHORT, result="1.0", episode="success-0"),
        make_row(SHORT, result="0.0", episode="failure-0"),
        make_row(LONG, result="0.0", episode="failure-1"),
        make_row(LONG, result="1.0", episode="success-1"),
    ]
    found = import_list(store, rows)
    assert [attempt.episode_names for attempt in found.attempts] == [
        ["success-0", "success-1"],
        ["failure-0", "failure-1"],
    ]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_row_that_fits_several_runs_goes_to_the_one_that_it_names(store: Store, order: tuple[int, int]) -> None:
    shared = [make_row(SHORT, run_id="s", episode="of s"), make_row(SHORT, run_id="r", episode="of r")]
    rows = [
        make_row([*SHORT, *talk("left")], result="0.0", episode="left"),
        make_row([*SHORT, *talk("right")], result="1.0", run_id="r", episode="right"),
        *(shared[place] for place in order),
    ]
    found = import_list(store, rows)
    assert [set(attempt.episode_names) for attempt in found.attempts] == [{"left", "of s"}, {"right", "of r"}]


def test_the_result_of_an_attempt_is_that_of_any_of_its_rows(store: Store) -> None:
    found = import_list(store, [make_row(SHORT, result="1.0"), make_row(LONG, result="nan")])
    assert (found.attempt.attempt.result, found.attempt.attempt.outcome) == ("1.0", "success")


def test_a_prefix_in_another_trial_is_an_attempt_of_its_own(store: Store) -> None:
    assert count_attempts(store, make_row(SHORT, trial_name="a"), make_row(LONG, trial_name="b")) == 2


def test_episode_numbers_prove_nothing(store: Store) -> None:
    rows = [make_row(talk("Task: x", str(n)), episode=f"episode-{n}") for n in range(4)]
    assert count_attempts(store, *rows) == 4


# --- properties

WORDS = st.sampled_from("ab")
RESULTS = st.sampled_from([None, "", "nan", "1", "1.0", True, 0, "0.0", "0.5", "AgentTimeoutError"])
RUNS = st.sampled_from([None, "r1", "r2"])


def to_chained(number: int, words: Sequence[str], result: object = None, run_id: str | None = None) -> ChainedRow:
    chain = tuple("".join(words[: end + 1]) for end in range(len(words)))
    return ChainedRow(number, chain, build_result_key(read_result(result)), run_id)


def renumber(rows: Sequence[ChainedRow]) -> list[ChainedRow]:
    return [ChainedRow(number, row.chain, row.result, row.run_id) for number, row in enumerate(rows)]


def is_prefix(one: ChainedRow, other: ChainedRow) -> bool:
    return other.chain[: len(one.chain)] == one.chain


def conflict(one: ChainedRow | FoundAttempt, other: ChainedRow | FoundAttempt) -> bool:
    return any(
        a is not None and b is not None and a != b for a, b in ((one.result, other.result), (one.run_id, other.run_id))
    )


conversations = st.lists(WORDS, min_size=1, max_size=6)
plain_rows = st.lists(conversations, min_size=1, max_size=14).map(
    lambda lists: [to_chained(number, words) for number, words in enumerate(lists)]
)
rows_with_results = st.lists(st.tuples(conversations, RESULTS), min_size=1, max_size=12).map(
    lambda pairs: [to_chained(number, *pair) for number, pair in enumerate(pairs)]
)
rows_with_everything = st.lists(st.tuples(conversations, RESULTS, RUNS), min_size=1, max_size=12).map(
    lambda triples: [to_chained(number, *triple) for number, triple in enumerate(triples)]
)


@given(plain_rows)
def test_without_results_the_attempts_are_the_maximal_conversations(rows: list[ChainedRow]) -> None:
    chains = {row.chain for row in rows}
    maximal = {one for one in chains if not any(one != other and other[: len(one)] == one for other in chains)}
    assert {attempt.maximal.chain for attempt in find_attempts(rows)} == maximal
    assert len(find_attempts(rows)) == len(maximal)


@given(rows_with_results, st.randoms(use_true_random=False))
def test_the_number_of_attempts_does_not_depend_on_the_order_of_rows(
    rows: list[ChainedRow], shuffler: random.Random
) -> None:
    shuffled = list(rows)
    shuffler.shuffle(shuffled)
    before, after = find_attempts(rows), find_attempts(renumber(shuffled))
    assert sorted(attempt.maximal.chain for attempt in before) == sorted(attempt.maximal.chain for attempt in after)


@given(rows_with_everything)
def test_every_row_is_in_exactly_one_attempt_that_holds_all_its_messages(rows: list[ChainedRow]) -> None:
    attempts = find_attempts(rows)
    members = [row.row_number for attempt in attempts for row in attempt.rows]
    assert sorted(members) == [row.row_number for row in rows]
    assert all(is_prefix(row, attempt.maximal) for attempt in attempts for row in attempt.rows)


@given(rows_with_everything)
def test_no_attempt_holds_two_results_or_two_runs(rows: list[ChainedRow]) -> None:
    for attempt in find_attempts(rows):
        assert not any(conflict(one, other) for one in attempt.rows for other in attempt.rows)
        known = {row.result for row in attempt.rows} - {None}
        assert known == ({attempt.result} - {None})


@given(rows_with_everything)
def test_an_attempt_that_is_a_prefix_of_another_one_differs_in_result_or_run(rows: list[ChainedRow]) -> None:
    attempts = find_attempts(rows)
    for one in attempts:
        for other in attempts:
            if one is not other and is_prefix(one.maximal, other.maximal):
                assert conflict(one, other)


@given(rows_with_everything)
def test_attempts_come_in_order_of_first_appearance(rows: list[ChainedRow]) -> None:
    firsts = [min(row.row_number for row in attempt.rows) for attempt in find_attempts(rows)]
    assert firsts == sorted(firsts)


raw_rows = st.lists(
    st.tuples(
        st.sampled_from(["t1", "t2", None]), st.lists(WORDS, max_size=4), RESULTS, RUNS, st.sampled_from([None, "k"])
    ),
    min_size=1,
    max_size=10,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw_rows, st.sampled_from(["trial_name", "task"]))
def test_an_import_keeps_every_row_and_every_message(
    store: Store, drawn: list[tuple[object, ...]], group_by: str
) -> None:
    rows = [
        make_row(talk(*words), trial_name=name, episode=f"e{number}", result=result, run_id=run, task=task)  # type: ignore[misc]
        for number, (name, words, result, run, task) in enumerate(drawn)
    ] + [make_row(talk("Task: x"), trial_name="always")]
    found = import_list(store, rows, group_by=group_by)
    report = found.report
    assert report.rows == len(rows) == report.episodes + report.set_aside
    assert report.attempts == len(found.attempts)
    placed = [episode.row_number for attempt in found.attempts for episode in attempt.episodes]
    assert sorted([*placed, *(number for number, _ in found.set_aside)]) == list(range(len(rows)))
    for attempt in found.attempts:
        for episode in attempt.episodes:
            said = [message["content"] for message in rows[episode.row_number]["conversations"]]
            assert attempt.texts[: episode.message_count] == said
        assert max(episode.message_count for episode in attempt.episodes) == attempt.attempt.message_count
