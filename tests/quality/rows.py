"""What every part of the quality table hands over."""

from typing import NamedTuple


class QualityRow(NamedTuple):
    """One line of the table: found so many of so many."""

    name: str
    found: int
    of: int
