"""Long texts to head and tail. Pure; the marker in the place of what is left out counts as a part of the result."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

_MARKER = "\n[... {} characters left out ...]\n"
MARKER_CHARACTERS = len(_MARKER) + 10
"""At most, with its number."""
_MAX_ERRORS = 2
"""Lines that say what went wrong; more would leave nothing of head and tail."""

_Span = tuple[int, int]


class Squeezed(NamedTuple):
    """A text that was made to fit."""

    text: str
    characters_left_out: int
    """Of the original text."""


def find_allowance(lengths: Iterable[int], room: int) -> int:
    """The most characters that each text may keep so that all of them fit together: the longest give way first.

    Args:
        lengths: Characters of each text.
        room: Characters for all of them; 0 or less gives 0.
    """
    ordered = sorted(lengths)
    for position, length in enumerate(ordered):
        share = max(room, 0) // (len(ordered) - position)
        if length > share:
            return share
        room -= length
    return ordered[-1] if ordered else 0


def squeeze(text: str, allowance: int, *, errors: Sequence[str] = ()) -> Squeezed:
    """The text itself, or its head and tail with a marker in between, in at most `allowance` characters.

    Args:
        text: With its secrets masked: a key that is cut in two would not be recognised any more.
        allowance: In characters.
        errors: Lines of the text that say what went wrong; kept where they stand, as far as there is room.
    """
    if len(text) <= allowance:
        return Squeezed(text, 0)
    lines = list(_find_lines(text, errors, longest=allowance // 4))
    spans = _choose_spans(text, allowance, lines)
    # what already stands in head or tail takes no room of its own
    apart = [line for line in lines if not (line[1] <= spans[0][1] or line[0] >= spans[-1][0])]
    if len(apart) < len(lines):
        spans = _choose_spans(text, allowance, apart)
    return _join(text, spans)


def _find_lines(text: str, errors: Sequence[str], *, longest: int) -> Iterator[_Span]:
    end = 0
    places = sorted({(place, len(line)) for line in errors if line and (place := text.find(line)) >= 0})
    for place, length in places[:_MAX_ERRORS]:
        if place >= end:
            end = place + min(length, longest)
            yield place, end


def _choose_spans(text: str, allowance: int, lines: Sequence[_Span]) -> list[_Span]:
    """What is kept, in order and without overlaps; the first is the head and the last the tail."""
    room = allowance - sum(end - begin for begin, end in lines) - MARKER_CHARACTERS * (len(lines) + 1)
    if room < MARKER_CHARACTERS:
        # a marker would take more than what is left
        return _choose_spans(text, allowance, []) if lines else [(0, max(allowance, 0)), (len(text), len(text))]
    tail = len(text) - room // 2
    spans = [(0, room - room // 2)]
    for begin, end in lines:
        begin, end = max(begin, spans[-1][1]), min(end, tail)
        if begin < end:
            spans.append((begin, end))
    return [*spans, (tail, len(text))]


def _join(text: str, spans: Sequence[_Span]) -> Squeezed:
    pieces = [text[slice(*spans[0])]]
    left_out = 0
    for before, span in zip(spans, spans[1:], strict=False):
        missing = span[0] - before[1]
        left_out += missing
        # the text itself is full if there is no room for a tail
        has_marker = missing and spans[-1][0] < len(text)
        pieces += [_MARKER.format(missing) if has_marker else "", text[slice(*span)]]
    return Squeezed("".join(pieces), left_out)
