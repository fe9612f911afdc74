"""The words for figures."""

import pytest

from pages.shared.labels import describe_cost


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (None, "unknown"),
        (0.0, "$ 0.00"),
        (0.00002, "< $ 0.0001"),
        (0.0042, "$ 0.0042"),
        (0.01, "$ 0.01"),
        (4.149, "$ 4.15"),
        (12_000.0, "$ 12,000.00"),
    ],
)
def test_a_cost_is_never_rounded_to_nothing_nor_made_up(cost: float | None, words: str) -> None:
    assert describe_cost(cost) == words
