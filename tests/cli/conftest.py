import io
from collections.abc import Iterator
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.commands import end_worker
from tests.responders import answer_hints
from tests.standins.hub import HubServer
from tests.standins.llm import LlmServer
from tests.workspaces import SAMPLE

KEY = "sk-test-key-0123456789"
DEFAULT_DATASET = "DCAgent/taskmaster2-gpt5mini"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    end_worker(tmp_path / "home")


@pytest.fixture
def llm() -> Iterator[LlmServer]:
    with LlmServer(key=KEY, models=["gpt-4o-mini"], responder=answer_hints) as server:
        yield server


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        server.add_dataset(DEFAULT_DATASET, {"data/train-00000-of-00001.parquet": build_sample_parquet()})
        yield server


def build_sample_parquet() -> bytes:
    """The sample's rows with one type a column, as a Hub dataset has them."""
    rows = [orjson.loads(line) for line in SAMPLE.read_bytes().splitlines()]
    for row in rows:
        row["conversations"] = [
            {"role": message["role"], "content": message.get("content") or orjson.dumps(message).decode()}
            for message in row["conversations"]
        ]
    target = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), target)
    return target.getvalue()
