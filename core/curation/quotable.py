"""One message in every view that a quote may be taken from, and what counts as the same text.

White space, ANSI sequences and Unicode forms are normalised; the raw text, the text with JSON escapes decoded and the
text with secrets masked all count. Digits must match exactly: a number is not found inside a longer one. What stands
in an agent's prompt template proves nothing.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cached_property

from core.models import Message
from core.traces.secrets import mask_secrets
from core.traces.templates import strip_agent_instructions, strip_template

CUT_CHARACTERS = 150
"""A quote of this length may have been cut anywhere, also inside a number."""
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_JSON_ESCAPE = re.compile(
    r'\\(?:(["\\/bfnrt])|u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))'
)
_OTHER_NUMBERS = re.compile(
    "([\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u209c\u2150-\u218b\u2460-\u249b\u24ea-\u24ff\u2776-\u2793]+)"
)
_SIMPLE_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def normalise_quote(text: str) -> str:
    """The text as quotes are compared: without ANSI sequences, in one Unicode form, white space as single spaces."""
    if "\x1b" in text:
        text = _ANSI.sub("", text)
    if not text.isascii():
        # a power, an index or a circled number is no digit of a number, whatever the normal form makes of it
        text = "".join(
            part if index % 2 else unicodedata.normalize("NFKC", part)
            for index, part in enumerate(_OTHER_NUMBERS.split(text))
        )
    return " ".join(text.split())


def decode_json_escapes(text: str) -> str:
    r"""The text with JSON escapes such as `\n` and `\"` decoded, as an agent's JSON was executed."""
    return _JSON_ESCAPE.sub(_decode_escape, text) if "\\" in text else text


def _decode_escape(match: re.Match[str]) -> str:
    letter, high, low, code = match.groups()
    if high is not None:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)
    if code is not None:
        char = chr(int(code, 16))
        return "\N{REPLACEMENT CHARACTER}" if "\ud800" <= char <= "\udfff" else char
    return _SIMPLE_ESCAPES.get(letter, letter)


class QuotableMessage:
    """One message in every view that a quote may be taken from."""

    def __init__(self, message: Message) -> None:
        """Views are made when they are first needed."""
        self._message = message
        self._views: list[str] = []

    def holds(self, normalised_quote: str) -> bool:
        """True if the quote stands in the message, its numbers as whole numbers."""
        return any(stands_in(normalised_quote, view) for view in self._iterate_views())

    def holds_in_template(self, normalised_quote: str) -> bool:
        """True if the quote stands in an agent's prompt template around the task, whatever else holds it."""
        whole = self._message.content
        return self._own_text != whole and any(
            stands_in(normalised_quote, normalise_quote(view)) for view in (whole, decode_json_escapes(whole))
        )

    @property
    def safe_views(self) -> list[str]:
        """The views without secrets, normalised: what a quote may be replaced by."""
        masked = mask_secrets(self._own_text)
        return list(dict.fromkeys(map(normalise_quote, (masked, decode_json_escapes(masked)))))

    @cached_property
    def _own_text(self) -> str:
        return strip_agent_instructions(strip_template(self._message.content) or "")

    def _iterate_views(self) -> Iterator[str]:
        """Each view is made once, and only if those before it did not hold the quote."""
        yield from self._views
        if not self._views:
            self._views.append(normalise_quote(self._own_text))
            yield self._views[0]
        if len(self._views) == 1 and self._others:
            for view in self._others:
                self._views.append(view)
                yield view

    @cached_property
    def _others(self) -> list[str]:
        text = self._own_text
        masked = mask_secrets(text)
        views = dict.fromkeys([masked, decode_json_escapes(text), decode_json_escapes(masked)])
        return [view for view in dict.fromkeys(map(normalise_quote, views)) if view != self._views[0]]


def stands_in(quote: str, text: str) -> bool:
    """True if a normalised quote stands in a normalised text, its numbers as whole numbers."""
    if len(quote) >= CUT_CHARACTERS or not (quote[:1].isdigit() or quote[-1:].isdigit()):
        return quote in text
    begin = text.find(quote)
    while begin >= 0:
        if not _is_inside_number(text, begin, begin + len(quote)):
            return True
        begin = text.find(quote, begin + 1)
    return False


def _is_inside_number(text: str, begin: int, end: int) -> bool:
    begins = text[begin].isdigit() and re.search(r"\d\.?$", text[max(begin - 2, 0) : begin])
    ends = text[end - 1].isdigit() and re.match(r"\.?\d", text[end : end + 2])
    return bool(begins or ends)
