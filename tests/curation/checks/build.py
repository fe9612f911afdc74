"""Hints, attempts and trials of plain messages, and what the checks find in them; nothing is stored."""

from collections.abc import Sequence

from core.curation.checks import check_hint
from core.curation.context import AttemptContext, TrialContext
from core.models import (
    CriterionText,
    Evidence,
    EvidenceStatus,
    Finding,
    Hint,
    HintState,
    HintText,
    Message,
    Origin,
    Outcome,
    PitfallText,
    Role,
    StrategyText,
    ToolText,
)

KEY = "AKIA" + "ABCDEFGH23456789"
EXACT, REPOINTED, APPROXIMATE, MISSING = EvidenceStatus
LLM, PERSON = Origin(extractor="llm", model="m"), Origin(extractor="person")
TASK = "Sort the sales in `/app/sales.csv` by date with the tools you have, and write `/app/out.csv`."
TERMINUS = (
    "You are an AI assistant tasked with solving command-line tasks in a Linux environment. You will be given a task "
    f"description and the output from previously executed commands.\n\nTask Description:\n{TASK}\n\n"
    "Current terminal state:\nroot@box:/app# \n"
)


def make_hint(
    text: HintText,
    *statuses: EvidenceStatus,
    name: str = "h",
    origin: Origin = LLM,
    attempt_ids: tuple[int, ...] = (1,),
    quote: str = "q",
    state: HintState = HintState.PROPOSED,
) -> Hint:
    evidence = [Evidence(attempt_id=1, message=0, quote=quote, status=status) for status in statuses or (EXACT,)]
    return Hint(
        id=name, trial_id=1, position=0, text=text, proposed_text=text, origins=[origin], state=state,
        attempt_ids=list(attempt_ids), evidence=evidence,
    )  # fmt: skip


def act(*steps: tuple[str, str] | str, final: str = "All done.", opening: str = TASK) -> list[Message]:
    """An attempt that ran these commands; each with its output, or without."""
    messages = [Message(role=Role.USER, content=opening)]
    for step in steps:
        command, output = step if isinstance(step, tuple) else (step, "ok")
        messages.append(Message(role=Role.ASSISTANT, content=f"I do this.\n```bash\n{command}\n```"))
        messages.append(Message(role=Role.USER, content=output))
    return [*messages, Message(role=Role.ASSISTANT, content=final)]


def make_context(
    *attempts: Sequence[Message],
    outcomes: Sequence[Outcome] = (),
    verifier: str | None = None,
    hints: Sequence[Hint] = (),
    task: str = TASK,
    repeated: dict[str, int] | None = None,
) -> TrialContext:
    held = attempts or (act("sort -t, -k1 sales.csv > out.csv", "head -3 out.csv"),)

    def build(number: int, outcome: Outcome, messages: Sequence[Message]) -> AttemptContext:
        return AttemptContext(number, number, outcome, lambda: messages, load_verifier_output=lambda: verifier)

    ends = [*outcomes, *[Outcome.SUCCESS] * (len(held) - len(outcomes))]
    return TrialContext(
        task_text=task,
        attempts={
            number: build(number, outcome, messages)
            for number, (messages, outcome) in enumerate(zip(held, ends, strict=True), start=1)
        },
        hints=hints,
        repeated=repeated or {},
    )


def find(hint: Hint, context: TrialContext | None = None) -> list[Finding]:
    findings = check_hint(hint, context or make_context())
    for item in findings:
        assert item.hint_id == hint.id
        assert item.message.endswith(".")
        assert item.place == "" or item.place in type(hint.text).model_fields or item.place.startswith("evidence ")
    return findings


def check(hint: Hint, context: TrialContext | None = None) -> list[tuple[str, str]]:
    return [(item.code, item.severity.value) for item in find(hint, context)]


GOOD: list[HintText] = [
    ToolText(name="sort", purpose="Orders lines", example="sort -t, -k1 sales.csv > out.csv"),
    ToolText(name="head"),
    StrategyText(do="Sort the lines behind the header with `sort -t, -k1`.", check="`head -3 out.csv` shows it."),
    PitfallText(
        when="the file has a header", avoid="sort it with `sort` alone", instead="cut it off with `tail -n +2`"
    ),
    CriterionText(text="The file `/app/out.csv` is in the order of its dates."),
]
