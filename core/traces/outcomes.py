"""What `result` says: a number, the name of an exception, or nothing. See the five outcomes in `models`."""

import math
import re

from core.models import Outcome
from core.traces.text import normalise_text

NO_VALUE = frozenset({"", "nan", "none", "null"})
WORDS = {"true": 1.0, "success": 1.0, "passed": 1.0, "pass": 1.0} | {
    "false": 0.0,
    "failure": 0.0,
    "failed": 0.0,
    "fail": 0.0,
}
EXCEPTION_NAME = re.compile(
    r"(?:\w+\.)*[A-Z]\w*"
    r"(?:Error|Exception|Group|Timeout|Interrupt|Interrupted|Exit|Iteration|Exceeded|Expired|Cancelled|Failure)"
)

ResultKey = float | str | None


def read_result(value: object) -> str | None:
    """The raw value as text, e.g. `"1.0"`, `"True"`, `"AgentTimeoutError"`; None where there is none."""
    return None if value is None else normalise_text(value if isinstance(value, str) else str(value))


def build_result_key(raw: str | None) -> ResultKey:
    """What two results are compared by: a number, a name, or None for no value (`""`, `"nan"`, null)."""
    text = (raw or "").strip()
    if text.lower() in NO_VALUE:
        return None
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    try:
        # Python reads 1_0 as ten; nobody else does
        number = float(text.replace("_", "?"))
    except ValueError:
        return text
    return None if math.isnan(number) else number


def build_outcome(raw: str | None) -> Outcome:
    """Success (>= 1), partial (between 0 and 1), failure (0 or less), error (an exception's name), unknown."""
    key = build_result_key(raw)
    if isinstance(key, float):
        return Outcome.SUCCESS if key >= 1 else Outcome.PARTIAL if key > 0 else Outcome.FAILURE
    if isinstance(key, str) and EXCEPTION_NAME.fullmatch(key):
        return Outcome.ERROR
    return Outcome.UNKNOWN
