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


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A workspace whose only dataset has two approved trials."""
    with open_store(tmp_path / "home") as store:
        make_approved(store)
    return tmp_path / "home"
