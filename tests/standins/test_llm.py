"""The model's stand-in speaks the protocol of the unmodified openai client."""

import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from time import monotonic
from typing import Any

import openai
import pytest
from pydantic import BaseModel, Field

from tests.standins.faults import FaultSchedule
from tests.standins.llm import LlmServer
from tests.standins.llm_answers import answer_minimal, build_minimal
from tests.standins.process import StandInProcess

MESSAGES: list[Any] = [{"role": "user", "content": "x" * 400}]


class Kind(StrEnum):
    """A choice."""

    TOOL = "tool"


class Hint(BaseModel):
    """A schema with what strict schemas have: references, choices, bounds, nullable and recursive fields."""

    kind: Kind
    text: str = Field(min_length=6)
    support: int = Field(ge=1)
    evidence: list[int] = Field(min_length=2)
    parent: "Hint | None"
    more: list["Hint"]


def complete(server: LlmServer, **options: Any) -> Any:
    """One chat completion without the client's own retries."""
    key = options.pop("key", "sk-test")
    with openai.OpenAI(base_url=server.base_url, api_key=key, max_retries=0, timeout=0.5) as client:
        return client.chat.completions.create(**{"model": "m", "messages": MESSAGES} | options)


def test_parse_gets_an_object_that_fits_its_schema() -> None:
    with LlmServer() as llm, openai.OpenAI(base_url=llm.base_url, api_key="any") as client:
        answer = client.chat.completions.parse(model="m", messages=MESSAGES, response_format=Hint)
    parsed = answer.choices[0].message.parsed
    assert parsed == Hint(kind=Kind.TOOL, text="textxx", support=1, evidence=[0, 0], parent=None, more=[])
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == 100


def test_schema_in_a_message_is_followed_when_the_request_has_none() -> None:
    text = f'Answer as JSON like {{this}}:\n{json.dumps(Hint.model_json_schema())}\nThe trace: {{"a": 1}}'
    request = {"messages": [{"role": "system", "content": text}]}
    assert Hint.model_validate_json(answer_minimal(request))
    assert answer_minimal({"messages": MESSAGES}) == "{}"


def test_own_responder_reads_the_request_and_writes_the_answer() -> None:
    with LlmServer(responder=lambda request: request["model"].upper(), cached_share=0.5) as llm:
        answer = complete(llm, model="gpt")
    assert answer.choices[0].message.content == "GPT"
    assert answer.usage.prompt_tokens_details.cached_tokens == 50


def test_wrong_key_and_unknown_model_are_refused_like_the_real_ones() -> None:
    with LlmServer(key="sk-test", models=["m"]) as llm:
        with pytest.raises(openai.AuthenticationError, match="Incorrect API key"):
            complete(llm, key="sk-wrong")
        with pytest.raises(openai.NotFoundError) as unknown:
            complete(llm, model="other")
        assert unknown.value.code == "model_not_found"
        assert [record.status for record in llm.requests] == [401, 404]
        assert "sk-" not in str([record.to_dict(with_body=True) for record in llm.requests])


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ({"fault": "429", "retry_after": 7, "ratelimit_headers": True}, openai.RateLimitError),
        ({"fault": "500"}, openai.InternalServerError),
        ({"fault": "503", "retry_after_date_seconds": 9}, openai.InternalServerError),
        ({"fault": "400", "code": "context_length_exceeded"}, openai.BadRequestError),
        ({"fault": "drop"}, openai.APIConnectionError),
        ({"fault": "cut"}, openai.APIConnectionError),
        ({"fault": "hang"}, openai.APITimeoutError),
        ({"fault": "slow", "seconds": 5}, openai.APITimeoutError),
    ],
    ids=lambda value: value["fault"] if isinstance(value, dict) else "",
)
def test_fault_raises_the_clients_own_error_once(rule: dict[str, Any], error: type[Exception]) -> None:
    with LlmServer(faults=[rule | {"first": 1}]) as llm:
        with pytest.raises(error) as raised:
            complete(llm)
        assert complete(llm).choices[0].finish_reason == "stop"
        assert [record.fault for record in llm.requests] == [rule["fault"], None]
    if isinstance(raised.value, openai.APIStatusError):
        retry_after = raised.value.response.headers.get("retry-after", "")
        assert retry_after.endswith("GMT") or retry_after == str(rule.get("retry_after", ""))


