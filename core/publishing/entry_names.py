"""Names of files in somebody else's task: only those that mean the same place, inside, on every system. Pure."""

import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from core.errors import SourceError

MAX_PATH_CHARACTERS = 1_000
_SHOWN = 200
_TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""Characters that let a name read as another one."""


def check_path(name: str) -> str:
    """The path of an entry in plain form, e.g. `tests/test.sh`; empty for the folder itself.

    Raises:
        SourceError: It leads out of the folder, or not every system could have such a name.
    """
    parts = [part for part in name.split("/") if part not in ("", ".")]
    is_wrong = (
        name.startswith("/")
        or "\\" in name
        or len(name) > MAX_PATH_CHARACTERS
        or any(_is_control(char) for char in name)
        or any(_is_odd(part) for part in parts)
        or (parts and len(parts[0]) >= 2 and parts[0][1] == ":")
    )
    if is_wrong:
        raise SourceError(f"Its entry {show_name(name)} has a name that leads elsewhere or is not portable.")
    return "/".join(parts)


def check_names(paths: Iterable[str]) -> set[str]:
    """The folders that something is in, e.g. `tests` for `tests/test.sh`.

    Args:
        paths: In plain form; one that ends with `/` is a folder.

    Raises:
        SourceError: A name is a file and a folder at once, or two would be one file where case does not count.
    """
    known = list(paths)
    files = {path for path in known if not path.endswith("/")}
    parents = {str(parent) for path in known for parent in PurePosixPath(path).parents}
    folders = parents | {path.rstrip("/") for path in known if path.endswith("/")}
    for path in sorted(files & folders):
        raise SourceError(f"Its entry {show_name(path)} is a file and a folder at once.")
    spelled: dict[str, str] = {}
    for path in sorted(files | folders):
        other = spelled.setdefault(unicodedata.normalize("NFC", path).casefold(), path)
        if other != path:
            raise SourceError(f"Its entries {show_name(other)} and {show_name(path)} differ in case only.")
    return parents


def show_name(name: str) -> str:
    """A name that can be printed whatever it holds."""
    return ascii(name[:_SHOWN])


def _is_odd(part: str) -> bool:
    # Windows drops what stands at the end, and so opens another file
    return part == ".." or part.endswith((".", " "))


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(char) in _TURNING
