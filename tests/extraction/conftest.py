from collections.abc import Iterator

import pytest

from core.models import Dataset
from core.store import Store
from tests.responders import answer_hints
from tests.standins.llm import LlmServer
from tests.workspaces import import_sample

KEY = "sk-test-key-0123456789"
MODEL = "gpt-4o-mini"


@pytest.fixture
def dataset(store: Store) -> Dataset:
    return import_sample(store)


@pytest.fixture
def llm() -> Iterator[LlmServer]:
    with LlmServer(key=KEY, models=[MODEL], responder=answer_hints) as server:
        yield server
