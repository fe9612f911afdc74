"""What will be published, as it is: three tasks as files, the card as text, and the difference task by task."""

import streamlit as st

from core.models import Job
from core.publishing.preview_models import Preview, SampleFile
from core.store import Store
from core.store.previews import PreviewTaskRow
from pages.shared.unseen import name_unseen

TEXT_HEIGHT = 380
SHORT_LINES, SHORT_CHARACTERS = 18, 1_200
"""A shorter text takes no more room than it needs."""
LIST_HEIGHT = 220
_ROW, _HEAD = 35, 38
CHANGES = {"changed": "Changed", "added": "New", "removed": "Removed", "same": "As before"}


def show_look(store: Store, preview: Preview, job: Job) -> None:
    """Three tabs; everything in them is shown as text."""
    if not preview.tasks and not preview.removed:
        return
    tasks, difference, card = st.tabs(["Tasks", "Difference", "Card"])
    with tasks:
        _show_samples(preview)
    with difference:
        _show_difference(store, preview, job)
    with card:
        _show_card(preview)


def _show_samples(preview: Preview) -> None:
    if not preview.samples:
        return
    names = {sample.folder: name_unseen(f"{sample.folder}: {sample.trial_name}") for sample in preview.samples}
    left, right = st.columns([1.4, 1])
    chosen = left.selectbox("Task", list(names), format_func=names.__getitem__, key="sample_task")
    files = {file.path: file for sample in preview.samples if sample.folder == chosen for file in sample.files}
    path = right.selectbox("File", list(files), key=f"sample_file_{chosen}")
    _show_file(files[path])


def _show_file(file: SampleFile) -> None:
    if file.text is None:
        st.text(f"{file.size:,} bytes that are no text.")
        return
    _show_text(file.text)
    if file.is_cut:
        st.caption(f"The first {len(file.text):,} characters of {file.size:,} bytes.")


def _show_difference(store: Store, preview: Preview, job: Job) -> None:
    saved = store.previews.find_preview(job.id)
    if saved is None:
        return
    rows = store.previews.list_tasks(saved.id)
    counts = {"changed": preview.changed, "added": preview.added, "removed": preview.removed, "same": preview.same}
    offered = [change for change, count in counts.items() if count]
    chosen = st.segmented_control(
        "Which tasks",
        offered,
        default=offered[0] if offered else None,
        required=True,
        format_func=lambda change: f"{CHANGES[change]} {counts[change]:,}",
        key=f"difference_kind_{job.id}",
        label_visibility="collapsed",
    )
    shown = [row for row in rows if row.change == chosen]
    folder = _show_rows(shown, key=f"difference_rows_{job.id}_{chosen}")
    if chosen == "changed" and folder is not None:
        text = store.previews.find_difference(saved.id, folder)
        if text is None:
            st.text("How it differs cannot be shown. It is replaced as a whole.")
        else:
            _show_text(text, language="diff")


def _show_rows(rows: list[PreviewTaskRow], *, key: str) -> str | None:
    """The folder of the chosen row, at first the first one's; None without rows."""
    event = st.dataframe(
        [{"Task": row.folder, "Trial": name_unseen(row.trial_name)} for row in rows],
        hide_index=True,
        height=min(LIST_HEIGHT, _HEAD + _ROW * max(len(rows), 1)),
        on_select="rerun",
        selection_mode="single-row",
        key=key,
        alt="Tasks, and what becomes of them",
    )
    selected = event.selection.rows
    index = selected[0] if selected and selected[0] < len(rows) else 0
    return rows[index].folder if rows else None


def _show_card(preview: Preview) -> None:
    if preview.card_difference and st.toggle("Only what changes", key="card_difference"):
        _show_text(preview.card_difference, language="diff")
        return
    _show_text(preview.card)


def _show_text(text: str, *, language: str | None = None) -> None:
    is_short = text.count("\n") < SHORT_LINES and len(text) < SHORT_CHARACTERS
    st.code(name_unseen(text) or " ", language=language, wrap_lines=True, height="content" if is_short else TEXT_HEIGHT)
