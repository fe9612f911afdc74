"""sqlite-utils, loaded without pandas and numpy.

It would take values of their types, and only for that loads both where they are installed: a third of the time in
which a command starts. The store gives it no such values.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _absent(*names: str) -> Iterator[None]:
    """As if these were not installed, unless they are loaded already."""
    hidden = [name for name in names if name not in sys.modules]
    # None in this place is how Python says that an import fails
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


with _absent("numpy", "pandas"):
    from sqlite_utils import Database, Migrations

__all__ = ["Database", "Migrations"]
