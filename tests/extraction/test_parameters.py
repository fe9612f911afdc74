"""Parameters that a server does not take: told by its words, left out from then on, and remembered."""

import orjson
import pytest

from core.errors import ModelServerError
from core.extraction.bodies import hash_body
from core.extraction.error_words import classify_error
from core.extraction.exchange import Status
from core.extraction.parameters import find_refused_parameter
from core.extraction.weighing import MOST_SAME_WORDS
from core.models import Dataset
from core.store import Store
from tests.extraction.conftest import MODEL
from tests.extraction.whole_batch import run
from tests.responders import answer_hints
from tests.standins.faults import Fault
from tests.standins.llm import LlmServer

ATTEMPTS = 26
NO_TEMPERATURE = (
    "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported."
)
NO_MAX_TOKENS = (
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
)
REFUSED = [
    (NO_TEMPERATURE, "temperature"),
    ("Unsupported parameter: 'temperature' is not supported with this model.", "temperature"),
    (
        "UnsupportedParamsError: gpt-5 models don't support temperature=0.0. Only temperature=1 is supported",
        "temperature",
    ),
    ("`temperature` is deprecated for this model.", "temperature"),
    ("`temperature` may only be set to 1 when thinking is enabled", "temperature"),
    (NO_MAX_TOKENS, "max_tokens"),
    ('{"loc": ["body", "max_completion_tokens"], "msg": "Extra inputs are not permitted"}', "max_completion_tokens"),
    ("Unrecognized request argument supplied: max_completion_tokens", "max_completion_tokens"),
]
OTHERS = [
    "max_tokens is too large: 300000. This model supports at most 16384 completion tokens",
    "This model does not support max_tokens larger than 4096",
    "'response_format' of type 'json_schema' is not supported with this model.",
    "The temperature of the data centre is too high",
    "Unsupported file type. Set a lower temperature",
    "Unknown model",
]


@pytest.mark.parametrize(("said", "parameter"), REFUSED)
def test_a_refused_parameter_is_named(said: str, parameter: str) -> None:
    assert find_refused_parameter(said) == parameter


@pytest.mark.parametrize("said", OTHERS)
def test_other_refusals_name_no_parameter(said: str) -> None:
    assert find_refused_parameter(said) is None


def test_what_an_error_quotes_of_the_request_refuses_no_parameter() -> None:
    quoted = "response_format is not supported. You sent: " + "x" * 1000 + NO_TEMPERATURE
    assert classify_error(400, quoted) is Status.MODE_UNSUPPORTED


@pytest.mark.parametrize(("parameter", "said"), [("temperature", NO_TEMPERATURE), ("max_tokens", NO_MAX_TOKENS)])
@pytest.mark.parametrize("batch_size", [1, 100])
def test_a_server_that_does_not_take_a_parameter_is_asked_without_it_and_nothing_is_paid_twice(
    store: Store, dataset: Dataset, parameter: str, said: str, batch_size: int
) -> None:
    fault = Fault("400", contains=f'"{parameter}"', message=said)
    with LlmServer(responder=answer_hints, latency_seconds=0.02, faults=[fault]) as llm:
        batch = run(store, dataset, llm, batch_size=batch_size)
        assert store.answers.list_failures(batch.id) == []
        assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
        assert llm.count(status=200) == ATTEMPTS
        assert llm.count(status=400) <= batch_size, "each that was in flight learned it once"
        assert store.workspace.find_refused_parameters(server=f"{llm.base_url}/", model=MODEL) == {parameter}
        asked = [orjson.loads(record.body) for record in llm.requests if record.status == 200]
        assert {body.get("max_tokens") or body.get("max_completion_tokens") for body in asked} == {3_000}
        llm.reset()
        llm.set_faults(fault)
        run(store, dataset, llm, batch_size=4)
        assert llm.requests == [], "the answers are found under what was asked in the end"
        run(store, dataset, llm, batch_size=4, ask_again=True)
        assert llm.count(status=200) == len(llm.requests) == ATTEMPTS, "it is remembered"
        assert {hash_body(orjson.loads(record.body)) for record in llm.requests} == {hash_body(body) for body in asked}


def test_a_server_that_takes_neither_parameter_is_asked_without_both(store: Store, dataset: Dataset) -> None:
    faults = [
        Fault("400", contains='"temperature"', message=NO_TEMPERATURE),
        Fault("400", contains='"max_tokens"', message=NO_MAX_TOKENS),
        Fault("no_schema"),
    ]
    with LlmServer(responder=answer_hints, faults=faults) as llm:
        batch = run(store, dataset, llm, batch_size=4)
        assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
        assert llm.count(status=200) == ATTEMPTS


def test_a_server_that_takes_the_output_limit_under_no_name_stops_the_batch_with_its_words(
    store: Store, dataset: Dataset
) -> None:
    faults = [
        Fault("400", contains='"max_completion_tokens"', message="Unknown parameter: 'max_completion_tokens'."),
        Fault("400", contains='"max_tokens"', message=NO_MAX_TOKENS),
    ]
    with LlmServer(responder=answer_hints, faults=faults) as llm:
        with pytest.raises(ModelServerError, match=r"20.*Unknown parameter: 'max_completion_tokens'"):
            run(store, dataset, llm, batch_size=1)
        assert len(llm.requests) == MOST_SAME_WORDS + 1
