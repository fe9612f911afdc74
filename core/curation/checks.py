"""What is wrong with a hint, as findings. Each check is a small pure function; `CHECKS` lists them all.

To add one: write the function, give its code and severity in the docstring, add it to `CHECKS`.
"""

from collections.abc import Callable, Mapping, Sequence

from core.models import EvidenceStatus, Finding, Hint, Outcome, PitfallText, Severity, StrategyText
from core.traces.secrets import count_secrets

Outcomes = Mapping[int, Outcome]
"""The outcome of each attempt of the trial, by id."""


def check_has_verified_quote(hint: Hint, outcomes: Outcomes) -> list[Finding]:
    """`no-verified-quote` (block): no quote of the hint was found. A hint that a person wrote only warns."""
    if any(item.status is not EvidenceStatus.MISSING for item in hint.evidence):
        return []
    if any(origin.extractor == "person" for origin in hint.origins):
        return [_finding(hint, "no-quote", Severity.WARN, "No attempt shows this.")]
    return [_finding(hint, "no-verified-quote", Severity.BLOCK, "None of its quotes was found in the attempts.")]


def check_quotes_found(hint: Hint, outcomes: Outcomes) -> list[Finding]:
    """`quote-not-found` (warn): one of several quotes was not found."""
    missing = sum(item.status is EvidenceStatus.MISSING for item in hint.evidence)
    if not missing or missing == len(hint.evidence):
        return []
    return [_finding(hint, "quote-not-found", Severity.WARN, f"{missing} of {len(hint.evidence)} quotes not found.")]


def check_secrets(hint: Hint, outcomes: Outcomes) -> list[Finding]:
    """`secret` (block, never overridden): a key or token stands in the words."""
    kinds = count_secrets("\n".join(str(value) for value in hint.text.model_dump().values()))
    return [_finding(hint, "secret", Severity.BLOCK, f"It holds a secret: {kind}.") for kind in kinds]


def check_step_worked(hint: Hint, outcomes: Outcomes) -> list[Finding]:
    """`no-success-behind-step` (warn): a strategy step that no successful attempt took."""
    worked = (Outcome.SUCCESS, Outcome.PARTIAL)
    if not isinstance(hint.text, StrategyText) or any(outcomes.get(item) in worked for item in hint.attempt_ids):
        return []
    if not hint.attempt_ids:
        return []
    return [_finding(hint, "no-success-behind-step", Severity.WARN, "No successful attempt took this step.")]


def check_pitfall_has_instead(hint: Hint, outcomes: Outcomes) -> list[Finding]:
    """`no-instead` (warn): a pitfall that does not say what to do."""
    if not isinstance(hint.text, PitfallText) or hint.text.instead.strip():
        return []
    return [_finding(hint, "no-instead", Severity.WARN, "It does not say what to do instead.")]


Check = Callable[[Hint, Outcomes], list[Finding]]
CHECKS: tuple[Check, ...] = (
    check_has_verified_quote,
    check_quotes_found,
    check_secrets,
    check_step_worked,
    check_pitfall_has_instead,
)
NEVER_OVERRIDDEN = frozenset({"secret"})


def check_hint(hint: Hint, *, outcomes: Outcomes) -> list[Finding]:
    """Everything the checks say of one hint."""
    return [finding for check in CHECKS for finding in check(hint, outcomes)]


def check_hints(hints: Sequence[Hint], *, outcomes: Outcomes) -> list[Finding]:
    """Everything the checks say of a trial's hints."""
    return [finding for hint in hints for finding in check_hint(hint, outcomes=outcomes)]


def _finding(hint: Hint, code: str, severity: Severity, message: str) -> Finding:
    return Finding(code=code, severity=severity, message=message, hint_id=hint.id)
