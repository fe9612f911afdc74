"""Which trials go out, and which not and why. A trial goes out whole or not at all."""

from collections.abc import Iterable, Mapping, Sequence

from core.models import Finding, Hint, Severity, Trial
from core.publishing.scanning import find_secret_file

EMPTY_TASK = "empty-task"
"""Import's finding; it is settled once somebody has written a text."""


def find_obstacle(trial: Trial, hints: Iterable[Hint], findings: Sequence[Finding]) -> str | None:
    """Why a trial cannot be published as it was decided, with what to do; None if it can.

    Args:
        trial: An approved one.
        hints: Those of its hints that would be published.
        findings: What the checks say of the trial and all its hints.
    """
    published = {hint.id for hint in hints}
    for finding in findings:
        if finding.severity is not Severity.BLOCK or finding.overridden:
            continue
        if finding.hint_id in published:
            return (
                f"A check blocks one of its hints ({finding.message.rstrip('.')}). "
                "Mend or reject the hint, or override the check with a reason."
            )
        if finding.hint_id is None and not (finding.code == EMPTY_TASK and trial.task_text.strip()):
            return f"A check blocks it ({finding.message.rstrip('.')}). Settle it in the review."
    return None


def find_file_obstacle(contents: Mapping[str, bytes], *, instruction: str) -> str | None:
    """Why the files of a task cannot be published, with what to do; None if they can.

    Args:
        contents: All files by path.
        instruction: The task text in front of the hints.
    """
    if not instruction.strip():
        return "It has no task text. Write one in the review."
    secret = find_secret_file(contents)
    if secret is None:
        return None
    path, kind = secret
    return f"Its file {ascii(path)} holds a secret ({kind}), which is never published. Remove it there."
