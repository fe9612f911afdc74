"""What every check uses: the fields of a hint, and a finding on one of them."""

from collections.abc import Sequence
from functools import cache, lru_cache

from pydantic import BaseModel

from core.models import Finding, Hint, HintText, Severity


def list_fields(text: HintText) -> list[tuple[str, str]]:
    """The fields of a hint that say something: name and words, in their order."""
    fields = ((name, getattr(text, name)) for name in _list_names(type(text)))
    return [(name, value) for name, value in fields if value and not value.isspace()]


@cache
def _list_names(kind: type[BaseModel]) -> tuple[str, ...]:
    return tuple(name for name in kind.model_fields if name != "kind")


def may_hold(text: str, pieces: Sequence[str]) -> bool:
    """False only if none of the pieces stands in a text: a costly search that needs one of them would find nothing.

    Args:
        text: Any; what is not ASCII may be folded to other letters, so that nothing can be said of it.
        pieces: Lower case, white space as single spaces.
    """
    plain = _fold_ascii(text)
    if plain is None:
        return True
    # a generator costs more than the search
    for piece in pieces:  # noqa: SIM110
        if piece in plain:
            return True
    return False


@lru_cache(maxsize=64)
def _fold_ascii(text: str) -> str | None:
    return " ".join(text.lower().split()) if text.isascii() else None


def build(hint: Hint, severity: Severity, code: str, message: str, place: str = "") -> Finding:
    """A finding on a hint, or on one field or quote of it."""
    return Finding(code=code, severity=severity, message=message, place=place, hint_id=hint.id)


def block(hint: Hint, code: str, message: str, place: str = "") -> Finding:
    """A finding that keeps the hint from being published until a person deals with it."""
    return build(hint, Severity.BLOCK, code, message, place)


def warn(hint: Hint, code: str, message: str, place: str = "") -> Finding:
    """A finding that a person should look at."""
    return build(hint, Severity.WARN, code, message, place)


def show(text: str, characters: int = 60) -> str:
    """A piece of a hint as messages name it: on one line, cut where it is long."""
    line = " ".join(text.split())
    return f"'{line}'" if len(line) <= characters else f"'{line[: characters - 3].rstrip()}...'"
