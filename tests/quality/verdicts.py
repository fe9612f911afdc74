"""Rules hints of the real traces that were read one by one, and what the checks block of the good ones.

`verdicts.jsonl` names each by the hash of its words and trial, so that it holds no text of a trace. The reader saw the
hint, its first quote and the outcomes of the trial's attempts. `bad` hints tell little (`trivial`) or the wrong lesson
(`misleading`); no check claims to see that, so only blocks of good ones are errors.
"""

import json
from pathlib import Path

from core.models import Severity
from tests.quality.ground import REAL, build_hash, iterate_grounds, list_files
from tests.quality.rows import QualityRow

VERDICTS = Path(__file__).with_name("verdicts.jsonl")


def list_verdict_rows() -> list[QualityRow]:
    """How many hints of the real traces were read, are good, and are good and not blocked; empty without the traces."""
    if not REAL.exists():
        return []
    lines = [json.loads(line) for line in VERDICTS.read_text("utf-8").splitlines()]
    verdicts = {line["hash"]: line["verdict"] for line in lines}
    hints = good = free = read = 0
    for path in list_files()[1:]:
        for ground in iterate_grounds(path):
            blocked = {item.hint_id for item in ground.findings if item.severity is Severity.BLOCK}
            for hint in ground.context.hints:
                verdict = verdicts.get(build_hash(ground.trial, hint))
                hints += 1
                read += verdict is not None
                good += verdict == "good"
                free += verdict == "good" and hint.id not in blocked
    return [
        QualityRow("read by hand, of the rules hints of the real traces", read, hints),
        QualityRow("read by hand, good", good, read),
        QualityRow("read by hand, good and not blocked", free, good),
    ]
