"""Text that nothing later can choke on: no NUL, no lone surrogates, one kind of line end."""

from collections import Counter

NUL_SHOWN = "\N{SYMBOL FOR NULL}"
SURROGATE_SHOWN = "\N{REPLACEMENT CHARACTER}"


def normalise_text(text: str, notes: Counter[str] | None = None) -> str:
    r"""The text with NUL and lone surrogates replaced by visible characters and line ends unified to `\n`.

    Args:
        text: Anything a source holds.
        notes: Counts what was replaced, by name; None if nobody asks.
    """
    if "\r" in text:
        _note(notes, "line ends unified", text.count("\r"))
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        _note(notes, "NUL characters replaced", text.count("\0"))
        text = text.replace("\0", NUL_SHOWN)
    if not text.isascii() and _has_surrogate(text):
        _note(notes, "lone surrogates replaced", sum("\ud800" <= char <= "\udfff" for char in text))
        text = "".join(SURROGATE_SHOWN if "\ud800" <= char <= "\udfff" else char for char in text)
    return text


def _has_surrogate(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _note(notes: Counter[str] | None, name: str, count: int) -> None:
    if notes is not None:
        notes[name] += count
