"""How to tell that a step worked: what its answer is good for, or a line of it that says so."""

import json
import re
from typing import Any

from core.extraction.rules_purposes import list_answer_keys
from core.extraction.rules_trial import Digest, TrialDigest
from core.extraction.rules_wording import read_arguments
from core.models import Quote
from core.traces.actions import Action

_GOOD_SIGN = re.compile(
    r"\b(?:success\w*|passed|no errors?|saved|installed|created|completed?|updated|verified|loaded|syntax is ok"
    r"|recovered)\b",
    re.IGNORECASE,
)
_BAD_SIGN = re.compile(r"\b(?:not|fail\w*|error(?!s?\b.{0,3}0)|unable|warning|review the changes)\b", re.IGNORECASE)
_SIGN_CHARACTERS = 80
_MINIMUM_VALUE = 4
_IS_REFERENCE = re.compile(r"(?:^|_)(?:ids?|key|code|number|name|path|url|uri|token|ref)$", re.IGNORECASE)
"""Names of arguments that are looked up before they can be given."""


def find_sign(trial: TrialDigest, digest: Digest, action: Action) -> tuple[str, Quote | None]:
    """How to tell that a step worked: names in its answer, or a line of it that says so, with the proof."""
    if action.observation is None:
        return "", None
    messages = digest.attempt.messages
    if list_answer_keys(action, messages):
        return _find_use(digest, action)
    sharing = [each for each in digest.actions if each.observation == action.observation]
    # of several commands' output nobody knows whose line it is
    if len(sharing) > 1:
        return "", None
    for line in messages[action.observation].content[:20_000].splitlines():
        words = " ".join(line.split())
        if not 6 <= len(words) <= _SIGN_CHARACTERS or not _GOOD_SIGN.search(words) or _BAD_SIGN.search(words):
            continue
        if not any(map(str.isdigit, words)) and not trial.gives_away(words) and "`" not in words:
            return f"the output says “{words.strip(' ,.*-✓✅')}”", Quote(message=action.observation, quote=line.strip())
    return "", None


def _find_use(digest: Digest, action: Action) -> tuple[str, Quote | None]:
    """Which part of a JSON answer the next calls were made of, e.g. its `reservations`."""
    if action.observation is None:
        return "", None
    value = json.loads(digest.attempt.messages[action.observation].content)
    if not isinstance(value, dict):
        return "", None
    begun = digest.actions.index(action)
    known = digest.attempt.task_text + " ".join(each.command for each in digest.actions[: begun + 1])
    for later in digest.actions[begun + 1 :]:
        for name, argument in read_arguments(later).items():
            wanted = str(argument)
            is_new = len(wanted) >= _MINIMUM_VALUE and wanted not in known
            if not is_new or not _IS_REFERENCE.search(name):
                continue
            key = next((key for key, part in value.items() if _holds(part, wanted)), None)
            if key is not None:
                check = f"the answer names the `{name}` for `{later.tool}` in `{key}`"
                return check, Quote(message=action.observation, quote=f'"{key}"')
    return "", None


def _holds(part: Any, wanted: str) -> bool:
    if isinstance(part, dict):
        return wanted in part or any(_holds(each, wanted) for each in part.values())
    if isinstance(part, list):
        return any(_holds(each, wanted) for each in part)
    return str(part) == wanted
