"""A hint beside the other hints of its trial, and of other trials."""

import pytest

from core.models import (
    CriterionText,
    HintState,
    HintText,
    PitfallText,
    StrategyText,
    ToolText,
)
from tests.curation.checks.build import GOOD, act, check, find, make_context, make_hint


def check_beside(text: HintText, other: HintText, state: HintState = HintState.PROPOSED) -> list[tuple[str, str]]:
    first, second = make_hint(other, name="first", state=state), make_hint(text, name="second")
    return check(second, make_context(act("sort a", "awk 1 b"), hints=[first, second]))


ALIKE = [
    ("Run `pytest -q` before you submit.", "Before submitting, run `pytest -q`."),
    ("Sort `sales.csv` by its date column.", "The date column is what `sales.csv` must be sorted by."),
    (
        "Remove the header line of the table before sorting it.",
        "Before sorting, the header line of the table is removed.",
    ),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_the_same_in_other_words_is_a_warning_on_the_second(one: str, other: str) -> None:
    assert ("near-duplicate", "warn") in check_beside(StrategyText(do=one), StrategyText(do=other))
    assert check_beside(StrategyText(do=one), StrategyText(do=other), HintState.REJECTED) in ([], [("generic", "warn")])


UNLIKE = [
    ("Sort `sales.csv` by its date column.", "Sort `other.csv` by its date column."),
    ("Keep 30 rows of `a.csv`.", "Write `a.csv` in UTF-8."),
    ("Do not sort `sales.csv` by date.", "Sort `sales.csv` by date."),
]


@pytest.mark.parametrize(("one", "other"), UNLIKE)
def test_other_values_or_the_opposite_are_no_duplicates(one: str, other: str) -> None:
    assert ("near-duplicate", "warn") not in check_beside(StrategyText(do=one), StrategyText(do=other))


def test_a_tool_under_two_names_is_a_duplicate() -> None:
    context_hints = [make_hint(ToolText(name=name), name=name) for name in ("python", "python3")]
    context = make_context(act("python3 a.py", "python b.py"), hints=context_hints)
    assert check(context_hints[1], context) == [("near-duplicate", "warn")]
    assert check(context_hints[0], context) == []


AGAINST: list[tuple[HintText, HintText]] = [
    (StrategyText(do="Sort `a.csv` in place with -o."), StrategyText(do="Do not sort `a.csv` in place with -o.")),
    (
        StrategyText(do="Sort `a.csv` in place with -o."),
        PitfallText(avoid="sort `a.csv` in place with -o", instead="x"),
    ),
    (CriterionText(text="The table has 30 rows at the end."), CriterionText(text="The table has 40 rows at the end.")),
    (StrategyText(do="Remove the header `a` before sorting."), StrategyText(do="Remove the header `a` after sorting.")),
]


@pytest.mark.parametrize(("one", "other"), AGAINST)
def test_a_contradiction_is_a_warning_on_both(one: HintText, other: HintText) -> None:
    assert ("contradiction", "warn") in check_beside(one, other)
    assert ("contradiction", "warn") in check_beside(other, one)
    assert ("contradiction", "warn") not in check_beside(one, other, HintState.REJECTED)


FITTING: list[tuple[HintText, HintText]] = [
    (StrategyText(do="Sort `a.csv`."), PitfallText(avoid="sort `a.csv` again", instead="read the message of `sort`")),
    (StrategyText(do='Call `get {"id": 17}`.'), StrategyText(do='Call `get {"id": 18}`.')),
    (StrategyText(do="Sort `a.csv` with -o."), PitfallText(avoid="sort `b.csv` with -o", instead="copy `b.csv` first")),
]


@pytest.mark.parametrize(("one", "other"), FITTING)
def test_what_fits_together_is_no_contradiction(one: HintText, other: HintText) -> None:
    assert ("contradiction", "warn") not in check_beside(one, other)


def test_the_same_words_on_many_unrelated_trials_are_a_warning() -> None:
    hint = make_hint(GOOD[2])
    assert check(hint, make_context(repeated={"h": 4})) == []
    (found,) = find(hint, make_context(repeated={"h": 12}))
    assert (found.code, found.severity.value) == ("repeated-elsewhere", "warn")
    assert found.message.startswith("12 trials")


@pytest.mark.parametrize(
    ("make", "limit"),
    [
        (lambda n: ToolText(name=f"tool{n}"), 5),
        (lambda n: StrategyText(do=f"Open `{n}.csv`."), 7),
        (lambda n: PitfallText(avoid=f"open `{n}.csv`", instead=f"read `{n}.txt`"), 5),
        (lambda n: CriterionText(text=f"`{n}.csv` is there."), 4),
    ],
)
def test_more_hints_of_a_kind_than_the_budget_allows_are_a_warning(make: object, limit: int) -> None:
    hints = [make_hint(make(n), name=f"h{n}") for n in range(limit + 2)]  # type: ignore[operator]
    context = make_context(act(*[f"tool{n} x" for n in range(limit + 2)]), hints=hints)
    told = [hint.id for hint in hints if ("too-many", "warn") in check(hint, context)]
    assert told == [f"h{limit}", f"h{limit + 1}"]
    rejected = [hints[0].model_copy(update={"state": HintState.REJECTED}), *hints[1:]]
    assert ("too-many", "warn") not in check(hints[limit], make_context(hints=rejected))


def test_more_words_than_the_budget_of_a_task_are_a_warning() -> None:
    hints = [make_hint(StrategyText(do=f"`{n}` " + f"word{n} " * 75), name=f"h{n}") for n in range(7)]
    told = [hint.id for hint in hints if ("too-many", "warn") in check(hint, make_context(hints=hints))]
    assert told == ["h6"]
