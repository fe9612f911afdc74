"""Makes the characters visible that text can hide behind: controls, bidi overrides, zero widths.

Use it wherever text of a trace, a dataset, a model or a server is shown by Streamlit; the workbench does the same with
the same names (`pages/review/workbench/js/dom.js`).
"""

import re

_UNSEEN = re.compile(
    "\x1b\\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e03ff]"
)
_NAMES = {
    0x00: "NUL", 0x07: "BEL", 0x08: "BS", 0x0B: "VT", 0x0C: "FF", 0x0D: "CR", 0x1B: "ESC", 0x7F: "DEL", 0xAD: "SHY",
    0x061C: "ALM", 0x200B: "ZWSP", 0x200C: "ZWNJ", 0x200D: "ZWJ", 0x200E: "LRM", 0x200F: "RLM", 0x2028: "LSEP",
    0x2029: "PSEP", 0x202A: "LRE", 0x202B: "RLE", 0x202C: "PDF", 0x202D: "LRO", 0x202E: "RLO", 0x2060: "WJ",
    0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI", 0xFEFF: "BOM",
}  # fmt: skip


def name_unseen(text: str) -> str:
    """The text with every invisible character named, e.g. `[RLO]`, `[ESC[31m]`, `[U+FE0F]`; line breaks stay."""
    return text if text.isascii() and text.isprintable() else _UNSEEN.sub(_name, text)


def _name(match: re.Match[str]) -> str:
    found = match[0]
    if len(found) > 1:
        return f"[ESC{found[1:]}]"
    return f"[{_NAMES.get(ord(found)) or f'U+{ord(found):04X}'}]"
