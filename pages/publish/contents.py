"""What will be published: how many tasks, which ones, what is left out and why, and how the first ones read."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from core.publishing.publish import Preview, PreviewTask, TrialNote
from pages.shared.labels import describe_count

SAMPLES = 3
LIST_HEIGHT = 220
TEXT_HEIGHT = 320
CHANGES = {"new": "new", "changed": "changed", "same": "as before"}


def show_contents(plan: Preview) -> None:
    """The plan in words, lists, and samples."""
    st.text(describe_plan(plan))
    if plan.tasks:
        st.dataframe(
            [
                {"Task": task.folder, "Trial": task.trial_name, "Since the last time": CHANGES[task.change]}
                for task in plan.tasks
            ],
            hide_index=True,
            height=min(LIST_HEIGHT, 38 + 35 * len(plan.tasks)),
            alt="Tasks that will be published",
        )
    _show_notes("Left out", plan.left_out)
    _show_notes("Worth a look", plan.warnings)
    if plan.removed:
        _show_notes("Not published any more", [TrialNote(trial=name, reason="") for name in plan.removed])
    if plan.tasks:
        _show_samples(plan.tasks[:SAMPLES])


def describe_plan(plan: Preview) -> str:
    """The counts in words, e.g. `12 tasks: 3 new, 9 as before. 1 trial is left out.`, whole sentences."""
    counts = Counter(str(task.change) for task in plan.tasks)
    parts = ", ".join(f"{counts[change]:,} {word}" for change, word in CHANGES.items() if counts[change])
    words = f"{describe_count(len(plan.tasks), 'task')}: {parts}." if parts else "No task."
    if plan.left_out:
        words += f" {describe_count(len(plan.left_out), 'trial is', 'trials are')} left out."
    return words


def _show_notes(title: str, notes: Sequence[TrialNote]) -> None:
    if not notes:
        return
    st.markdown(f"**{title}**")
    st.dataframe(
        [{"Trial": note.trial, "Why": note.reason} for note in notes],
        hide_index=True,
        height=min(LIST_HEIGHT, 38 + 35 * len(notes)),
        alt=title,
    )


def _show_samples(tasks: Sequence[PreviewTask]) -> None:
    by_folder = {task.folder: task for task in tasks}
    chosen = st.selectbox(
        "How it reads",
        list(by_folder),
        format_func=lambda folder: f"{folder}: {by_folder[folder].trial_name}",
        key="sample_task",
    )
    st.code(by_folder[chosen].instruction, language=None, wrap_lines=True, height=TEXT_HEIGHT)
