from collections.abc import Iterator
from pathlib import Path

import pytest

from core.store import Store, open_store

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A new workspace below the test's folder."""
    with open_store(tmp_path / "home") as opened:
        yield opened


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real traces; tests that need it are skipped in a plain clone."""
    if not (SHARED_DATA / "traces").is_dir():
        pytest.skip(f"the real traces are not here: {SHARED_DATA} is absent (they are no part of the project)")
    return SHARED_DATA
