"""Support is counted by distinct attempts, and said in words."""

import pytest

from core.curation.support import count_support
from core.models import CriterionText, Outcome
from tests.curation.test_checks import make_hint

S, F, P, U = Outcome.SUCCESS, Outcome.FAILURE, Outcome.PARTIAL, Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("attempt_ids", "outcomes", "words"),
    [
        ((1, 2, 3), (S, F, P, F, U), "3 of 5 attempts, 2 of them successful"),
        ((1, 1, 2), (F, F, S), "2 of 3 attempts, none of them successful"),
        ((1,), (S,), "1 of 1 attempt, successful"),
        ((2,), (S, U), "1 of 2 attempts, not successful"),
        ((), (S, U), "no attempt behind it"),
        ((9,), (S,), "no attempt behind it"),
    ],
)
def test_support_in_words(attempt_ids: tuple[int, ...], outcomes: tuple[Outcome, ...], words: str) -> None:
    hint = make_hint(CriterionText(text="It is there."), attempt_ids=attempt_ids)
    assert count_support(hint, dict(enumerate(outcomes, start=1))).describe() == words
