"""What the decisions on a trial say of who stands behind it. Pure."""

from collections.abc import Sequence

from core.curation.decisions import UNATTENDED
from core.models import Decision, Hint


def list_reviewers(decisions: Sequence[Decision]) -> list[str]:
    """The person whose approval is in force; empty if nobody's is, or only the unattended one.

    Args:
        decisions: On one trial and its hints, oldest first.
    """
    approval = _find_last(decisions, "approve")
    return [] if approval is None or approval.reviewer == UNATTENDED else [approval.reviewer]


def list_decision_ids(decisions: Sequence[Decision], hints: Sequence[Hint], *, is_edited: bool) -> list[str]:
    """The decisions that a published task rests on: approval, edit of the task text, the last one on each hint."""
    approval = _find_last(decisions, "approve")
    edit = _find_last(decisions, "edit task text") if is_edited else None
    last = {decision.hint_id: decision.id for decision in decisions if decision.hint_id is not None}
    ids = [decision.id for decision in (approval, edit) if decision is not None]
    return ids + [last[hint.id] for hint in hints if hint.id in last]


def _find_last(decisions: Sequence[Decision], action: str) -> Decision | None:
    return next((item for item in reversed(decisions) if item.hint_id is None and item.action == action), None)
