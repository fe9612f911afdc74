"""What holds for every check."""

import re

import pytest

from core.curation.checks import CHECKS, check_hints
from core.models import (
    HintState,
    HintText,
    Severity,
)
from tests.curation.checks.build import APPROXIMATE, EXACT, GOOD, MISSING, REPOINTED, check, make_context, make_hint


@pytest.mark.parametrize("text", GOOD)
def test_a_good_hint_has_no_findings(text: HintText) -> None:
    assert check(make_hint(text, EXACT)) == []
    assert check(make_hint(text, REPOINTED)) == []
    assert check(make_hint(text, APPROXIMATE)) == []


def test_every_check_names_its_codes_and_severity_in_its_docstring() -> None:
    for function in CHECKS:
        assert function.__doc__
        assert re.match(r"`[a-z-]+`", function.__doc__)
        assert any(f"({severity.value}" in function.__doc__ for severity in Severity)


def test_findings_stay_with_their_hints_and_rejected_ones_are_checked_too() -> None:
    good = make_hint(GOOD[4], EXACT)
    bad = make_hint(GOOD[2], MISSING, name="bad")
    gone = make_hint(GOOD[3], MISSING, name="gone", state=HintState.REJECTED)
    found = check_hints(make_context(hints=[good, bad, gone]))
    assert {(item.hint_id, item.code) for item in found} == {
        ("bad", "no-verified-quote"),
        ("gone", "no-verified-quote"),
    }
