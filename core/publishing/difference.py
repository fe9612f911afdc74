"""What a publication changes at its target: tasks added, changed and removed, and how a text differs. Pure."""

from collections.abc import Iterable, Sequence
from difflib import unified_diff
from typing import NamedTuple

from core.publishing.archive import TaskFiles
from core.publishing.manifest import ManifestTask

MAX_LINES = 400
"""Of one difference; it is for reading."""
_CONTEXT_LINES = 3


class Changes(NamedTuple):
    """Tasks by what becomes of them, each in publishing order."""

    added: list[ManifestTask]
    changed: list[ManifestTask]
    same: list[ManifestTask]
    removed: list[ManifestTask]
    """As they are there now."""

    @property
    def removed_trials(self) -> list[str]:
        """Trials of which nothing is left, in order of first appearance."""
        kept = {task.trial_name for task in (*self.added, *self.changed, *self.same)}
        return [name for name in dict.fromkeys(task.trial_name for task in self.removed) if name not in kept]


def compare_tasks(held: Iterable[ManifestTask], tasks: Sequence[ManifestTask]) -> Changes:
    """What becomes of the tasks that a target holds when these are published."""
    before = {task.folder: task for task in held}
    changes = Changes([], [], [], [])
    for task in tasks:
        known = before.pop(task.folder, None)
        if known is None:
            changes.added.append(task)
        elif known.content_sha256 == task.content_sha256:
            changes.same.append(task)
        else:
            changes.changed.append(task)
    changes.removed.extend(before.values())
    return changes


def build_difference(before: str, after: str, *, name: str = "instruction.md") -> str:
    """A unified diff of two texts, cut at `MAX_LINES`; empty if they are equal.

    Args:
        before: As the target holds it.
        after: As it would be published.
        name: Of the file.
    """
    lines = list(
        unified_diff(
            before.split("\n"), after.split("\n"), f"{name} (now)", f"{name} (then)", lineterm="", n=_CONTEXT_LINES
        )
    )
    if len(lines) > MAX_LINES:
        lines = [*lines[:MAX_LINES], f"... {len(lines) - MAX_LINES} more lines"]
    return "\n".join(lines)


def compare_files(before: TaskFiles, after: TaskFiles) -> str:
    """How a task's files differ, the instruction first: a diff of each text, a line for everything else."""
    paths = sorted(before.contents.keys() | after.contents.keys(), key=lambda path: (path != "instruction.md", path))
    parts = []
    for path in paths:
        old, new = before.contents.get(path), after.contents.get(path)
        if old == new:
            continue
        if old is None or new is None:
            parts.append(f"{'Added' if old is None else 'Removed'}: {path}")
        else:
            parts.append(_compare_contents(old, new, path))
    return "\n\n".join(parts) or "Only the rights of files differ."


def _compare_contents(before: bytes, after: bytes, path: str) -> str:
    try:
        return build_difference(before.decode("utf-8"), after.decode("utf-8"), name=path)
    except UnicodeDecodeError:
        return f"Changed, and no text: {path} ({len(before):,} bytes now, {len(after):,} then)"
