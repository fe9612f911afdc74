"""How a hint is worded: concrete, short, in the words of the task and not of the harness."""

import re

from core.curation.checks.finding import list_fields, may_hold, show, warn
from core.curation.context import TrialContext
from core.curation.similarity import list_stems
from core.curation.stock_words import COMMON_VERBS, HARNESS_PIECES, HARNESS_WORDS, STOCK_PHRASES
from core.models import Finding, Hint, PitfallText, ToolText

LONGEST_HINT = 80
"""Words. Five such hints fill the budget of a task."""
_CONCRETE = re.compile(
    r"`[^`\n]+`|\d|(?<!\w)--?[A-Za-z][\w-]*|(?<![\w<])[~.]{0,2}/[\w.-]+|\b[\w-]+\.[A-Za-z]\w{0,4}\b(?!\s*[A-Z])|\w+_\w+"
    r"|\b[a-z]+[A-Z]\w*|\b[A-Z][a-z]+[A-Z]\w*|(?<!^)(?<![.!?] )\b[A-Z]{2,}\b|\w\(\)|[$=<>{}]"
    r"|[\"\u201c][^\"\u201d\n]{2,}[\"\u201d]|(?<!\w)'[^'\n]{2,}'(?!\w)"
)
"""Commands, numbers, options, paths, files, identifiers, error codes, what is quoted."""
_LOWER_WORD = re.compile(r"(?<!\w)[a-z][a-z0-9+.-]+(?!\w)")
_FENCE = re.compile(r"^[ \t]{0,3}(`{3,}|~{3,})", re.MULTILINE)


def check_pitfall_has_instead(hint: Hint, context: TrialContext) -> list[Finding]:
    """`no-instead` (warn): a pitfall that does not say what to do."""
    if not isinstance(hint.text, PitfallText) or hint.text.instead.strip():
        return []
    return [warn(hint, "no-instead", "It does not say what to do instead.", "instead")]


def check_harness_words(hint: Hint, context: TrialContext) -> list[Finding]:
    """`harness-word` (warn): words of the harness (verifier, reward, tests/) that the task text does not use itself.

    A folder of tests that an attempt worked in belongs to the task's files.
    """
    findings: list[Finding] = []
    for place, words in list_fields(hint.text):
        for match in HARNESS_WORDS.finditer(words) if may_hold(words, HARNESS_PIECES) else ():
            word = match.group()
            if word.casefold() in context.task_text.casefold() or (_is_folder(word) and context.find_in_actions(word)):
                continue
            message = f"{show(word)} is a word of the harness, which the task does not use."
            findings.append(warn(hint, "harness-word", message, place))
            break
    return findings


def check_generic(hint: Hint, context: TrialContext) -> list[Finding]:
    """`generic` (warn): no command, path, flag, error, number or identifier, or nothing but stock phrases.

    A tool that was executed is none; nor is what uses three or more of the task's own words.
    """
    if isinstance(hint.text, ToolText):
        return []
    words = " ".join(text for place, text in list_fields(hint.text) if place not in ("basis", "why"))
    rest = STOCK_PHRASES.sub(" ", words)
    if rest != words and len(list_stems(rest)) < 4:
        return [warn(hint, "generic", f"It says no more than stock phrases do: {show(words)}.")]
    if _CONCRETE.search(rest) or _names_program(rest, context):
        return []
    if len(list_stems(rest) & context.task_stems) >= 3:
        return []
    return [warn(hint, "generic", "It names no command, path, option, error, number or identifier.")]


def check_too_long(hint: Hint, context: TrialContext) -> list[Finding]:
    """`too-long` (warn): more than 80 words, of the 400 that all hints of a task should need."""
    count = sum(len(words.split()) for _, words in list_fields(hint.text))
    if count <= LONGEST_HINT:
        return []
    return [warn(hint, "too-long", f"It has {count} words; {LONGEST_HINT} are enough for one hint.")]


def check_open_fence(hint: Hint, context: TrialContext) -> list[Finding]:
    """`open-fence` (warn): a code fence that is not closed swallows the hints behind it."""
    return [
        warn(hint, "open-fence", "A code fence is opened and not closed.", place)
        for place, words in list_fields(hint.text)
        if _is_open(words)
    ]


def _is_open(words: str) -> bool:
    fence = ""
    for match in _FENCE.finditer(words):
        mark = match.group(1)
        if not fence:
            fence = mark
        elif mark[0] == fence[0] and len(mark) >= len(fence):
            fence = ""
    return bool(fence) or (words.count("```") % 2 == 1)


def _is_folder(word: str) -> bool:
    return "/" in word


def _names_program(words: str, context: TrialContext) -> bool:
    # the word "find" or "test" alone is as often a verb as a program
    names = set(_LOWER_WORD.findall(words)) - COMMON_VERBS
    return any(name in context.executed for name in names)