def test_useless_answers_come_with_status_200() -> None:
    names = ["malformed", "wrong_schema", "refusal", "truncated", "empty_choices", "html"]
    with LlmServer(responder=lambda _: '{"text": "long"}', faults=[{"fault": n, "first": 1} for n in names]) as llm:
        malformed, wrong, refusal, truncated, empty = (complete(llm) for _ in names[:-1])
        assert not isinstance(complete(llm), openai.types.chat.ChatCompletion)
        assert llm.count(status=200) == len(names)
    with pytest.raises(json.JSONDecodeError):
        json.loads(malformed.choices[0].message.content)
    assert isinstance(json.loads(wrong.choices[0].message.content), list)
    assert (refusal.choices[0].message.content, truncated.choices[0].finish_reason) == (None, "length")
    assert refusal.choices[0].message.refusal.startswith("I'm sorry")
    assert empty.choices == []


@pytest.mark.parametrize(("fault", "refused"), [("no_schema", 1), ("no_json_object", 2)])
def test_server_without_json_schema_answers_400(fault: str, refused: int) -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
    with LlmServer(faults=[{"fault": fault}]) as llm:
        for response_format in [schema, {"type": "json_object"}][:refused]:
            with pytest.raises(openai.BadRequestError, match="response_format"):
                complete(llm, response_format=response_format)
        assert complete(llm).choices


def test_share_is_spread_evenly_and_the_same_in_every_run() -> None:
    def hits(**rule: Any) -> list[int]:
        schedule = FaultSchedule(frozenset())
        schedule.set([{"fault": "500", **rule}])
        found = (schedule.find(method="POST", path="/", body=str(n % 50).encode()) for n in range(300))
        return [number for number, fault in enumerate(found) if fault]

    assert 29 <= len(hits(share=0.1)) <= 31
    assert hits(share=0.1) == hits(share=0.1)
    assert 15 <= len(hits(share=0.1, by="body")) <= 45
    assert hits(every=100) == [99, 199, 299]
    assert hits(contains="7", after=2, first=2) == [27, 37]


def test_enforced_limit_answers_429_with_retry_after_and_lets_through_afterwards() -> None:
    with LlmServer(enforce_rpm=3) as llm:
        begin = monotonic()
        for _ in range(3):
            complete(llm)
        with pytest.raises(openai.RateLimitError) as refused:
            complete(llm)
        headers = refused.value.response.headers
        assert 0 < float(headers["retry-after-ms"]) / 1000 <= int(headers["retry-after"]) <= 60
        llm.window_seconds = monotonic() - begin + 0.5  # half a second from now there is room
        with openai.OpenAI(base_url=llm.base_url, api_key="any", max_retries=3) as client:
            client.chat.completions.create(model="m", messages=MESSAGES)  # waits as told, then succeeds
        assert llm.count(status=200) == 4
        # a quarter of a second for a request that is let through later than it came
        assert llm.records.max_in_window(llm.window_seconds - 0.25, status=200) == 3


def test_concurrency_is_measured() -> None:
    with LlmServer(latency_seconds=0.2) as llm, ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda _: complete(llm), range(5)))
        assert (llm.max_concurrency, llm.count(status=200)) == (5, 5)


def test_stopping_does_not_wait_for_a_hung_request() -> None:
    with ThreadPoolExecutor(1) as pool:
        with LlmServer(faults=[{"fault": "hang"}], latency_seconds=0) as llm:
            waiting = pool.submit(complete, llm)
        assert isinstance(waiting.exception(), openai.APIConnectionError)


def test_model_in_a_process_of_its_own_is_controlled_over_http() -> None:
    arguments = ("--key", "k", "--responder", "tests.standins.llm_answers:answer_minimal")
    with StandInProcess("tests.standins.llm", *arguments) as llm:
        with openai.OpenAI(base_url=f"{llm.url}/v1", api_key="k", max_retries=0) as client:
            llm.set_faults({"fault": "503", "first": 1})
            llm.post("settings", {"models": ["m"]})
            assert [model.id for model in client.models.list()] == ["m"]
            with pytest.raises(openai.InternalServerError):
                client.chat.completions.create(model="m", messages=MESSAGES)
            client.chat.completions.create(model="m", messages=MESSAGES)
        assert llm.get("stats")["by_status"] == {"200": 2, "503": 1}
        assert "body" not in llm.get("requests?bodies=0")[0]
        llm.reset()
        assert llm.get("requests") == []
        with pytest.raises(urllib.error.HTTPError, match="400"):
            llm.set_faults({"fault": "no such fault"})


def test_minimal_answer_of_a_plain_schema() -> None:
    schema = {
        "allOf": [
            {"properties": {"at": {"type": "string", "format": "date"}}, "required": ["at"]},
            {"type": "object"},
        ]
    }
    assert build_minimal(schema) == {"at": "2026-01-01"}
