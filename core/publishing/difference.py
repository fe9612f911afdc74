"""What a publication changes at its target: tasks added, changed and removed, and how a text differs. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import unified_diff
from enum import StrEnum
from typing import NamedTuple

from core.publishing.archive import TaskFiles
from core.publishing.manifest import HeldTask, ManifestTask

MAX_LINES = 400
"""Of one difference; it is for reading."""
_CONTEXT_LINES = 3


class Change(StrEnum):
    """What becomes of a task."""

    CHANGED = "changed"
    ADDED = "added"
    SAME = "same"
    REMOVED = "removed"


class Changes(NamedTuple):
    """How many tasks become what."""

    added: int
    changed: int
    same: int
    removed: Sequence[HeldTask]
    """As they are there now."""
    removed_trials: list[str]
    """Trials of which nothing is left, in order of first appearance."""


def compare_tasks(held: Iterable[HeldTask], tasks: Iterable[ManifestTask]) -> Changes:
    """What becomes of the tasks that a target holds when these are published.

    Args:
        held: As they are there now.
        tasks: Gone through more than once.
    """
    before = {task.folder: task for task in held}
    counts: Counter[Change] = Counter()
    for task in tasks:
        known = before.pop(task.folder, None)
        counts[choose_change(None if known is None else known.content_sha256, task)] += 1
    gone = dict.fromkeys(task.trial_name for task in before.values())
    if gone:
        for task in tasks:
            gone.pop(task.trial_name, None)
    return Changes(
        added=counts[Change.ADDED],
        changed=counts[Change.CHANGED],
        same=counts[Change.SAME],
        removed=list(before.values()),
        removed_trials=list(gone),
    )


def choose_change(held_sha256: str | None, task: ManifestTask) -> Change:
    """What becomes of a task.

    Args:
        held_sha256: Of what the target holds under its name; None: nothing.
        task: As it would be published.
    """
    if held_sha256 is None:
        return Change.ADDED
    return Change.SAME if held_sha256 == task.content_sha256 else Change.CHANGED


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
