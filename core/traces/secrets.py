"""Keys and tokens in traces: counted at import, masked before anything is sent. One set of patterns for both.

Fast on purpose: a text is searched by regular expression only where one of the literal prefixes stands in it.
Hints and whatever is published are scanned more thoroughly, in `curation`.
"""

import re
from collections import Counter
from typing import NamedTuple


class _Pattern(NamedTuple):
    name: str
    prefixes: tuple[str, ...]
    expression: re.Pattern[str]


_BEGIN = r"(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt])|(?<=\\u00[0-9a-fA-F]{2})|(?<=[0-9;\[][mK]))"
"""Not inside a word; the letter that ends an escape such as `\\n` in an agent's JSON, or a colour's, is no word."""


def _pattern(name: str, prefixes: tuple[str, ...], expression: str) -> _Pattern:
    return _Pattern(name, prefixes, re.compile(rf"{_BEGIN}(?:{expression})"))


PATTERNS = (
    _pattern("AWS access key", ("AKIA", "ASIA"), r"A[KS]IA[0-9A-Z]{16}(?![0-9A-Z])"),
    _pattern("GitHub token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[pousr]_[A-Za-z0-9]{36,}"),
    _pattern("GitHub token", ("github_pat_",), r"github_pat_[A-Za-z0-9_]{22,}"),
    _pattern("GitLab token", ("glpat-",), r"glpat-[A-Za-z0-9_-]{20,}"),
    # with a digit: class names such as sk-toggleable__content-arrow are no keys
    _pattern("API key", ("sk-",), r"sk-(?:ant-|proj-|or-)?(?=[A-Za-z_-]{0,80}\d)[A-Za-z0-9_-]{20,}"),
    _pattern("Stripe key", ("_live_",), r"[sr]k_live_[A-Za-z0-9]{16,}"),
    _pattern("Hugging Face token", ("hf_",), r"hf_[A-Za-z0-9]{30,}"),
    _pattern("Slack token", ("xox",), r"xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    _pattern("Google API key", ("AIza",), r"AIza[0-9A-Za-z_-]{35}"),
    _pattern("Google token", ("ya29.",), r"ya29\.[0-9A-Za-z_-]{20,}"),
    _pattern("npm token", ("npm_",), r"npm_[A-Za-z0-9]{36}"),
    _pattern("PyPI token", ("pypi-",), r"pypi-[A-Za-z0-9_-]{50,}"),
    _pattern("SendGrid key", ("SG.",), r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    _pattern("JSON web token", ("eyJ",), r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    _pattern(
        "private key",
        ("PRIVATE KEY",),
        r"-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:[^-]|-(?!----)){0,20000}(?:-----END (?:[A-Z]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----)?",
    ),
)


def count_secrets(text: str) -> Counter[str]:
    """How many secrets of each kind stand in a text; empty for most texts."""
    found: Counter[str] = Counter()
    for name, prefixes, expression in PATTERNS:
        if any(prefix in text for prefix in prefixes):
            count = sum(1 for _ in expression.finditer(text))
            if count:
                found[name] += count
    return found


def mask_secrets(text: str) -> str:
    """The text with every secret replaced by `[masked: kind]`; the same text if there is none."""
    for name, prefixes, expression in PATTERNS:
        # plain loops: this runs over every message that is sent, and a generator costs more than the search
        for prefix in prefixes:
            if prefix in text:
                text = expression.sub(f"[masked: {name}]", text)
                break
    return text
