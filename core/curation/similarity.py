"""When two hints say the same: same kind, nearly the same words, the same values and the same polarity."""

import re

from core.models import CriterionText, HintText, PitfallText, StrategyText, ToolText

SAME_WORDS = 0.8
"""Share of common words (Jaccard) from which on two hints are one."""
_WORD = re.compile(r"[^\W_]+(?:[._/-][^\W_]+)*")
_NEGATIONS = frozenset({"not", "no", "never", "without", "don", "dont", "cannot", "avoid"})
_FILLERS = frozenset({"a", "an", "the", "to", "of", "in", "on", "for", "and", "with", "it", "is", "be", "by", "that"})


def get_main_words(text: HintText) -> str:
    """The words that make a hint what it is: name, step, what to avoid and when, or criterion."""
    if isinstance(text, ToolText):
        return text.name
    if isinstance(text, StrategyText):
        return text.do
    if isinstance(text, PitfallText):
        return f"{text.when} {text.avoid}".strip()
    return text.text if isinstance(text, CriterionText) else ""


def say_the_same(one: HintText, other: HintText) -> bool:
    """True if the two would be one hint for a reader."""
    if one.kind != other.kind:
        return False
    first, second = get_main_words(one), get_main_words(other)
    if first.casefold().split() == second.casefold().split():
        return True
    if isinstance(one, ToolText):
        return False
    words, others = _list_words(first), _list_words(second)
    if _pick_values(words) != _pick_values(others) or (words & _NEGATIONS) != (others & _NEGATIONS):
        return False
    words, others = words - _FILLERS, others - _FILLERS
    union = words | others
    return bool(union) and len(words & others) / len(union) >= SAME_WORDS


def _list_words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)}


def _pick_values(words: set[str]) -> set[str]:
    return {word for word in words if any(char.isdigit() for char in word)}
