"""The text in front of the hints: the traces', the source task's, or a reviewer's. Pure."""

from collections.abc import Iterator, Sequence
from difflib import unified_diff
from itertools import islice

from core.models import Trial
from core.publishing.archive import TaskFiles
from core.publishing.options import TrialNote
from core.publishing.task_folders import INSTRUCTION

_DIFF_LINES = 40
_DIFF_CHARACTERS = 200
"""Of one line."""


def choose_task_text(
    trial: Trial, markers: Sequence[str], source_files: TaskFiles | None
) -> tuple[str, list[TrialNote]]:
    """The text, and what there is to say about the choice.

    Args:
        trial: Its edited text wins.
        markers: That may stand in front of the task in the traces, and not in the source task.
        source_files: The source task; bytes that are no UTF-8 become lone surrogates, so that they come out again.
    """
    if source_files is None:
        return trial.task_text, []
    source = source_files.contents[INSTRUCTION].decode("utf-8", "surrogateescape")
    if trial.edited_task_text is not None:
        reason = f"The reviewer's task text replaces the source task's {INSTRUCTION}."
        note = TrialNote(trial=trial.name, reason=reason, diff=_build_diff(source, trial.edited_task_text))
        return trial.edited_task_text, [note]
    if source.split() in [text.split() for text in _list_readings(trial.source_task_text, markers)]:
        return source, []
    reason = f"The source task's {INSTRUCTION} differs from the task text in the traces; it is published."
    return source, [TrialNote(trial=trial.name, reason=reason, diff=_build_diff(trial.source_task_text, source))]


def _list_readings(text: str, markers: Sequence[str]) -> Iterator[str]:
    yield text
    for marker in markers:
        if text.lstrip().startswith(marker):
            yield text.lstrip()[len(marker) :]


def _build_diff(before: str, after: str) -> str:
    lines = unified_diff(_split(before), _split(after), lineterm="", n=1)
    return "\n".join(line[:_DIFF_CHARACTERS] for line in islice(lines, 2, 2 + _DIFF_LINES))


def _split(text: str) -> list[str]:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").splitlines()
