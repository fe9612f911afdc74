"""Fills one part of a batch: free requests go into a file until it is full. Memory stays flat, whatever the number.

A request whose body was answered before is answered at once; one whose body stands in an open part shares its line.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from core.extraction.batch_files import RequestFile, build_line
from core.extraction.batch_policy import Bounds
from core.extraction.exchange import Status
from core.extraction.instructions import PROMPT_VERSION
from core.extraction.prices import get_cost_usd
from core.extraction.questions import Question, Questions, choose_batch_price
from core.extraction.reply_body import read_answer_text
from core.extraction.wording import PROMPT_VERSIONS
from core.store import Store
from core.store.batch_models import Answer, Batch
from core.store.remote import Assignment, RemotePart

PORTION = 50


@dataclass
class Portion:
    """What is saved together."""

    assignments: list[Assignment] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    def find_part(self, body_hash: str) -> int | None:
        """The part in which exactly this body stands already; None if it is new in this portion."""
        return next((item.part_id for item in self.assignments if item.body_hash == body_hash), None)


@dataclass
class PartFiller:
    """What all parts of one run share."""

    store: Store
    batch: Batch
    questions: Questions
    bounds: Bounds
    check_lease: Callable[[], None]
    report: Callable[[int], None]
    """Told how many lines the file has; raises JobStopped when the run should end."""
    allowance_usd: float | None = None
    """What the next part may cost at most; None means no limit."""
    reserved_usd: float = 0.0
    """What the present part may cost at most."""
    is_over_budget: bool = False
    """True if the next request would have gone beyond the allowance."""

    def fill(self, part: RemotePart, file: RequestFile) -> None:
        """Write free requests into a part's file, in order, until it is full or none is left."""
        self.reserved_usd, self.is_over_budget = 0.0, False
        is_full, after = False, 0
        while not is_full and (pending := self.store.remote.list_free(self.batch.id, after=after, limit=PORTION)):
            after = pending[-1].id
            portion = Portion()
            for request in pending:
                is_full = not self._place(self.questions.build(request), part, file, portion)
                if is_full:
                    break
            self._save(portion)
            self.report(file.lines)

    def _place(self, question: Question, part: RemotePart, file: RequestFile, portion: Portion) -> bool:
        """False if the part is full; the question stays free."""
        if (known := self._find_answer(question)) is not None:
            portion.answers.append(known)
            return True
        home = portion.find_part(question.body_hash) or self.store.remote.find_open_part(
            self.batch.id, question.body_hash
        )
        if home is None:
            line = build_line(question.body_hash, question.body)
            if len(line) > self.bounds.max_bytes:
                portion.answers.append(_build_answer(question, reason=Status.TOO_LONG, detail=f"{len(line):,} bytes"))
                return True
            if not self._fits(question, line, file):
                return False
            file.add(line)
            home = part.id
        portion.assignments.append(Assignment(question.request.id, home, question.body_hash, question.wording.left_out))
        return True

    def _fits(self, question: Question, line: bytes, file: RequestFile) -> bool:
        if file.lines >= self.bounds.max_requests or file.bytes + len(line) > self.bounds.max_bytes:
            return False
        if self.allowance_usd is None:
            return True
        cost = get_cost_usd(
            choose_batch_price(self.batch.config),
            tokens_in=question.tokens_in,
            tokens_cached=0,
            tokens_out=self.batch.config.output_limit,
        )
        self.is_over_budget = self.reserved_usd + (cost or 0.0) > self.allowance_usd
        if not self.is_over_budget:
            self.reserved_usd += cost or 0.0
        return not self.is_over_budget

    def _find_answer(self, question: Question) -> Answer | None:
        if self.batch.config.ask_again:
            return None
        known = self.store.answers.find_valid_reply(question.body_hash)
        if known is None:
            return None
        hints = question.wording.read(read_answer_text(known))
        return _build_answer(question, content=hints.model_dump_json(), hints=len(hints.hints))

    def _save(self, portion: Portion) -> None:
        with self.store.remote.write():
            self.check_lease()
            self.store.remote.assign(portion.assignments)
            if portion.answers:
                self.store.answers.save_answers(self.batch, portion.answers, prompt_version=PROMPT_VERSION)


def _build_answer(
    question: Question, *, content: str | None = None, hints: int = 0, reason: str | None = None, detail: str = ""
) -> Answer:
    return Answer(
        request_id=question.request.id,
        attempt_id=question.request.attempt_id,
        body_hash=question.body_hash,
        replies=[],
        content=content,
        sent=0,
        reused=content is not None,
        reason=reason,
        detail=detail or None,
        hints=hints,
        left_out=question.wording.left_out,
        kind=question.request.kind,
        prompt_version=PROMPT_VERSIONS[question.request.kind],
    )
