"""Whether the attempts show what a hint says."""

import re

from core.curation.checks.finding import block, list_fields, may_hold, show, warn
from core.curation.context import SUCCESSFUL, TrialContext
from core.models import Evidence, EvidenceStatus, Finding, Hint, StrategyText

_HOST = re.compile(
    r"\b(?:https?|ftp|ssh|git|wss?)://(?:[^\s/@]+@)?([A-Za-z0-9.-]+)"
    r"|(?<![\w@./-])((?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|ai|edu|gov|co|app|cloud|xyz|ru|cn|de|uk))(?![\w.-]*\()\b"
    r"|(?<![\w.])(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})(?![\w.])",
    re.IGNORECASE,
)
_HOST_PIECES = (
    *("://", ".com", ".org", ".net", ".io", ".dev", ".ai", ".edu", ".gov", ".co", ".app", ".cloud", ".xyz", ".ru"),
    *(".cn", ".de", ".uk", *(f".{digit}" for digit in range(10))),
)
"""Each host holds one of them: see `may_hold`."""
_OWN_HOSTS = re.compile(r"localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|(?:[\w-]+\.)*example(?:\.(?:com|org|net))?")


def check_has_verified_quote(hint: Hint, context: TrialContext) -> list[Finding]:
    """`no-verified-quote` (block): no quote was found. `template-quote` (block): it stands only in the prompt template.

    Other words do not lift it, only a quote that is found. A person's hint without one only warns: `no-quote`.
    """
    if any(item.status is not EvidenceStatus.MISSING for item in hint.evidence):
        return []
    if any(origin.extractor == "person" for origin in hint.origins):
        return [warn(hint, "no-quote", "No attempt shows this: a person wrote it without a quote.")]
    for place, item in enumerate(hint.evidence):
        if _stands_in_template(item, context):
            message = "Its quote stands only in the agent's prompt template, which proves nothing."
            return [block(hint, "template-quote", message, f"evidence {place}")]
    message = "None of its quotes was found in the attempts." if hint.evidence else "It has no quote."
    return [block(hint, "no-verified-quote", message, "evidence 0" if hint.evidence else "")]


def check_quotes_found(hint: Hint, context: TrialContext) -> list[Finding]:
    """`quote-not-found` (warn): one of several quotes was not found, or stands only in the prompt template."""
    missing = [(place, item) for place, item in enumerate(hint.evidence) if item.status is EvidenceStatus.MISSING]
    if len(missing) == len(hint.evidence):
        return []
    return [
        warn(
            hint,
            "quote-not-found",
            f"Quote {place + 1} of {len(hint.evidence)} "
            + ("stands only in the prompt template." if _stands_in_template(item, context) else "was not found."),
            f"evidence {place}",
        )
        for place, item in missing
    ]


def check_step_worked(hint: Hint, context: TrialContext) -> list[Finding]:
    """`no-success-behind-step` (warn): a strategy step that no successful or partly successful attempt took."""
    if not isinstance(hint.text, StrategyText) or not hint.attempt_ids:
        return []
    if any(context.outcomes.get(item) in SUCCESSFUL for item in hint.attempt_ids):
        return []
    return [warn(hint, "no-success-behind-step", "No successful attempt took this step.")]


def check_strange_hosts(hint: Hint, context: TrialContext) -> list[Finding]:
    """`strange-host` (warn): a host on the network that the task does not name."""
    found: dict[str, str] = {}
    for place, words in list_fields(hint.text):
        for match in _HOST.finditer(words) if may_hold(words, _HOST_PIECES) else ():
            host = next(group for group in match.groups() if group).casefold().strip(".-")
            if host and host not in context.task_text.casefold() and not _OWN_HOSTS.fullmatch(host):
                found.setdefault(host, place)
    return [
        warn(hint, "strange-host", f"The task does not name the host {show(host)}.", place)
        for host, place in found.items()
    ]


def _stands_in_template(item: Evidence, context: TrialContext) -> bool:
    attempt = context.attempts.get(item.attempt_id)
    return attempt is not None and attempt.quotable.stands_in_template(item.quote)
