"""A tiny engine in the place of vLLM's `run-batch` or OpenAI's Batch API: files of requests in, results out."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from tests.responders import answer_hints
from tests.standins.llm_replies import completion_reply

Line = dict[str, Any]
Change = Callable[[list[Line]], Iterable[Line | bytes]]
"""Takes the good results and returns what is written: other lines, fewer, more, or bytes that are none."""


def read_requests(folder: Path) -> list[Line]:
    """Every request in the files of a folder, in order."""
    files = sorted(folder.glob("requests-*.jsonl"))
    return [orjson.loads(line) for path in files for line in path.read_bytes().splitlines()]


def build_result(request: Line, *, number: int = 1, fault: str | None = None, status: int = 200) -> Line:
    """What OpenAI writes for a request: its output file holds the good ones, its error file the others."""
    text = answer_hints(request["body"])
    body = orjson.loads(completion_reply(request["body"], text, number=number, fault=fault).body)
    if status >= 400:
        body = {"error": {"message": f"The engine was told to answer {status}.", "type": "server_error"}}
    return {
        "id": f"batch_req_{number}",
        "custom_id": request["custom_id"],
        "response": {"status_code": status, "request_id": f"req_{number}", "body": body},
        "error": None,
    }


def build_vllm_error(request: Line, *, status: int = 400) -> Line:
    """What vLLM writes for a request that failed: no body, the error beside it."""
    error = {"error": {"message": "This model's maximum context length is 4096 tokens.", "code": status}}
    response = {"status_code": status, "request_id": "vllm-batch-1", "body": None}
    return {"id": "vllm-1", "custom_id": request["custom_id"], "response": response, "error": error}


def run_engine(folder: Path, *, name: str = "results.jsonl", change: Change = iter) -> Path:
    """Answer all requests in a folder; the file of results."""
    results = [build_result(request, number=number) for number, request in enumerate(read_requests(folder), 1)]
    path = folder / name
    path.write_bytes(b"".join(_dump(line) for line in change(results)))
    return path


def _dump(line: Line | bytes) -> bytes:
    return line if isinstance(line, bytes) else orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def shuffled(results: list[Line]) -> Iterator[Line]:
    """The same results in another order."""
    yield from results[::2]
    yield from reversed(results[1::2])
