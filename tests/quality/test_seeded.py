"""Seeded defects are caught; on the shipped sample always, on the real traces where they are."""

import pytest

from tests.quality.ground import REAL, list_files
from tests.quality.seeded import DEFECTS, run_seeded
from tests.quality.verdicts import read_verdicts
from tests.workspaces import SAMPLE

LEAST_RECALL = 0.95
LEAST_READ = 200
MOST_FALSE_BLOCKS = 0.05
MOST_FALSE_ALARMS = 0.05


def test_defects_seeded_into_the_sample_are_caught() -> None:
    result = run_seeded([SAMPLE])
    assert [name for name, count in result.seeded.items() if result.caught[name] < count] == []
    # the templates of the sample are too short to copy ten words in a row from
    assert set(DEFECTS) - set(result.seeded) == {"text of the template"}


@pytest.mark.skipif(not REAL.exists(), reason="the real traces are not on this machine")
def test_defects_seeded_into_hints_of_real_traces_are_caught() -> None:
    result = run_seeded(list_files()[1:])
    recall = {name: result.caught[name] / count for name, count in result.seeded.items()}
    assert {name: share for name, share in recall.items() if share < LEAST_RECALL} == {}


@pytest.mark.skipif(not REAL.exists(), reason="the real traces are not on this machine")
def test_hardly_a_check_says_anything_of_good_hints_that_were_read_by_hand() -> None:
    found = read_verdicts()
    # a hint of other words has another hash: read it, and write down what it is worth
    assert found.read >= LEAST_READ
    assert found.blocked <= found.good * MOST_FALSE_BLOCKS
    assert {code: count for code, count in found.alarms.items() if count > found.good * MOST_FALSE_ALARMS} == {}
