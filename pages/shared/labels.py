"""The words and signs for states and outcomes, the same on every page. Colour never stands alone."""

from typing import NamedTuple

from core.models import EvidenceStatus, Extractor, HintKind, HintState, JobState, Outcome, Severity, TrialStatus


class Label(NamedTuple):
    """How one value is shown."""

    word: str
    sign: str
    """One character, for tables."""
    icon: str
    color: str
    """A Streamlit colour name."""


OUTCOMES = {
    Outcome.SUCCESS: Label("Success", "✓", ":material/check:", "green"),
    Outcome.PARTIAL: Label("Partial", "–", ":material/remove:", "yellow"),
    Outcome.FAILURE: Label("Failure", "✕", ":material/close:", "red"),
    Outcome.ERROR: Label("Error", "△", ":material/warning:", "orange"),
    Outcome.UNKNOWN: Label("Unknown", "?", ":material/question_mark:", "gray"),
}
TRIALS = {
    TrialStatus.OPEN: Label("To review", "○", ":material/radio_button_unchecked:", "gray"),
    TrialStatus.APPROVED: Label("Approved", "✓", ":material/check:", "green"),
    TrialStatus.REJECTED: Label("Rejected", "✕", ":material/close:", "red"),
}
HINTS = {
    HintState.PROPOSED: Label("Undecided", "○", ":material/radio_button_unchecked:", "gray"),
    HintState.ACCEPTED: Label("Accepted", "✓", ":material/check:", "green"),
    HintState.REJECTED: Label("Rejected", "✕", ":material/close:", "red"),
}
SEVERITIES = {
    Severity.BLOCK: Label("Blocks", "!", ":material/dangerous:", "red"),
    Severity.WARN: Label("Check", "!", ":material/warning:", "orange"),
    Severity.INFO: Label("Note", "i", ":material/info:", "blue"),
}
KINDS = {
    HintKind.TOOL: Label("Tools", "T", ":material/build:", "green"),
    HintKind.STRATEGY: Label("Strategy", "S", ":material/route:", "blue"),
    HintKind.PITFALL: Label("Pitfalls", "P", ":material/block:", "red"),
    HintKind.CRITERION: Label("Success criteria", "C", ":material/flag:", "violet"),
}
EVIDENCE = {
    EvidenceStatus.EXACT: Label("exact quote", "✓", ":material/check:", "green"),
    EvidenceStatus.REPOINTED: Label("found in another message", "→", ":material/arrow_forward:", "blue"),
    EvidenceStatus.APPROXIMATE: Label("nearly the same words", "≈", ":material/join_inner:", "blue"),
    EvidenceStatus.MISSING: Label("not verified", "△", ":material/warning:", "orange"),
}
JOBS = {
    JobState.QUEUED: Label("Waiting", "○", ":material/schedule:", "gray"),
    JobState.RUNNING: Label("Running", "…", ":material/autorenew:", "blue"),
    JobState.PAUSED: Label("Paused", "‖", ":material/pause:", "yellow"),
    JobState.FINISHED: Label("Finished", "✓", ":material/check:", "green"),
    JobState.STOPPED: Label("Stopped", "!", ":material/error:", "red"),
    JobState.CANCELLED: Label("Cancelled", "✕", ":material/close:", "gray"),
}
EXTRACTORS = {Extractor.RULES: "Rules (no model)", Extractor.LLM: "Language model"}


def describe_cost(cost_usd: float | None) -> str:
    """E.g. `$ 4.15`, or `$ 0.0042` under a cent; an unknown cost is not made up."""
    if cost_usd is None:
        return "unknown"
    if 0 < cost_usd < 0.0001:
        return "< $ 0.0001"
    return f"$ {cost_usd:.4f}" if 0 < cost_usd < 0.01 else f"$ {cost_usd:,.2f}"


def describe_count(count: int, one: str, several: str | None = None) -> str:
    """A count with its noun, e.g. `1 trial`, `1,250 trials`."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def escape_label(text: str) -> str:
    """A name as part of a button's label, whose markdown would take its underscores for emphasis."""
    return text.replace("_", r"\_")
