"""Reads results of requests that somebody else sent, and saves what they answer. Reading twice changes nothing.

Results come in any order, several times, or not at all, and files may hold what was never asked. The first valid reply
to a question wins; every other one is kept, since it was paid for.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel

from core.errors import WorkspaceError
from core.extraction.exchange import Status
from core.extraction.instructions import PROMPT_VERSION
from core.extraction.parameters import find_refused_parameter
from core.extraction.prices import Price
from core.extraction.questions import Questions
from core.extraction.replies import build_reply
from core.extraction.result_lines import ResultLine, parse_result
from core.extraction.wording import PROMPT_VERSIONS, Hints, read_answer
from core.models import RequestKind
from core.store import Store
from core.store.batch_models import Answer, Batch, PendingRequest, Reply
from core.store.remote import AskedRequest

PORTION = 100
NO_RESULT = "no result"
INVALID = "invalid answer"
_PLACES = 5
"""So many broken lines are named."""


class ResultTally(BaseModel):
    """What was found in result files."""

    files: int = 0
    lines: int = 0
    answered: int = 0
    """Requests that have an answer now and had none before."""
    failed: int = 0
    """Requests that failed, by what their result says or because they have none."""
    missing: int = 0
    """Of these, those without a result."""
    duplicates: int = 0
    """Lines whose question was answered before."""
    foreign: int = 0
    """Lines that answer no question of this batch; nothing of them is saved."""
    broken: int = 0
    """Lines that are no results."""
    broken_at: list[str] = []
    """The first of them, e.g. `output.jsonl:12`."""

    @property
    def news(self) -> int:
        """Requests of which something is known now that was not before."""
        return self.answered + self.failed


class _Verdict(NamedTuple):
    hints: Hints | None
    reason: str | None = None
    detail: str | None = None


@dataclass
class _Portion:
    """What is saved together."""

    answers: list[Answer] = field(default_factory=list)
    replies: list[tuple[int, Reply]] = field(default_factory=list)
    """Replies to what was answered before, each with its request."""
    kept: set[tuple[str, str]] = field(default_factory=set)
    """Body hash and text of every reply in it."""


@dataclass
class ResultReader:
    """Reads the results of one batch."""

    store: Store
    batch: Batch
    questions: Questions
    price: Price | None
    check_lease: Callable[[], None]
    report: Callable[[], None]
    """Saves real counts; raises JobStopped when the run should end."""
    is_fresh: bool = False
    """True: the files hold results of what was submitted last and nothing older; what was not executed stays open."""
    tally: ResultTally = field(default_factory=ResultTally)
    has_looked_at_mode: bool = False
    failed: set[int] = field(default_factory=set)
    """Requests that are counted as failed: an answer may come yet, in another line."""

    def read(self, path: Path) -> None:
        """Save what a file of results answers.

        Raises:
            WorkspaceError: The file cannot be read.
        """
        self.tally.files += 1
        try:
            with path.open("rb") as file:
                lines = ((number, line) for number, line in enumerate(file, 1) if line.strip())
                while portion := list(islice(lines, PORTION)):
                    self._save(list(self._parse(path.name, portion)))
                    self.report()
        except OSError as error:
            raise WorkspaceError(f"{path} cannot be read ({error.strerror or error}).") from error

    def _parse(self, name: str, lines: Sequence[tuple[int, bytes]]) -> Iterator[ResultLine]:
        for number, line in lines:
            self.tally.lines += 1
            result = parse_result(line)
            if result is not None:
                yield result
                continue
            self.tally.broken += 1
            if len(self.tally.broken_at) < _PLACES:
                self.tally.broken_at.append(f"{name}:{number}")

    def _save(self, results: Sequence[ResultLine]) -> None:
        asked: dict[str, list[AskedRequest]] = defaultdict(list)
        for request in self.store.remote.list_asked(self.batch.id, list({item.custom_id for item in results})):
            asked[request.body_hash].append(request)
        portion = _Portion()
        for result in results:
            self._take(result, asked[result.custom_id], portion)
        with self.store.answers.write():
            self.check_lease()
            self.store.answers.save_answers(self.batch, portion.answers, prompt_version=PROMPT_VERSION)
            self.store.answers.save_replies(self.batch, portion.replies)

    def _take(self, result: ResultLine, requests: list[AskedRequest], portion: _Portion) -> None:
        if not requests:
            self.tally.foreign += 1
            return
        if result.is_unsent and self.is_fresh:
            return
        verdict = self._judge(result, requests[0])
        reply = self._build_reply(result, requests[0].kind, is_valid=verdict.hints is not None)
        if reply is not None and self._is_kept(reply, portion):
            if not self.is_fresh:
                # of a file that was read before: a retry is not to fail by it again
                self.tally.duplicates += 1
                return
            reply = None
        takers = [request for request in requests if _is_open(request, verdict)]
        if not takers:
            self.tally.duplicates += 1
            portion.replies += [] if reply is None else [(requests[0].id, reply)]
            return
        self._count(verdict, takers)
        for index, request in enumerate(takers):
            # equal questions share one reply, which each of them reads for its own attempts
            read = verdict if request is requests[0] else self._judge(result, request)
            portion.answers.append(_build_answer(request, read, reply if index == 0 else None, is_first=index == 0))
            request.state, request.reason = "failed" if verdict.hints is None else "done", verdict.reason

    def _judge(self, result: ResultLine, request: AskedRequest) -> _Verdict:
        if result.exchange is None:
            return _Verdict(None, result.reason, result.detail)
        if result.exchange.status is not Status.ANSWERED:
            detail = result.exchange.describe_failure(output_limit=self.batch.config.output_limit)
            return _Verdict(None, result.exchange.status.value, detail[:1000])
        asked = PendingRequest(request.id, request.attempt_id, request.kind)
        try:
            return _Verdict(read_answer(self.store, asked, result.exchange.text))
        except ValueError as error:
            return _Verdict(None, INVALID, str(error)[:1000])

    def _count(self, verdict: _Verdict, takers: Sequence[AskedRequest]) -> None:
        if verdict.hints is not None:
            self.tally.answered += len(takers)
            self.tally.failed -= sum(request.id in self.failed for request in takers)
            self.failed -= {request.id for request in takers}
        else:
            self.tally.failed += sum(request.id not in self.failed for request in takers)
            self.failed |= {request.id for request in takers}
        if verdict.reason == Status.MODE_UNSUPPORTED and not self.has_looked_at_mode:
            self.has_looked_at_mode = True
            request = PendingRequest(takers[0].id, takers[0].attempt_id, takers[0].kind)
            # another hash: somebody learned it meanwhile
            if self.questions.build(request).body_hash == takers[0].body_hash:
                self.questions.weaken_mode()
        if verdict.reason == Status.PARAMETER_REFUSED and (refused := find_refused_parameter(verdict.detail or "")):
            self.questions.leave_out(refused)

    def _is_kept(self, reply: Reply, portion: _Portion) -> bool:
        key = (reply.body_hash, reply.raw)
        if key in portion.kept:
            return True
        portion.kept.add(key)
        return self.store.remote.has_reply(self.batch.id, body_hash=reply.body_hash, raw=reply.raw)

    def _build_reply(self, result: ResultLine, kind: RequestKind, *, is_valid: bool) -> Reply | None:
        exchange = result.exchange
        if exchange is None:
            return None
        # how long it took is not said; what has no latency is left out of averages
        return build_reply(
            exchange,
            body_hash=result.custom_id,
            kind=kind.value,
            model=self.batch.model or "",
            price=self.price,
            is_valid=is_valid,
        )


def _is_open(request: AskedRequest, verdict: _Verdict) -> bool:
    """True if the verdict says something better than what is known: an answer always, a reason where there was none."""
    if request.state == "failed":
        return verdict.hints is not None or request.reason == NO_RESULT
    return request.state == "pending"


def _build_answer(request: AskedRequest, verdict: _Verdict, reply: Reply | None, *, is_first: bool) -> Answer:
    return Answer(
        request_id=request.id,
        attempt_id=request.attempt_id,
        body_hash=request.body_hash,
        replies=[] if reply is None else [reply],
        content=None if verdict.hints is None else verdict.hints.model_dump_json(),
        sent=int(is_first),
        reused=not is_first,
        reason=verdict.reason,
        detail=verdict.detail,
        hints=0 if verdict.hints is None else len(verdict.hints.hints),
        left_out=request.left_out,
        kind=request.kind,
        prompt_version=PROMPT_VERSIONS[request.kind],
    )
