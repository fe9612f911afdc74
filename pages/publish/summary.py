"""A preview in figures and sentences: how many, what changes there, what stays behind and why."""

from collections.abc import Sequence

import streamlit as st

from core.publishing.options import TrialNote
from core.publishing.preview_models import Preview
from pages.shared.labels import describe_count
from pages.shared.unseen import name_unseen

LIST_HEIGHT = 240
_ROW, _HEAD = 35, 38
NAMED = 5
"""Trials that a sentence names."""


def show_summary(preview: Preview) -> None:
    """The figures, then where it goes and what that place loses."""
    figures = st.columns(4)
    figures[0].metric("Tasks", f"{preview.tasks:,}", border=True)
    figures[1].metric("New", f"{preview.added:,}", border=True)
    figures[2].metric("Changed", f"{preview.changed:,}", border=True)
    figures[3].metric("Removed", f"{preview.removed:,}", border=True)
    with st.container(gap="xxsmall"):
        for sentence in describe_preview(preview):
            st.text(name_unseen(sentence))
        if preview.removed_trials:
            _show_warning(f"Will be removed there: {_name(preview.removed_trials)}.")
        if preview.removed_files:
            _show_warning(f"Files that are not ours will be removed: {_name(preview.removed_files)}.")


def describe_preview(preview: Preview) -> list[str]:
    """The place, the size, and the trials that are not approved, each a sentence."""
    sentences = [_describe_target(preview)]
    size = sum(file.size for file in preview.files)
    if preview.tasks:
        verified = f"{preview.with_verifier:,} with a verifier" if preview.with_verifier else "none with a verifier"
        files = describe_count(len(preview.files), "file")
        hints = describe_count(preview.hints, "hint")
        sentences.append(f"{hints}, {verified}. {files}, {_describe_size(size)}.")
    waiting = [
        f"{describe_count(count, 'trial')} {words}"
        for count, words in ((preview.undecided, "not decided yet"), (preview.rejected, "rejected"))
        if count
    ]
    if waiting:
        sentences.append(f"Not published: {', '.join(waiting)}.")
    if preview.note:
        sentences.append(preview.note)
    return sentences


def show_left_out(preview: Preview) -> None:
    """Approved trials that stay behind, each with its reason; and what is worth a look."""
    _show_notes("Approved, but left out", preview.left_out)
    _show_notes("Worth a look", preview.warnings)
    _show_text_differences({note.trial: note.diff for note in preview.warnings if note.diff})


def _show_text_differences(by_trial: dict[str, str]) -> None:
    """How the source task's text differs from the one in the traces, trial by trial."""
    if not by_trial:
        return
    with st.expander("Task texts that differ from the traces"):
        chosen = st.selectbox("Trial", list(by_trial), key="text_difference")
        st.code(by_trial[chosen], language="diff", wrap_lines=True)


def _describe_target(preview: Preview) -> str:
    target = preview.target
    if target.user is None:
        if not target.is_there:
            return f"The folder {target.place} will be made."
        return f"The folder {target.place} holds {describe_count(target.tasks, 'task')} of this dataset now."
    who = f" The token is {target.user}'s" + (f" ({target.role})." if target.role else ".")
    if not target.is_there:
        kind = "private" if target.is_private else "public"
        return f"The repository {target.place} will be made, {kind}.{who}"
    kind = "private" if target.is_private else "public"
    holds = describe_count(target.tasks, "task") if target.is_ours else "something else"
    return f"{target.place} is there, {kind}, and holds {holds} now.{who}"


def _describe_size(size: int) -> str:
    return f"{size / 1_000_000:,.1f} MB" if size >= 100_000 else f"{size / 1_000:,.0f} kB"


def _name(names: Sequence[str]) -> str:
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest:,} more" if rest > 0 else "")


def _show_warning(sentence: str) -> None:
    with st.container(horizontal=True, wrap=False, gap="xsmall"):
        st.markdown(":orange[:material/warning:]", width="content")
        st.text(name_unseen(sentence), width="stretch")


def _show_notes(title: str, notes: Sequence[TrialNote]) -> None:
    if not notes:
        return
    st.markdown(f"**{title}: {len(notes):,}**")
    st.dataframe(
        [{"Trial": name_unseen(note.trial), "Why": name_unseen(note.reason)} for note in notes],
        hide_index=True,
        height=min(LIST_HEIGHT, _HEAD + _ROW * len(notes)),
        column_config={"Trial": st.column_config.TextColumn(width="small")},
        alt=title,
    )
