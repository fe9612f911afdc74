"""Finding a quote in a message, and cutting a long message so that it stays in sight. Pure."""

import json
import re
from typing import NamedTuple


class Span(NamedTuple):
    """How much is kept, in characters and in lines, whichever ends first."""

    characters: int
    lines: int


WHOLE = Span(1_200, 30)
"""A message up to this size is shown as it is."""
HEAD = Span(800, 14)
TAIL = Span(400, 6)
AROUND = Span(700, 9)
"""Kept on each side of a quote."""


class Piece(NamedTuple):
    """A part of a message's text."""

    text: str
    is_quote: bool = False
    is_gap: bool = False
    """True if this stands for characters that are left out; the text says how many."""


def find_quote(content: str, quote: str) -> tuple[int, int] | None:
    """Where a quote stands, white space and JSON escapes aside; None if it is not there word for word."""
    for form in dict.fromkeys((quote, quote.strip(), json.dumps(quote, ensure_ascii=False)[1:-1])):
        begin = content.find(form) if form else -1
        if begin >= 0:
            return begin, begin + len(form)
    words = quote.split()
    found = re.search(r"\s+".join(map(re.escape, words)), content) if words else None
    return None if found is None else found.span()


def cut_message(content: str, *, quote: str | None = None, whole: bool = False) -> list[Piece]:
    """The pieces of a message to show, in order: its head and tail, and a quote with what stands around it.

    Args:
        content: The whole text.
        quote: Always among the pieces if it is in the text.
        whole: Leave nothing out.
    """
    span = None if quote is None else find_quote(content, quote)
    is_short = len(content) <= WHOLE.characters and content.count("\n") < WHOLE.lines
    if whole or (is_short and span is None):
        kept = [(0, len(content))]
    elif span is None:
        kept = [(0, _reach(content, 0, HEAD)), (_reach_back(content, len(content), TAIL), len(content))]
    else:
        kept = [(_reach_back(content, span[0], AROUND), _reach(content, span[1], AROUND))]
    pieces: list[Piece] = []
    end = 0
    for begin, stop in kept:
        if begin > end:
            pieces.append(Piece(f"{begin - end:,} more characters", is_gap=True))
        pieces.extend(_split(content, begin, stop, span))
        end = stop
    if end < len(content):
        pieces.append(Piece(f"{len(content) - end:,} more characters", is_gap=True))
    return pieces


def _reach(content: str, begin: int, span: Span) -> int:
    """Where a piece that begins here ends."""
    end = min(begin + span.characters, len(content))
    for line, match in enumerate(re.finditer("\n", content[begin:end]), start=1):
        if line == span.lines:
            return begin + match.start()
    return end


def _reach_back(content: str, end: int, span: Span) -> int:
    """Where a piece that ends here begins."""
    begin = max(end - span.characters, 0)
    breaks = [match.end() for match in re.finditer("\n", content[begin:end])]
    return begin + breaks[-span.lines] if len(breaks) >= span.lines else begin


def _split(content: str, begin: int, stop: int, span: tuple[int, int] | None) -> list[Piece]:
    if span is None:
        return [Piece(content[begin:stop])]
    parts = [
        Piece(content[begin : span[0]].rstrip("\n")),
        Piece(content[span[0] : span[1]], is_quote=True),
        Piece(content[span[1] : stop].lstrip("\n")),
    ]
    return [part for part in parts if part.text.strip()]
