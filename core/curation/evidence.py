"""Whether a quote really stands where a hint says it does. Code decides, not the model.

Exact; else found once elsewhere in the attempt; else nearly the same words there, which then replace the quote; else
missing. What counts as the same text is in `quotable.py`.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from core.curation.closest import LONGEST_QUOTE, Closest, find_closest_text
from core.curation.quotable import QuotableMessage, normalise_quote
from core.models import Evidence, EvidenceStatus, Message, Quote
from core.traces.secrets import mask_secrets

MINIMUM_CHARACTERS = 3
MINIMUM_APPROXIMATE = 12
"""Characters: of two shorter texts that nearly agree, one is often the opposite of the other."""
SIMILARITY = 0.92
"""From which on a quote is approximate, 0 to 1."""
CLOSEST = 0.5
"""From which on a text is worth offering to a reviewer in the place of a quote."""


class ClosestQuote(NamedTuple):
    """The real text that is most like a quote."""

    message: int
    quote: str
    """As it stands in the message, white space as single spaces and secrets masked: found as an exact quote."""
    ratio: float
    """0 to 1."""


class QuotableAttempt:
    """The messages of an attempt, ready for many quotes."""

    def __init__(self, attempt_id: int, messages: Sequence[Message]) -> None:
        """Nothing is normalised before it is needed."""
        self.attempt_id = attempt_id
        self._messages = [QuotableMessage(message) for message in messages]

    def check(self, quote: Quote) -> Evidence:
        """The quote as evidence. A secret in it is masked; nearly the same words are replaced by the true ones."""
        text, index = mask_secrets(quote.quote), quote.message
        wanted = normalise_quote(quote.quote)
        status = EvidenceStatus.MISSING
        if len(wanted) >= MINIMUM_CHARACTERS:
            place = self._find(wanted, index)
            if place is not None:
                status = EvidenceStatus.EXACT if place == index else EvidenceStatus.REPOINTED
                index = place
            elif (close := self._find_approximate(normalise_quote(text), index)) is not None:
                index, text, status = close.message, close.quote, EvidenceStatus.APPROXIMATE
        return Evidence(attempt_id=self.attempt_id, message=index, quote=text, status=status)

    def stands_in_template(self, quote: str) -> bool:
        """True if the quote stands in an agent's prompt template: it proves nothing there."""
        wanted = normalise_quote(quote)
        return len(wanted) >= MINIMUM_CHARACTERS and any(item.holds_in_template(wanted) for item in self._messages)

    def find_closest(self, quote: str) -> ClosestQuote | None:
        """The real text that is most like a quote, the first of equals; None if nothing is like it at all."""
        wanted = normalise_quote(mask_secrets(quote))
        if len(wanted) < MINIMUM_CHARACTERS:
            return None
        found = self._iterate_close(wanted, range(len(self._messages)), CLOSEST, same_digits=False)
        return max(found, key=lambda close: close.ratio, default=None)

    def _find(self, wanted: str, index: int) -> int | None:
        if 0 <= index < len(self._messages) and self._messages[index].holds(wanted):
            return index
        places = [place for place, message in enumerate(self._messages) if message.holds(wanted)]
        return places[0] if len(places) == 1 else None

    def _find_approximate(self, wanted: str, index: int) -> ClosestQuote | None:
        """Nearly the same words in the message it points at, or else in exactly one other."""
        if not MINIMUM_APPROXIMATE <= len(wanted) <= LONGEST_QUOTE:
            return None
        here = [index] if 0 <= index < len(self._messages) else []
        found = next(self._iterate_close(wanted, here, SIMILARITY, same_digits=True), None)
        if found is not None:
            return found
        elsewhere = (place for place in range(len(self._messages)) if place != index)
        others = list(self._iterate_close(wanted, elsewhere, SIMILARITY, same_digits=True))
        return others[0] if len(others) == 1 else None

    def _iterate_close(
        self, wanted: str, places: Sequence[int] | Iterator[int], cutoff: float, *, same_digits: bool
    ) -> Iterator[ClosestQuote]:
        for place in places:
            best: Closest | None = None
            for view in self._messages[place].safe_views:
                found = find_closest_text(wanted, view, cutoff=cutoff, same_digits=same_digits)
                if found is not None and (best is None or found.ratio > best.ratio):
                    best = found
            if best is not None:
                yield ClosestQuote(place, best.text, best.ratio)
