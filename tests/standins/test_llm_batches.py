"""The stand-in's Batch API speaks the protocol of the unmodified openai client."""

import io
import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.standins.llm import LlmServer

ENDPOINT: Any = "/v1/chat/completions"


@pytest.fixture
def llm() -> Iterator[LlmServer]:
    with LlmServer(responder=lambda request: request["messages"][0]["content"].upper()) as server:
        yield server


@pytest.fixture
def client(llm: LlmServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=llm.base_url, api_key="any", max_retries=0) as made:
        yield made


def build_file(*names: str) -> io.BytesIO:
    lines = []
    for name in names:
        body = {"model": "m", "messages": [{"role": "user", "content": f"hello {name}\r\n\r\n--x"}]}
        lines.append(json.dumps({"custom_id": name, "method": "POST", "url": ENDPOINT, "body": body}))
    return io.BytesIO("\n".join(lines).encode())


def submit(client: openai.OpenAI, *names: str) -> openai.types.Batch:
    file = client.files.create(file=("x.jsonl", build_file(*names)), purpose="batch")
    return client.batches.create(
        input_file_id=file.id, endpoint=ENDPOINT, completion_window="24h", metadata={"key": "value"}
    )


def read(client: openai.OpenAI, file_id: str | None) -> dict[str, Any]:
    lines = client.files.content(file_id or "").text.splitlines()
    return {item["custom_id"]: item for item in map(json.loads, lines)}


def test_a_batch_is_validated_worked_off_and_downloaded(client: openai.OpenAI, llm: LlmServer) -> None:
    llm.batches.looks = 2
    batch = submit(client, "a", "b")
    assert (batch.status, batch.metadata) == ("validating", {"key": "value"})
    assert client.batches.retrieve(batch.id).status == "in_progress"
    done = client.batches.retrieve(batch.id)
    assert (done.status, done.error_file_id) == ("completed", None)
    assert done.request_counts is not None
    assert (done.request_counts.completed, done.request_counts.total) == (2, 2)
    results = read(client, done.output_file_id)
    answer = results["b"]["response"]["body"]["choices"][0]["message"]["content"]
    assert answer == "HELLO B\r\n\r\n--X"


def test_lines_meet_the_faults_of_live_calls(client: openai.OpenAI, llm: LlmServer) -> None:
    llm.set_faults({"fault": "500", "contains": "hello b"})
    done = client.batches.retrieve(submit(client, "a", "b", "c").id)
    assert list(read(client, done.output_file_id)) == ["a", "c"]
    assert read(client, done.error_file_id)["b"]["response"]["status_code"] == 500


def test_an_expired_batch_has_answers_and_names_the_rest(client: openai.OpenAI, llm: LlmServer) -> None:
    llm.batches.expire_after = 1
    done = client.batches.retrieve(submit(client, "a", "b").id)
    assert done.status == "expired"
    assert list(read(client, done.output_file_id)) == ["a"]
    assert read(client, done.error_file_id)["b"]["error"]["code"] == "batch_expired"


def test_names_that_are_there_twice_fail_the_batch(client: openai.OpenAI) -> None:
    failed = client.batches.retrieve(submit(client, "a", "a").id)
    assert failed.status == "failed"
    assert failed.errors is not None
    assert failed.errors.data is not None
    assert failed.errors.data[0].code == "duplicate_custom_id"


def test_a_cancelled_batch_keeps_what_it_answered(client: openai.OpenAI, llm: LlmServer) -> None:
    llm.batches.looks, llm.batches.answered_before_cancel = 9, 1
    batch = submit(client, "a", "b")
    assert client.batches.cancel(batch.id).status == "cancelling"
    done = client.batches.retrieve(batch.id)
    assert done.status == "cancelled"
    assert list(read(client, done.output_file_id)) == ["a"]
    with pytest.raises(openai.ConflictError):
        client.batches.cancel(batch.id)


def test_batches_are_listed_newest_first_over_several_pages(client: openai.OpenAI) -> None:
    made = [submit(client, "a").id for _ in range(5)]
    assert [batch.id for batch in client.batches.list(limit=2)] == made[::-1]


def test_what_is_not_there_is_404(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        client.batches.retrieve("batch_x")
    with pytest.raises(openai.NotFoundError):
        client.files.content("file-x")
