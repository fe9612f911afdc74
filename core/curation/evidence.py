"""Whether a quote really stands where a hint says it does. Code decides, not the model.

White space, ANSI sequences and Unicode forms are normalised; the raw text, the text with JSON escapes decoded and the
text with secrets masked all count. What stands in an agent's prompt template proves nothing.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property

from core.models import Evidence, EvidenceStatus, Message, Quote
from core.traces.secrets import mask_secrets
from core.traces.templates import find_template, strip_template

MINIMUM_CHARACTERS = 3
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_JSON_ESCAPE = re.compile(r'\\(?:(["\\/bfnrt])|u([0-9a-fA-F]{4}))')
_SIMPLE_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def normalise_quote(text: str) -> str:
    """The text as quotes are compared: without ANSI sequences, in one Unicode form, white space as single spaces."""
    if "\x1b" in text:
        text = _ANSI.sub("", text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.split())


def decode_json_escapes(text: str) -> str:
    r"""The text with JSON escapes such as `\n` and `\"` decoded, as an agent's JSON was executed."""
    return _JSON_ESCAPE.sub(_decode_escape, text) if "\\" in text else text


def _decode_escape(match: re.Match[str]) -> str:
    letter, code = match.groups()
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
        views = [text, mask_secrets(text), decode_json_escapes(text)]
        return list(dict.fromkeys(normalise_quote(view) for view in views))

    def holds(self, normalised_quote: str) -> bool:
        """True if the quote stands in the message."""
        return any(normalised_quote in view for view in self._views)


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
