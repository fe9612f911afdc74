"""When two hints say the same: same kind, nearly the same words, the same values and the same direction."""

import re

from core.models import CriterionText, HintText, PitfallText, StrategyText, ToolText

SAME_WORDS = 0.8
"""Share of common words (Jaccard) from which on two hints are one."""
_WORD = re.compile(r"[^\W_]+(?:[._/-][^\W_]+)*")
_CONTRACTED_NOT = re.compile(r"n['\N{RIGHT SINGLE QUOTATION MARK}]t\b")
_CODE = re.compile(r"`([^`]+)`")
_EDGES = ".,;:!?()[]{}<>\"'`\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"
_VALUE = re.compile(r"\d|[_/\\=$@.]|^-.")
"""Numbers, paths, file names, options, identifiers, addresses."""
_NEGATIONS = frozenset({"not", "no", "never", "without", "dont", "cannot", "avoid", "unless", "except"})
_OPPOSITES = (
    *(("before", "after"), ("on", "off"), ("more", "less"), ("more", "fewer"), ("first", "last"), ("add", "remove")),
    *(("enable", "disable"), ("enabled", "disabled"), ("include", "exclude"), ("start", "stop"), ("open", "close")),
    *(("increase", "decrease"), ("above", "below"), ("true", "false"), ("allow", "deny"), ("always", "sometimes")),
    *(("minimum", "maximum"), ("up", "down"), ("left", "right"), ("inside", "outside"), ("success", "failure")),
)
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
    """True if the two would be one hint for a reader, and neither loses a value or turns into its opposite."""
    if one.kind != other.kind or not _agree(_get_further_words(one), _get_further_words(other)):
        return False
    first, second = get_main_words(one), get_main_words(other)
    if first.casefold().split() == second.casefold().split():
        return True
    if isinstance(one, ToolText) or not _agree(first, second):
        return False
    words, others = _list_words(first) - _FILLERS, _list_words(second) - _FILLERS
    union = words | others
    return bool(union) and len(words & others) / len(union) >= SAME_WORDS


def get_shared_words(one: HintText, other: HintText) -> float:
    """Share of common main words (Jaccard), 0 to 1; 0 for hints of two kinds, or if only one of them says "not"."""
    if one.kind != other.kind:
        return 0.0
    words, others = _list_words(get_main_words(one)), _list_words(get_main_words(other))
    if words & _NEGATIONS != others & _NEGATIONS:
        return 0.0
    union = (words | others) - _FILLERS
    return len((words & others) - _FILLERS) / len(union) if union else 0.0


def _get_further_words(text: HintText) -> str:
    """Words that may be others, but must not say the opposite: one member's are kept, and the other's are lost."""
    if isinstance(text, PitfallText):
        return text.instead
    return text.check if isinstance(text, StrategyText) else ""


def _agree(one: str, other: str) -> bool:
    """True if both hold the same values and point in the same direction, or one of them says nothing."""
    if not one.strip() or not other.strip():
        return True
    words, others = _list_words(one), _list_words(other)
    ours, theirs = words - others, others - words
    if any((a in ours and b in theirs) or (b in ours and a in theirs) for a, b in _OPPOSITES):
        return False
    code, other_code = _list_code(one), _list_code(other)
    return (
        words & _NEGATIONS == others & _NEGATIONS
        and _list_values(one) == _list_values(other)
        and (not code or not other_code or code == other_code)
    )


def _list_words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(_CONTRACTED_NOT.sub(" not", text))}


def _list_values(text: str) -> set[str]:
    return {word for word in (token.strip(_EDGES).casefold() for token in text.split()) if _VALUE.search(word)}


def _list_code(text: str) -> set[str]:
    return {" ".join(code.casefold().split()) for code in _CODE.findall(text)}
