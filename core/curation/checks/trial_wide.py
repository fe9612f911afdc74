"""What shows only beside other hints: said twice, said the other way round, said everywhere, or too many."""

from core.curation.checks.finding import show, warn
from core.curation.context import TrialContext
from core.curation.rendering import render_hint
from core.curation.similarity import contradict, get_main_words, say_nearly_the_same
from core.models import Finding, Hint, HintKind, Severity

BUDGET = {HintKind.TOOL: 5, HintKind.STRATEGY: 7, HintKind.PITFALL: 5, HintKind.CRITERION: 4}
"""Hints per task. Source: `domain.md`, 2-3 focused items help most, comprehensive lists hurt."""
BUDGET_WORDS = 400
MANY_TRIALS = 5
"""Unrelated trials on which the same words say something of the harness, or nothing at all."""
REPEATED = "repeated-elsewhere"
_PLURALS = {
    HintKind.TOOL: "tools",
    HintKind.STRATEGY: "steps",
    HintKind.PITFALL: "pitfalls",
    HintKind.CRITERION: "criteria",
}


def check_near_duplicate(hint: Hint, context: TrialContext) -> list[Finding]:
    """`near-duplicate` (warn): a hint of the trial before it says nearly the same."""
    for other in context.list_before(hint):
        if say_nearly_the_same(other.text, hint.text):
            message = f"It says nearly the same as another hint: {show(get_main_words(other.text))}."
            return [warn(hint, "near-duplicate", message)]
    return []


def check_contradiction(hint: Hint, context: TrialContext) -> list[Finding]:
    """`contradiction` (warn): another hint of the trial says the opposite, or the same with another number."""
    for other in context.kept_hints:
        if other.id != hint.id and contradict(hint.text, other.text):
            message = f"Another hint says the opposite: {show(render_hint(other.text), 100)}."
            return [warn(hint, "contradiction", message)]
    return []


def check_repeated_elsewhere(hint: Hint, context: TrialContext) -> list[Finding]:
    """`repeated-elsewhere` (warn): many trials with other tasks have a hint with the very same words.

    A tool is none: tasks of one environment have the same ones.
    """
    if hint.kind is HintKind.TOOL:
        return []
    count = context.repeated.get(hint.id, 0)
    return [build_repeated(hint.id, count)] if count >= MANY_TRIALS else []


def build_repeated(hint_id: str, count: int) -> Finding:
    """The finding on a hint whose words stand on so many trials with other tasks."""
    message = f"{count} trials with other tasks have a hint with the very same words: it may say nothing of this task."
    return Finding(code=REPEATED, severity=Severity.WARN, message=message, hint_id=hint_id)


def check_too_many(hint: Hint, context: TrialContext) -> list[Finding]:
    """`too-many` (warn): the hints before it already fill the budget of a task, by number or by words."""
    before = context.list_before(hint)
    kind = hint.kind
    same = sum(item.kind is kind for item in before)
    if same >= BUDGET[kind]:
        return [warn(hint, "too-many", f"{BUDGET[kind]} {_PLURALS[kind]} are enough; this is number {same + 1}.")]
    words = sum(context.word_counts[item.id] for item in before)
    if words >= BUDGET_WORDS:
        return [warn(hint, "too-many", f"The hints before it already have {words} words; {BUDGET_WORDS} are enough.")]
    return []
