import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from core.settings import PROJECT_ROOT
from core.store import Store, open_store
from core.store.database import FILE_NAME

# how long an example takes says more of the machine's load than of the code
settings.register_profile("without deadline", deadline=None)
settings.load_profile("without deadline")
LONG = ("tests/browser", "tests/cli", "tests/publishing", "tests/test_worker")
"""Where tests wait for processes and browsers."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, so that no worker is left alone with one at the end; within a file nothing changes.

    They take turns by folder: a browser takes all of a core, a command mostly waits.
    """
    files = list(dict.fromkeys(item.path for item in items))
    turns = {path: _find_turn(path, files) for path in files}
    items.sort(key=lambda item: turns[item.path])


def _find_turn(path: Path, files: list[Path]) -> tuple[int, int]:
    """Place in the order: number in the own folder, then the folder; what is not long comes last, as it was."""
    group = _find_group(path)
    same = [other for other in files if _find_group(other) == group]
    return (same.index(path), group) if group < len(LONG) else (len(files), files.index(path))


def _find_group(path: Path) -> int:
    name = path.relative_to(PROJECT_ROOT).as_posix()
    return next((number for number, begin in enumerate(LONG) if name.startswith(begin)), len(LONG))


SHARED_DATA = PROJECT_ROOT.parent / "shared" / "data"


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
