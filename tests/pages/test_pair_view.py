"""Two attempts in rows: nothing is left out, and they part where the model that compared them was told."""

import pytest

from core.models import Message
from core.traces.parting import find_parting
from pages.review.pair_view import PairRow, align_messages
from tests.traces.test_parting import run


def align(one: list[Message], other: list[Message]) -> list[PairRow]:
    return align_messages(one, other, find_parting(one, other))


def test_equal_turns_stand_beside_each_other_and_the_row_of_the_parting_is_named() -> None:
    assert align(run("make", "rm x"), run("make", "rm y")) == [
        PairRow(0, 0, same=True),
        PairRow(1, 1, same=True),
        PairRow(2, 2, same=True),
        PairRow(3, 3, same=False, parts=True),
        PairRow(4, 4, same=False),
    ]


def test_a_look_around_of_one_moves_the_other_down() -> None:
    rows = align(run("ls -la", "make", "rm x"), run("make", "touch x"))
    assert [(row.one, row.other) for row in rows] == [
        *((0, 0), (1, None), (2, None)), (3, 1), (4, 2), *((5, 3), (6, 4)),
    ]  # fmt: skip
    assert [row.parts for row in rows].index(True) == 5


def test_the_same_calls_in_other_words_are_the_same_turn() -> None:
    rows = align(run("make", said="First."), run("make", said="I begin:"))
    assert all(row.same for row in rows)
    assert not any(row.parts for row in rows)


def test_an_attempt_that_ends_earlier_parts_there() -> None:
    rows = align(run("make"), run("make", "rm x"))
    assert rows[-2:] == [PairRow(None, 3, same=False, parts=True), PairRow(None, 4, same=False)]


@pytest.mark.parametrize("one", [["make"], [">Hello.", ">Yes."], ["ls", "make", "rm x"], []])
@pytest.mark.parametrize("other", [["make", "rm x"], [">Hello.", ">No."], []])
def test_every_message_of_both_stands_in_one_row(one: list[str], other: list[str]) -> None:
    ours, theirs = run(*one), run(*other)
    rows = align(ours, theirs)
    assert [row.one for row in rows if row.one is not None] == list(range(len(ours)))
    assert [row.other for row in rows if row.other is not None] == list(range(len(theirs)))
    assert sum(row.parts for row in rows) == find_parting(ours, theirs).is_apart
