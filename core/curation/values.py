"""The values in a text that could give an answer away: numbers, ids, codes, file names, quoted strings. Pure."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

_FLAG = r"[A-Za-z][A-Za-z0-9_]{1,20}\{[^{}\s\"'`]{3,80}\}"
_EMAIL = r"[\w.+-]{1,64}@[\w-]+\.[\w.-]*\w"
_ENDINGS = (
    "txt|csv|tsv|json|jsonl|ya?ml|toml|ini|cfg|conf|md|rst|html?|xml|svg|png|jpe?g|gif|pdf|log|dat|bin|db|sqlite|parquet|npy|"
    "npz|pkl|pt|onnx|py|ipynb|sh|js|ts|java|cpp|hpp|rs|go|rb|sql|tex|dot|zip|tar|gz|tgz|xz|whl|pem|key|crt|docx?|xlsx?|pptx?"
)
_FILE = rf"[\w-][\w.-]*\.(?:{_ENDINGS})(?!\w|\.\w)"
_ID = r"[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)*"
_TIME = r"\d{4}[-/]\d{1,2}[-/]\d{1,2}(?:[T ]\d{1,2}:\d{2}(?::\d{2})?)?(?!\w)|\d{1,2}:\d{2}(?::\d{2})?(?!\w)"
_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_QUOTED = r"\"([^\"\n]{3,80})\"|(?<!\w)'([^'\n]{3,80})'(?!\w)|\u201c([^\u201d\n]{3,80})\u201d"
_TOKEN = re.compile(rf"(?<![\w{{}}])(?:{_FLAG}|{_TIME}|{_EMAIL}|{_FILE}|{_NUMBER}(?![\w])|{_ID})")
_QUOTED_TEXT = re.compile(_QUOTED)
_DATE = re.compile(_TIME)
_ONE_NUMBER = re.compile(_NUMBER)
_NAMED = re.compile(rf"{_FLAG}|{_EMAIL}|{_FILE}")
_ROUND = re.compile(r"[1-9]0*")
_COMMON = frozenset({"200", "201", "204", "301", "302", "400", "401", "403", "404", "422", "429", "500", "502", "503"})
# what a verifier says of the run, not of the answer
_OF_THE_RUN = re.compile(
    r"cost|token|calls|seconds|duration|elapsed|time|reward|score|stats|status|hash|version|count|passed|failed|exit",
    re.IGNORECASE,
)


@lru_cache(maxsize=1024)
def list_values(text: str) -> tuple[str, ...]:
    """Every value of a text, in order, unique. Ordinary words, round numbers and dates are none."""
    quoted = (next(group for group in match.groups() if group) for match in _QUOTED_TEXT.finditer(text))
    tokens = (match.group().strip("_-") for match in _TOKEN.finditer(text))
    return tuple(dict.fromkeys(value for value in (*tokens, *quoted) if is_value(value)))


def is_value(text: str) -> bool:
    """True if a text is specific enough to be an answer, e.g. `24d835c`, `4,990`, `flag{x}`, `notes.txt`."""
    if _DATE.fullmatch(text) or text in _COMMON:
        return False
    if _ONE_NUMBER.fullmatch(text):
        digits = text.replace(",", "").replace(".", "")
        return len(digits) >= 3 and not _ROUND.fullmatch(digits)
    has_digit, has_letter = any(map(str.isdigit, text)), any(map(str.isalpha, text))
    if has_digit and has_letter:
        return len(text) >= 5
    if _NAMED.fullmatch(text):
        return len(text) >= 5
    return has_letter and (" " in text or (len(text) >= 5 and text.isupper()))


def list_expected(verifier_output: str) -> list[str]:
    """The values that a verifier's output names; of JSON its leaves, without what it says of the run itself."""
    try:
        content = json.loads(verifier_output)
    except (ValueError, RecursionError):
        return list(list_values(verifier_output))
    if not isinstance(content, dict | list):
        return list(list_values(str(content)))
    leaves = list(dict.fromkeys(_iterate_leaves(content, depth=0)))
    found = [leaf for leaf in leaves if is_value(leaf)]
    return list(dict.fromkeys([*found, *(value for leaf in leaves for value in list_values(leaf))]))


def _iterate_leaves(content: Any, depth: int) -> Iterator[str]:
    if depth > 30:
        return
    if isinstance(content, dict):
        for key, value in content.items():
            if not _is_of_the_run(str(key)):
                # {"outputs": {"23553": false}} names its values as keys
                if isinstance(value, bool | None) and is_value(str(key)):
                    yield str(key)
                yield from _iterate_leaves(value, depth + 1)
    elif isinstance(content, list):
        for value in content:
            yield from _iterate_leaves(value, depth + 1)
    elif isinstance(content, str | int | float) and not isinstance(content, bool):
        yield str(content)


@lru_cache(maxsize=1024)
def _is_of_the_run(key: str) -> bool:
    return _OF_THE_RUN.search(key) is not None


def holds_value(text: str, value: str) -> bool:
    """True if a text holds the value as a whole: not inside a longer word or number; `4,990` and `4990` are one."""
    if value.replace(",", "").casefold() not in _fold(text):
        return False
    return _build_pattern(value).search(text) is not None


# few texts: many values are looked for in one after the other, and some texts are long
@lru_cache(maxsize=16)
def _fold(text: str) -> str:
    return text.casefold().replace(",", "")


@lru_cache(maxsize=4096)
def _build_pattern(value: str) -> re.Pattern[str]:
    if _ONE_NUMBER.fullmatch(value):
        whole, dot, fraction = value.replace(",", "").partition(".")
        body = ",?".join(whole) + (re.escape(dot + fraction) if fraction.strip("0") else r"(?:\.0+)?")
        # the letter of an escape such as \n in an agent's JSON is no letter of a word
        return re.compile(rf"(?:(?<![\w.])|(?<=\\[bfnrt])|(?<=[^\d]\.)){body}(?!\w|\.\d|,\d{{3}})")
    return re.compile(rf"(?:(?<!\w)|(?<=\\[bfnrt])){re.escape(value)}(?!\w)", re.IGNORECASE)
