"""Characters that text can hide behind are named."""

import pytest

from pages.shared.unseen import name_unseen


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\n\ttext", "plain\n\ttext"),
        ("ä ✓ 漢字 👍", "ä ✓ 漢字 👍"),
        ("\u202eevil\u202c", "[RLO]evil[PDF]"),
        ("\x1b[31mred\x07", "[ESC[31m]red[BEL]"),
        ("a\0b\r", "a[NUL]b[CR]"),
        ("zero\u200bwidth\ufeff", "zero[ZWSP]width[BOM]"),
        ("\ud800 \U000e0041", "[U+D800] [U+E0041]"),
        ("\x85", "[U+0085]"),
    ],
)
def test_what_cannot_be_seen_is_named_and_all_else_stays(text: str, shown: str) -> None:
    assert name_unseen(text) == shown
