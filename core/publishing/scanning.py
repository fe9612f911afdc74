"""Keys, tokens and private keys in the files that are about to leave. There is no override."""

from collections.abc import Mapping

from core.curation.secret_scan import find_secret

__all__ = ["find_secret", "find_secret_file"]

_ZERO = "\0"
_BYTES_AT_ONCE = 1 << 20
"""Small files are looked at together first: a call of a plugin costs more than a short text."""


def find_secret_file(contents: Mapping[str, bytes]) -> tuple[str, str] | None:
    """Path and kind of the first secret among files, names included, or None."""
    is_small = sum(map(len, contents.values())) <= _BYTES_AT_ONCE
    if is_small and find_secret("\n".join(map(_read, contents.items()))) is None:
        return None
    for path, content in contents.items():
        kind = find_secret(_read((path, content)))
        if kind is not None:
            return path, kind
    return None


def _read(file: tuple[str, bytes]) -> str:
    path, content = file
    text = content.decode("utf-8", "replace")
    # as UTF-16 the letters of a secret have zeros between them
    return f"{path}\n{text}\n{text.replace(_ZERO, '')}" if _ZERO in text else f"{path}\n{text}"
