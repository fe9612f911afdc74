import pytest

from tests.quality.facts import FACTS, iterate_claims
from tests.quality.planted import list_missed


def test_every_planted_fact_is_found_in_every_notation() -> None:
    assert list_missed() == []


@pytest.mark.skipif(not FACTS.exists(), reason="the real traces are not on this machine")
def test_every_fact_read_by_hand_holds() -> None:
    claims = list(iterate_claims())
    assert len(claims) > 100
    assert [f"{fact}: {name}" for name, fact, is_right in claims if not is_right] == []
