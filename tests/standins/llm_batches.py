"""The Batch API of the model's stand-in: files and batches in memory, each line answered as a live call would be."""

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from tests.standins.llm_replies import error_reply
from tests.standins.wire import Reply, Request, json_reply

MAX_LINES = 50_000
MAX_BYTES = 200_000_000
OPEN = ("validating", "in_progress", "finalizing", "cancelling")
AnswerLine = Callable[[dict[str, Any]], Awaitable[Reply | None]]
"""Takes the body of a chat completion; None is a lost connection."""


@dataclass
class Batches:
    """What a test controls, and what came of it."""

    answer_line: AnswerLine
    looks: int = 1
    """How often a batch must be looked at until it is through."""
    expire_after: int | None = None
    """A batch answers so many lines and expires; None: it answers all."""
    answered_before_cancel: int = 0
    """So many lines are answered when a batch is cancelled."""
    refuse_with: tuple[str, str] | None = None
    """Code and message of a validation that fails."""
    queue_limit: int | None = None
    """So many lines may be in the queue; a batch beyond it fails, as with too many tokens."""
    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    submitted: list[list[str]] = field(default_factory=list)
    """Of every batch, the names of its lines."""

    async def answer(self, request: Request) -> Reply | None:
        """The reply to a request for files or batches; None if it is for something else."""
        match request.method, request.path.removeprefix("/v1/").split("/"):
            case "POST", ["files"]:
                return self._upload(request)
            case "GET", ["files", file_id, "content"]:
                content = self.files.get(file_id)
                return _missing(file_id) if content is None else Reply(200, content)
            case "POST", ["batches"]:
                return self._create(request.json())
            case "GET", ["batches"]:
                return self._list(request)
            case "GET", ["batches", batch_id]:
                return await self._look(batch_id)
            case "POST", ["batches", batch_id, "cancel"]:
                return self._cancel(batch_id)
        return None

    def _upload(self, request: Request) -> Reply:
        fields = _read_multipart(request)
        if fields.get("purpose") != b"batch":
            return error_reply(400, "Only purpose batch is known here.", param="purpose")
        if len(fields["file"]) > MAX_BYTES:
            return error_reply(400, "The file is too large.", param="file")
        return json_reply(self._keep(fields["file"]))

    def _keep(self, content: bytes) -> dict[str, Any]:
        file_id = f"file-{len(self.files) + 1:04d}"
        self.files[file_id] = content
        common = {"object": "file", "created_at": int(time.time()), "status": "processed", "purpose": "batch"}
        return {"id": file_id, "bytes": len(content), "filename": "x.jsonl", **common}

    def _create(self, wish: dict[str, Any]) -> Reply:
        content = self.files.get(wish["input_file_id"])
        if content is None:
            return _missing(wish["input_file_id"])
        batch_id = f"batch_{len(self.batches) + 1:04d}"
        lines = content.splitlines()
        self.submitted.append([orjson.loads(line)["custom_id"] for line in lines])
        self.batches[batch_id] = {
            "id": batch_id,
            "object": "batch",
            "endpoint": wish["endpoint"],
            "completion_window": wish["completion_window"],
            "input_file_id": wish["input_file_id"],
            "metadata": wish.get("metadata"),
            "created_at": int(time.time()),
            "status": "validating",
            "request_counts": {"total": len(lines), "completed": 0, "failed": 0},
            "looks": 0,
        }
        return json_reply(self.batches[batch_id])

    def _list(self, request: Request) -> Reply:
        newest = list(reversed(self.batches.values()))
        after = request.query.get("after", [""])[0]
        begin = 1 + next((index for index, batch in enumerate(newest) if batch["id"] == after), -1)
        page = newest[begin : begin + int(request.query.get("limit", ["20"])[0])]
        return json_reply({"object": "list", "data": page, "has_more": begin + len(page) < len(newest)})

    async def _look(self, batch_id: str) -> Reply:
        batch = self.batches.get(batch_id)
        if batch is None:
            return _missing(batch_id)
        batch["looks"] += 1
        if batch["status"] == "validating":
            self._validate(batch)
        if batch["status"] == "in_progress" and batch["looks"] >= self.looks:
            await self._work(batch, self.expire_after, "completed" if self.expire_after is None else "expired")
        elif batch["status"] == "cancelling":
            await self._work(batch, self.answered_before_cancel, "cancelled")
        return json_reply(batch)

    def _validate(self, batch: dict[str, Any]) -> None:
        problem = self.refuse_with or self._find_problem(batch)
        batch["status"] = "failed" if problem else "in_progress"
        if problem:
            error = {"code": problem[0], "message": problem[1], "line": None, "param": None}
            batch["errors"] = {"object": "list", "data": [error]}

    def _find_problem(self, batch: dict[str, Any]) -> tuple[str, str] | None:
        lines = [orjson.loads(line) for line in self.files[batch["input_file_id"]].splitlines()]
        names = [line["custom_id"] for line in lines]
        if not lines or len(lines) > MAX_LINES:
            return "invalid_file", f"{len(lines)} lines."
        if len(set(names)) < len(names):
            return "duplicate_custom_id", "The custom_id is not unique."
        if len({line["body"]["model"] for line in lines}) > 1:
            return "mismatched_model", "All requests of a batch ask one model."
        if {(line["method"], line["url"]) for line in lines} != {("POST", batch["endpoint"])}:
            return "invalid_url", "The URL is not the batch's endpoint."
        queued = sum(item["request_counts"]["total"] for item in self.batches.values() if item["status"] in OPEN)
        if self.queue_limit is not None and queued > self.queue_limit:
            return "token_limit_exceeded", f"Enqueued token limit reached. Limit: {self.queue_limit} enqueued tokens."
        return None

    async def _work(self, batch: dict[str, Any], count: int | None, status: str) -> None:
        lines = [orjson.loads(line) for line in self.files[batch["input_file_id"]].splitlines()]
        end = len(lines) if count is None else count
        results = [await self._execute(number, line) for number, line in enumerate(lines[:end], 1)]
        good = [item for item in results if item["response"] and item["response"]["status_code"] == 200]
        bad = [item for item in results if item not in good]
        code = "batch_expired" if status == "expired" else "batch_cancelled"
        unsent = [_build_line(line, error={"code": code, "message": "Not executed."}) for line in lines[end:]]
        for name, found in (("output_file_id", good), ("error_file_id", bad + unsent)):
            if found:
                content = b"".join(orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE) for item in found)
                batch[name] = self._keep(content)["id"]
        batch["status"] = status
        batch["request_counts"] |= {"completed": len(good), "failed": len(bad)}

    async def _execute(self, number: int, line: dict[str, Any]) -> dict[str, Any]:
        reply = await self.answer_line(line["body"])
        if reply is None:
            return _build_line(line, error={"code": "server_error", "message": "The connection was lost."})
        body = orjson.loads(reply.body)
        return _build_line(
            line, response={"status_code": reply.status, "request_id": f"req_{number:08d}", "body": body}
        )

    def _cancel(self, batch_id: str) -> Reply:
        batch = self.batches.get(batch_id)
        if batch is None:
            return _missing(batch_id)
        if batch["status"] not in OPEN:
            return error_reply(409, f"Cannot cancel a batch with status '{batch['status']}'.")
        batch["status"] = "cancelling"
        return json_reply(batch)


def _build_line(line: dict[str, Any], *, response: Any = None, error: Any = None) -> dict[str, Any]:
    return {"id": "batch_req_x", "custom_id": line["custom_id"], "response": response, "error": error}


def _missing(name: str) -> Reply:
    return error_reply(404, f"No such object: {name}.")


def _read_multipart(request: Request) -> dict[str, bytes]:
    boundary = b"--" + request.headers["content-type"].partition("boundary=")[2].strip('"').encode()
    fields = {}
    for part in request.body.split(boundary)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]+)"', head)
        if name:
            fields[name[1].decode()] = content.removesuffix(b"\r\n")
    return fields
