"""How a server is told the form of an answer, found out while a whole batch is under way."""

import pytest

from core.models import Dataset
from core.store import Store
from tests.extraction.conftest import MODEL
from tests.extraction.whole_batch import run
from tests.responders import answer_hints
from tests.standins.llm import LlmServer

ATTEMPTS = 26


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


@pytest.mark.parametrize("said", ["Failed to parse grammar", "Unsupported JSON schema: minItems"])
def test_a_server_that_answers_500_to_a_schema_is_asked_in_a_plainer_way(
    store: Store, dataset: Dataset, said: str
) -> None:
    fault = {"fault": "500", "message": said, "contains": '"json_schema"'}
    with LlmServer(responder=answer_hints, faults=[fault]) as llm:
        batch = run(store, dataset, llm, batch_size=4)
        assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
        assert store.workspace.find_server_mode(server=f"{llm.base_url}/", model=MODEL) == "json_object"
        assert llm.count(status=500) <= 4, "each that was in flight found it out once"


def test_a_server_error_in_the_plainest_mode_is_a_server_error_whatever_it_says(store: Store, dataset: Dataset) -> None:
    with LlmServer(responder=answer_hints) as llm:
        llm.set_faults({"fault": "no_json_object"}, {"fault": "500", "message": "grammar engine died", "every": 5})
        batch = run(store, dataset, llm, batch_size=1)
        assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
        assert llm.count(status=500) > 0
