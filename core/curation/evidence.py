"""Whether a quote really stands where a hint says it does. Code decides, not the model.

White space, ANSI sequences and Unicode forms are normalised; the raw text, the text with JSON escapes decoded and the
text with secrets masked all count. Digits must match exactly: a number is not found inside a longer one. What stands
in an agent's prompt template proves nothing.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property

from core.models import Evidence, EvidenceStatus, Message, Quote
from core.traces.secrets import mask_secrets
from core.traces.templates import find_template, strip_template

MINIMUM_CHARACTERS = 3
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

    @cached_property
    def _views(self) -> list[str]:
        text = self._message.content
        if find_template(text) is not None:
            text = strip_template(text) or ""
        masked = mask_secrets(text)
        views = dict.fromkeys([text, masked, decode_json_escapes(text), decode_json_escapes(masked)])
        return list(dict.fromkeys(map(normalise_quote, views)))

    def holds(self, normalised_quote: str) -> bool:
        """True if the quote stands in the message, its numbers as whole numbers."""
        return any(_stands_in(normalised_quote, view) for view in self._views)


def _stands_in(quote: str, text: str) -> bool:
    if len(quote) >= CUT_CHARACTERS or not (quote[0].isdigit() or quote[-1].isdigit()):
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


class QuotableAttempt:
    """The messages of an attempt, ready for many quotes."""

    def __init__(self, attempt_id: int, messages: Sequence[Message]) -> None:
        """Nothing is normalised before it is needed."""
        self.attempt_id = attempt_id
        self._messages = [QuotableMessage(message) for message in messages]

    def check(self, quote: Quote) -> Evidence:
        """The quote as evidence: exact, pointed at the one other message that holds it, or missing."""
        wanted = normalise_quote(quote.quote)
        index, status = quote.message, EvidenceStatus.MISSING
        if len(wanted) >= MINIMUM_CHARACTERS:
            if 0 <= index < len(self._messages) and self._messages[index].holds(wanted):
                status = EvidenceStatus.EXACT
            else:
                places = [place for place, message in enumerate(self._messages) if message.holds(wanted)]
                if len(places) == 1:
                    index, status = places[0], EvidenceStatus.REPOINTED
        return Evidence(attempt_id=self.attempt_id, message=index, quote=quote.quote, status=status)
