"""What the task itself demands, in its own words."""

import re

from core.extraction.rules_trial import Lesson, TrialDigest
from core.extraction.rules_wording import QUOTE_CHARACTERS
from core.models import CriterionText, Quote, Role
from core.traces.secrets import mask_secrets
from core.traces.templates import strip_agent_instructions

MAXIMUM_CRITERIA = 4
_DEMAND = re.compile(
    r"\b(?:must|should|shall|(?:you|it|they) needs? to|ha(?:s|ve) to|is required|are required|ensure|make sure|exactly"
    r"|at (?:least|most)|do not|don't|only (?:in|within|use|the|these|want)|no more than|task is to)\b"
    r"|[<>\u2264\u2265]=?\s*\d"
    r"|^(?:(?:then|please|finally|also),? )?(?:save|output|write|create|return|include|store|put|use|keep|print|export"
    r"|produce|generate|implement)\b",
    re.IGNORECASE,
)
_STRONG = re.compile(
    r"\b(?:must|exactly|at (?:least|most)|shall|ensure|make sure|do not|don't)\b|[<>\u2264\u2265]=?\s*\d",
    re.IGNORECASE,
)
_CONCRETE = re.compile(
    r"`[^`]+`|/[\w.-]+/|\b[\w-]+\.(?:json|csv|txt|py|md|xlsx|docx|html|mp4|png|parquet|ya?ml|sh)\b|\d|\"[^\"]+\""
)
_ABOUT_THE_TALK = re.compile(
    r"\b(?:you are|you will be|your response|step by step|think|i noticed|i just|i (?!(?:only )?(?:want|need))"
    r"|hi there|we're|we need|it seems|bug|issue|currently|traceback|describe the|expected behavio|to reproduce"
    r"|it would be|steps)\b"
    r"|^(?:this|that|it|there) (?!must|should|shall|ha[sv]e? to|needs? to)"
    r"|^(?:according|because|for|if|however|but|so) ",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"'(])|\n+")
_BULLET = re.compile(r"^\s*(?:[-*\u2022]|\d+[.)]|#+)\s+")
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def find_criteria(trial: TrialDigest) -> list[Lesson]:
    """At most four demands in the order of the task; empty where it only describes, or stands in no message."""
    task = _FENCED.sub("\n", strip_agent_instructions(trial.task_text))
    found: list[tuple[int, int, str]] = []
    for place, sentence in enumerate(_SENTENCE.split(task)):
        words = _BULLET.sub("", sentence).strip()
        if _is_demand(words) and words not in [each[2] for each in found]:
            found.append((_rate(words), place, words))
    best = sorted(sorted(found, key=lambda each: (-each[0], each[1]))[:MAXIMUM_CRITERIA], key=lambda each: each[1])
    lessons = (Lesson(CriterionText(text=words, basis="the task text"), _quote(trial, words)) for _, _, words in best)
    return [lesson for lesson in lessons if lesson.quotes]


def _is_demand(words: str) -> bool:
    if not 16 <= len(words) <= QUOTE_CHARACTERS or words.endswith((":", "?", ",")) or len(words.split()) < 4:
        return False
    if mask_secrets(words) != words or _ABOUT_THE_TALK.search(words):
        return False
    return bool(_DEMAND.search(words)) and bool(_STRONG.search(words) or _CONCRETE.search(words))


def _rate(words: str) -> int:
    return 2 * bool(_STRONG.search(words)) + 2 * bool(_CONCRETE.search(words)) + (len(words) < 120)


def _quote(trial: TrialDigest, words: str) -> dict[int, list[Quote]]:
    quotes: dict[int, list[Quote]] = {}
    for digest in trial.attempts:
        messages = enumerate(digest.attempt.messages)
        place = next((i for i, each in messages if each.role is Role.USER and words in each.content), None)
        if place is not None:
            quotes[digest.id] = [Quote(message=place, quote=words)]
    return quotes
