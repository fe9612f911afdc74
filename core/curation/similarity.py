"""When two hints say the same, nearly the same, or the opposite. Words only; no model.

The same: one kind, nearly the same words, the same values and the same direction.
"""

import re
from functools import lru_cache

from core.models import CriterionText, HintText, PitfallText, StrategyText, ToolText
from core.traces.programs import get_family

SAME_WORDS = 0.8
"""Share of common words (Jaccard) from which on two hints are one."""
NEAR_WORDS = 0.6
NEAR_WORDS_WITH_VALUES = 0.5
"""The same where both hints hold the same numbers, paths or commands."""
OPPOSITE_WORDS = 0.7
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NOTATION = re.compile(r"[`{}=]")
"""Steps that differ in the argument of a command are no contradiction."""
_AGAIN = re.compile(r"\b(?:again|repeat|repeating|unchanged|keep|retry|same way|as it is)\b", re.IGNORECASE)
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
_FUNCTION_WORDS = frozenset(
    {
        *("a", "an", "the", "to", "of", "in", "on", "for", "and", "or", "with", "it", "is", "be", "by"),
        *("that", "this", "you", "your", "i", "as", "at", "if", "when", "then", "so", "are", "was", "were"),
        *("from", "into", "must", "should", "shall", "will", "can", "have", "has", "had", "do", "does"),
        *("there", "its", "their", "them", "they", "which", "task", "mak", "sur", "ensur", "alway", "need"),
        *("try", "us", "run", "call"),
    }
)
"""Stems that carry no meaning of their own."""
_WORDS_KEPT = 512
"""Texts: more than a trial's hints have fields, which are compared with each other again and again."""
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


def count_values(text: HintText) -> int:
    """How many numbers, paths, options, identifiers and commands a hint names: how specific it is."""
    words = f"{get_main_words(text)} {_get_further_words(text)}"
    return len(_list_values(words) | _list_code(words))


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


def say_nearly_the_same(one: HintText, other: HintText) -> bool:
    """True if a reader would learn little from the second: other words for the same, with the same values."""
    if one.kind != other.kind:
        return False
    if isinstance(one, ToolText) and isinstance(other, ToolText):
        return get_family(one.name.strip("` ").casefold()) == get_family(other.name.strip("` ").casefold())
    first, second = _get_all_words(one), _get_all_words(other)
    if not _agree(first, second):
        return False
    words, others = list_stems(first), list_stems(second)
    union = words | others
    share = len(words & others) / len(union) if union else 0.0
    # the same command or number in both says more than a word does
    return share >= (NEAR_WORDS_WITH_VALUES if _list_values(first) else NEAR_WORDS)


def contradict(one: HintText, other: HintText) -> bool:
    """True if one says to do what the other says not to do, or both say the same with another number."""
    for sign, words in _list_statements(one):
        for other_sign, other_words in _list_statements(other):
            if _is_opposite(sign, words, other_sign, other_words):
                return True
    return False


@lru_cache(maxsize=_WORDS_KEPT)
def list_stems(text: str) -> frozenset[str]:
    """The words that carry meaning, lower case and without endings: two forms of a word are one."""
    return frozenset(map(_cut_ending, _list_words(text))) - _FUNCTION_WORDS


def _cut_ending(word: str) -> str:
    if len(word) > 4 and word.isalpha():
        for ending in ("ing", "edly", "ed", "ies", "es", "s", "e", "ly"):
            if word.endswith(ending) and len(word) - len(ending) >= 3:
                return word[: -len(ending)]
    return word


def _get_all_words(text: HintText) -> str:
    if isinstance(text, PitfallText):
        return f"{text.when} {text.avoid} {text.instead}".strip()
    return get_main_words(text)


def _list_statements(text: HintText) -> list[tuple[bool, str]]:
    """What a hint says to do (True) and not to do (False)."""
    if isinstance(text, StrategyText):
        return [(True, text.do)]
    if isinstance(text, CriterionText):
        return [(True, text.text)]
    if isinstance(text, PitfallText):
        # not to do it again, unchanged, is not to say that it is wrong
        avoided = [] if _AGAIN.search(text.avoid) else [(False, text.avoid)]
        return [*avoided, *([(True, text.instead)] if text.instead.strip() else [])]
    return []


def _is_opposite(sign: bool, one: str, other_sign: bool, other: str) -> bool:
    ours, theirs = _list_subject(one), _list_subject(other)
    if len(ours) < 2 or len(theirs) < 2 or len(ours & theirs) / len(ours | theirs) < OPPOSITE_WORDS:
        return False
    numbers, other_numbers = _NUMBER.findall(one), _NUMBER.findall(other)
    is_turned = _are_turned(_list_words(one), _list_words(other))
    if (sign == _is_negated(one)) != (other_sign == _is_negated(other)):
        # one says to do it, the other not to
        return numbers == other_numbers and not is_turned
    is_prose = not _NOTATION.search(one + other)
    is_other_number = len(numbers) == len(other_numbers) == 1 and numbers != other_numbers and ours == theirs
    return is_turned or (is_prose and is_other_number)


def _are_turned(words: frozenset[str], others: frozenset[str]) -> bool:
    """True if one holds a word and the other its opposite, and neither both."""
    left, right = (words - others) & _TURNING_WORDS, (others - words) & _TURNING_WORDS
    if not left or not right:
        return False
    return any((a in left and b in right) or (b in left and a in right) for a, b in _OPPOSITES)


@lru_cache(maxsize=_WORDS_KEPT)
def _list_subject(text: str) -> frozenset[str]:
    """What a statement is about, whatever it says of it."""
    stems = list_stems(text) - _NEGATIONS - _OPPOSITE_STEMS
    return frozenset(stem for stem in stems if not _DIGIT.search(stem) or not stem[0].isdigit())


def _is_negated(text: str) -> bool:
    return len(_list_words(text) & _NEGATIONS) % 2 == 1


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
    if words & _NEGATIONS != others & _NEGATIONS or _are_turned(words, others):
        return False
    if _list_values(one) != _list_values(other):
        return False
    code, other_code = _list_code(one), _list_code(other)
    return not code or not other_code or code == other_code


@lru_cache(maxsize=_WORDS_KEPT)
def _list_words(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _WORD.findall(_CONTRACTED_NOT.sub(" not", text)))


@lru_cache(maxsize=_WORDS_KEPT)
def _list_values(text: str) -> frozenset[str]:
    words = (token.strip(_EDGES).casefold() for token in text.split())
    return frozenset(word for word in words if _VALUE.search(word))


@lru_cache(maxsize=_WORDS_KEPT)
def _list_code(text: str) -> frozenset[str]:
    return frozenset(" ".join(code.casefold().split()) for code in _CODE.findall(text))


_TURNING_WORDS = frozenset(word for pair in _OPPOSITES for word in pair)
_OPPOSITE_STEMS = frozenset(_cut_ending(word) for pair in _OPPOSITES for word in pair)
