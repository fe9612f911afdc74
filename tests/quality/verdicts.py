"""Rules hints of the real traces that were read one by one, and what the checks block of the good ones.

`verdicts.jsonl` names each by the hash of its words and trial, so that it holds no text of a trace. The reader saw the
hint, its first quote and the outcomes of the trial's attempts. `bad` hints tell little (`trivial`) or the wrong lesson
(`misleading`); no check claims to see that, so only blocks of good ones are errors.
"""

import json
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from core.models import Severity
from tests.quality.ground import REAL, build_hash, iterate_grounds, list_files
from tests.quality.rows import QualityRow
from tests.quality.seeded import DEFECTS

VERDICTS = Path(__file__).with_name("verdicts.jsonl")


class Verdicts(NamedTuple):
    """What became of the hints that were read."""

    hints: int
    """That the rules make of the real traces."""
    read: int
    good: int
    blocked: int
    """Good ones with a finding that blocks."""
    alarms: Counter[str]
    """Good ones with a finding, by its code."""


def read_verdicts() -> Verdicts:
    """The hints of the real traces beside what was written down of them."""
    lines = [json.loads(line) for line in VERDICTS.read_text("utf-8").splitlines()]
    verdicts = {line["hash"]: line["verdict"] for line in lines}
    grounds = [ground for path in list_files()[1:] for ground in iterate_grounds(path)]
    hints = [
        (ground, hint, verdicts.get(build_hash(ground.trial, hint)))
        for ground in grounds
        for hint in ground.context.hints
    ]
    said = [
        {item.code: item.severity for item in ground.findings if item.hint_id == hint.id}
        for ground, hint, verdict in hints
        if verdict == "good"
    ]
    return Verdicts(
        hints=len(hints),
        read=sum(verdict is not None for *_, verdict in hints),
        good=len(said),
        blocked=sum(Severity.BLOCK in codes.values() for codes in said),
        alarms=Counter(code for codes in said for code in codes),
    )


def list_verdict_rows() -> list[QualityRow]:
    """How many were read, are good, and are good and not blocked; false alarms by check. Empty without the traces."""
    if not REAL.exists():
        return []
    found = read_verdicts()
    codes = sorted({code for code, _ in DEFECTS.values() if code} | set(found.alarms))
    return [
        QualityRow("read by hand, of the rules hints of the real traces", found.read, found.hints),
        QualityRow("read by hand, good", found.good, found.read),
        QualityRow("read by hand, good and not blocked", found.good - found.blocked, found.good),
        *(QualityRow(f"false alarms on good hints, {code}", found.alarms[code], found.good) for code in codes),
    ]
