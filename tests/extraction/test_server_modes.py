"""How a server is told the form of an answer, found out while a whole batch is under way."""

from pathlib import Path

import pytest

from core.extraction.batch import run_batch
from core.extraction.retry import RetryPolicy
from core.models import Dataset, Extractor
from core.progress import no_progress
from core.store import Store
from core.store.batch_models import Batch, BatchConfig
from tests.extraction.conftest import MODEL
from tests.responders import answer_hints
from tests.standins.llm import LlmServer
from tests.workspaces import create_batch, make_settings

ATTEMPTS = 26
QUICK = RetryPolicy(base_seconds=0.01, max_seconds=0.05)


def run(store: Store, dataset: Dataset, llm: LlmServer, *, batch_size: int, **changes: bool) -> Batch:
    values = {"extractor": Extractor.LLM, "model": MODEL, "batch_size": batch_size, "max_rpm": 100_000}
    batch = create_batch(store, dataset, BatchConfig.model_validate(values | changes))
    settings = make_settings(Path("unused"), base_url=llm.base_url)
    run_batch(store, batch, settings=settings, progress=no_progress, check_lease=lambda: None, retry=QUICK)
    return batch


@pytest.mark.parametrize(("fault", "mode"), [("no_schema", "json_object"), ("no_json_object", "text")])
@pytest.mark.parametrize("latency_seconds", [0.0, 0.05])
def test_requests_in_flight_follow_a_mode_that_another_one_found(
    store: Store, dataset: Dataset, fault: str, mode: str, latency_seconds: float
) -> None:
    with LlmServer(responder=answer_hints, latency_seconds=latency_seconds, faults=[{"fault": fault}]) as llm:
        batch = run(store, dataset, llm, batch_size=100)
        assert store.answers.list_failures(batch.id) == []
        assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
        assert llm.count(status=200) == ATTEMPTS
        assert store.workspace.find_server_mode(server=f"{llm.base_url}/", model=MODEL) == mode
        llm.reset()
        llm.set_faults({"fault": fault})
        run(store, dataset, llm, batch_size=100, ask_again=True)
        assert llm.count(status=200) == len(llm.requests) == ATTEMPTS, "the mode is remembered"
