import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from core.store import Store, open_store
from core.store.database import FILE_NAME

# how long an example takes says more of the machine's load than of the code
settings.register_profile("without deadline", deadline=None)
settings.load_profile("without deadline")
LONG_FIRST = ("tests/browser", "tests/cli", "tests/publishing", "tests/test_worker")
"""What waits for processes and browsers begins first, so that no worker is left alone with it at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first; within a file nothing changes."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG_FIRST))


SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def empty_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a new workspace: copying it is ten times faster than making one."""
    home = tmp_path_factory.mktemp("workspace")
    with open_store(home):
        pass
    return home / FILE_NAME


@pytest.fixture
def store(tmp_path: Path, empty_workspace: Path) -> Iterator[Store]:
    """A new workspace below the test's folder."""
    (tmp_path / "home").mkdir()
    shutil.copy(empty_workspace, tmp_path / "home")
    with open_store(tmp_path / "home") as opened:
        yield opened


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real traces; tests that need it are skipped in a plain clone."""
    if not (SHARED_DATA / "traces").is_dir():
        pytest.skip(f"the real traces are not here: {SHARED_DATA} is absent (they are no part of the project)")
    return SHARED_DATA
