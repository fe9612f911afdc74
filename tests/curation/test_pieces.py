"""A search is only left out where it would find nothing: whatever a pattern finds holds one of its pieces."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.curation.checks.finding import may_hold
from core.curation.checks.grounding import _HOST, _HOST_PIECES
from core.curation.checks.safety import _PIPED, _PIPED_PIECES, _TO_MODEL, _TO_MODEL_PIECES
from core.curation.stock_words import HARNESS_PIECES, HARNESS_WORDS

SEARCHES = (
    (HARNESS_WORDS, HARNESS_PIECES),
    (_HOST, _HOST_PIECES),
    (_PIPED, _PIPED_PIECES),
    (_TO_MODEL, _TO_MODEL_PIECES),
)


@pytest.mark.parametrize(("pattern", "pieces"), SEARCHES)
@given(data=st.data())
@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=300)
def test_whatever_a_pattern_finds_holds_one_of_its_pieces(
    data: st.DataObject, pattern: re.Pattern[str], pieces: Sequence[str]
) -> None:
    text = data.draw(st.from_regex(pattern, alphabet=st.characters(max_codepoint=127)))
    found = pattern.search(text)
    assert found is None or may_hold(text, pieces)


@pytest.mark.parametrize(("pattern", "pieces"), SEARCHES)
def test_an_ordinary_text_is_not_searched(pattern: re.Pattern[str], pieces: Sequence[str]) -> None:
    assert not may_hold("Read the file before you change it, and keep a copy", pieces)


def test_nothing_is_said_of_letters_that_fold_to_others() -> None:
    assert HARNESS_WORDS.search("REWARDſ") is not None
    assert may_hold("REWARDſ", HARNESS_PIECES)
    assert may_hold("ſ", HARNESS_PIECES)
