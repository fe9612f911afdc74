import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.store import open_store
from tests.publishing.approved import make_approved
from tests.standins.hub import HubServer


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


@pytest.fixture(scope="session")
def approved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose only dataset has two approved trials. Copied, never changed."""
    home = tmp_path_factory.mktemp("approved")
    with open_store(home) as store:
        make_approved(store)
    return home


@pytest.fixture
def home(tmp_path: Path, approved: Path) -> Path:
    """A copy of the workspace with two approved trials."""
    return Path(shutil.copytree(approved, tmp_path / "home"))
