"""Tools that only failed attempts used: what the successful ones of the same trial did without."""

import re

from core.extraction.rules_trial import Lesson, TrialDigest
from core.extraction.rules_wording import quote_call, unique_quotes
from core.models import PitfallText, Quote
from core.traces.actions import Action

_CHANGING = re.compile(
    r"(?:book|cancel|update|send|delete|remove|create|add|modify|exchange|return|transfer|pay|refund|post|put|set|issue"
    r"|move|close|order|buy|reset|approve|reject|publish|deploy|merge|assign|change)(?:_|[A-Z]|$)"
)
_ENOUGH = 3
"""Attempts, successes and failures that used the tool together, below which it may be chance."""


def find_misused_tools(trial: TrialDigest) -> list[Lesson]:
    """Tools that change something and that only failed attempts called; programs are left out."""
    used: dict[str, dict[int, Action]] = {}
    for digest in trial.attempts:
        for action in digest.actions:
            if not action.is_shell and _CHANGING.match(action.tool):
                used.setdefault(action.tool, {}).setdefault(digest.id, action)
    failed = {digest.id for digest in trial.failures}
    wins = len(trial.successes)
    only_failed = {tool: uses for tool, uses in used.items() if wins and uses.keys() <= failed}
    lessons = (_build(trial, tool, uses, wins) for tool, uses in only_failed.items() if wins + len(uses) >= _ENOUGH)
    return [lesson for lesson in lessons if lesson.quotes]


def _build(trial: TrialDigest, tool: str, uses: dict[int, Action], wins: int) -> Lesson:
    done = "the successful attempt did" if wins == 1 else f"the {wins} successful attempts did"
    text = PitfallText(
        avoid=f"call `{tool}` in this task",
        instead=f"do without it, as {done}",
        symptom=f"{len(uses)} of {len(trial.failures)} failed attempts called it",
    )
    quotes: dict[int, list[Quote]] = {}
    for digest in trial.attempts:
        if digest.id in uses:
            action = uses[digest.id]
            quotes[digest.id] = unique_quotes([quote_call(digest.attempt.messages[action.message].content, action)])
    return Lesson(text, {each: found for each, found in quotes.items() if found})
