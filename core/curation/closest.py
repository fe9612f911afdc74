"""The place in a text that is most like a quote. Bounded: a megabyte costs milliseconds, whatever stands in it.

Pieces of the quote are looked up verbatim; only the places that several of them agree on are compared.
"""

import re
from collections import Counter
from typing import NamedTuple

from rapidfuzz import fuzz

LONGEST_QUOTE = 4_000
"""Characters; a longer quote is compared by its beginning."""
_PIECE = 7
"""A text that is 92 % the same has an error in every sixth character at the worst, and in practice in few places."""
_PLACES_PER_PIECE = 40
_PLACES = 6
_WHOLE = 3_000
"""A text of up to so many times the quote's length, or characters, is compared as a whole."""
# a number such as 3.5 is one word
_WORD = re.compile(r"\w+(?:\.\w+)*|[^\w\s]")
_NUMBER = re.compile(r"\d+")


class Closest(NamedTuple):
    """A piece of a text, at word boundaries, and how like the quote it is."""

    text: str
    ratio: float
    """0 to 1; 1 is equal."""


def find_closest_text(quote: str, text: str, *, cutoff: float, same_digits: bool) -> Closest | None:
    """The piece of `text` that is most like `quote`; None if nothing reaches the cutoff.

    Args:
        quote: White space already normalised, not empty.
        text: The same.
        cutoff: Lowest ratio that counts, 0 to 1.
        same_digits: Only pieces that hold the same numbers in the same order.
    """
    quote = quote[:LONGEST_QUOTE]
    best: Closest | None = None
    for begin, end in _list_windows(quote, text):
        found = _align(quote, text, begin, end, cutoff if best is None else best.ratio, same_digits=same_digits)
        if found is not None and (best is None or found.ratio > best.ratio):
            best = found
    return best


def list_numbers(text: str) -> list[str]:
    """The runs of digits in a text, in order."""
    return _NUMBER.findall(text)


def _list_windows(quote: str, text: str) -> list[tuple[int, int]]:
    """Parts of the text worth comparing, the most promising first."""
    if len(text) <= min(_WHOLE, 8 * len(quote)):
        return [(0, len(text))]
    step = max(1, min(_PIECE, len(quote) // 8))
    votes: Counter[int] = Counter()
    width = max(len(quote) // 3, 12)
    for offset in range(0, max(len(quote) - _PIECE + 1, 1), step):
        piece = quote[offset : offset + _PIECE]
        place, seen = text.find(piece), 0
        while place >= 0 and seen < _PLACES_PER_PIECE:
            votes[(place - offset) // width] += 1
            place, seen = text.find(piece, place + 1), seen + 1
    slack = len(quote) // 2 + width
    places = sorted(votes, key=lambda key: (-votes[key] - votes[key + 1], key))[:_PLACES]
    return [(max(key * width - slack, 0), key * width + width + len(quote) + slack) for key in places]


def _align(quote: str, text: str, begin: int, end: int, cutoff: float, *, same_digits: bool) -> Closest | None:
    window = text[begin:end]
    # a little below the cutoff: the right ends are found only afterwards
    rough = fuzz.partial_ratio_alignment(quote, window, score_cutoff=max(cutoff * 100 - 10, 1))
    if rough is None:
        return None
    first, last = (rough.dest_start, rough.dest_end) if len(window) >= len(quote) else (0, len(window))
    words = [match.span() for match in _WORD.finditer(window)]
    begins = _list_nearest([word[0] for word in words], first)
    ends = _list_nearest([word[1] for word in words], last)
    numbers = list_numbers(quote)
    best: Closest | None = None
    for start in begins:
        for stop in ends:
            piece = window[start:stop]
            ratio = fuzz.ratio(quote, piece) / 100
            if ratio < cutoff or (best is not None and ratio <= best.ratio):
                continue
            if not same_digits or list_numbers(piece) == numbers:
                best = Closest(piece, ratio)
    return best


def _list_nearest(places: list[int], wanted: int) -> list[int]:
    return sorted(places, key=lambda place: (abs(place - wanted), place))[:6]
