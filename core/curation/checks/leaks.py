"""Whether a hint gives the answer away instead of helping to find it."""

from collections.abc import Iterator, Sequence

from core.curation.checks.finding import block, build, list_fields, show
from core.curation.context import SUCCESSFUL, TrialContext, fold_words
from core.curation.values import holds_value, list_values
from core.models import Finding, Hint, Outcome, Severity, StrategyText

COPIED_WORDS = 40
"""So many words in a row of an attempt's actions or final answer are a copy, not advice."""
REPLAY_ACTIONS = 4
"""Fewer actions than this are an example."""
REPLAY_SHARE = 0.8
_SHOWN = 3
_EXPECTED = "one of the verifier's expected values"


def check_answer_values(hint: Hint, context: TrialContext) -> list[Finding]:
    """`answer-value` (block): a value that only the verifier's output or tests, or the final answer, contain.

    A value is a number, id, code, file name or quoted string. What the task text says is none; nor what an attempt read
    before the agent said it: then `expected-value` (info) tells that the verifier expects it. Without a verifier, only
    what nobody said before the final answer counts. The final answer of an attempt that failed is none.
    """
    findings: list[Finding] = []
    for place, words in list_fields(hint.text):
        found = [(value, *verdict) for value in list_values(words) if (verdict := _judge(value, context)) is not None]
        for kind in dict.fromkeys((severity, why) for _, severity, why in found):
            values = [show(value) for value, *rest in found if tuple(rest) == kind][:_SHOWN]
            subject = f"{values[0]} is" if len(values) == 1 else f"Each of {', '.join(values)} is"
            code = "answer-value" if kind[0] is Severity.BLOCK else "expected-value"
            findings.append(build(hint, kind[0], code, f"{subject} {kind[1]}.", place))
    return findings


def check_copied_run(hint: Hint, context: TrialContext) -> list[Finding]:
    """`copied-run` (block): 40 words in a row are copied from an attempt's actions or final answer."""
    findings: list[Finding] = []
    for place, words in list_fields(hint.text):
        tokens = fold_words(words).split()
        if len(tokens) < COPIED_WORDS:
            continue
        runs = {f" {' '.join(tokens[i : i + COPIED_WORDS])} " for i in range(len(tokens) - COPIED_WORDS + 1)}
        source = next((name for name, text in _iterate_own_words(context) if any(run in text for run in runs)), None)
        if source is not None:
            message = f"{COPIED_WORDS} or more words in a row are copied from {source}."
            findings.append(block(hint, "copied-run", message, place))
    return findings


def check_replay(hint: Hint, context: TrialContext) -> list[Finding]:
    """`replay` (block): the hint, or the steps together, repeat what a successful attempt executed, command by command.

    That is so if four or more of its actions, and four of five of them, stand there word by word; an action that only
    displays something or ends the run does not count.
    """
    own = fold_words(" ".join(words for _, words in list_fields(hint.text)))
    is_step = isinstance(hint.text, StrategyText)
    for attempt in context.attempts.values():
        if attempt.outcome is Outcome.FAILURE:
            continue
        commands = attempt.solution
        if len(commands) < REPLAY_ACTIONS:
            continue
        if _count_held(own, commands) >= max(REPLAY_ACTIONS, REPLAY_SHARE * len(commands)):
            return [block(hint, "replay", f"It repeats what {attempt.name} executed, command by command.")]
        if not is_step or attempt.outcome not in SUCCESSFUL or not _count_held(own, commands):
            continue
        held = _count_held(context.step_words, commands)
        if held >= max(REPLAY_ACTIONS, REPLAY_SHARE * len(commands)):
            message = f"The steps together repeat {held} of the {len(commands)} commands that {attempt.name} executed."
            return [block(hint, "replay", message)]
    return []


def _judge(value: str, context: TrialContext) -> tuple[Severity, str] | None:
    """How bad it is to say a value, and why, in words; None if it gives nothing away."""
    if value.casefold().replace(",", "") in context.expected_values:
        if context.was_read(value):
            return Severity.INFO, f"{_EXPECTED}; attempts read it before they used it"
        return Severity.BLOCK, _EXPECTED
    if holds_value(context.task_text, value):
        return None
    for attempt in context.attempts.values():
        if attempt.outcome is not Outcome.FAILURE and attempt.answers_with(value):
            is_known = context.is_in_earlier_messages(value)
            return None if is_known else (Severity.BLOCK, f"said only in the final answer of {attempt.name}")
    return None


def _iterate_own_words(context: TrialContext) -> Iterator[tuple[str, str]]:
    for attempt in context.attempts.values():
        for action in attempt.actions:
            yield f"{attempt.name}, message {action.message}", fold_words(action.command)
        yield f"the final answer of {attempt.name}", fold_words(attempt.final_answer)


def _count_held(words: str, commands: Sequence[str]) -> int:
    return sum(command in words for command in commands)
