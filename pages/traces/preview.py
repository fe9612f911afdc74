"""What would be imported, shown on the first rows, before it is confirmed."""

import streamlit as st

from core.models import Grouping
from core.traces.options import ImportOptions
from core.traces.preview import SampleTrial, SourcePreview, build_preview, recommend_grouping
from core.traces.task_text import DEFAULT_MARKERS
from pages.shared.imports import start_import
from pages.shared.labels import describe_count
from pages.shared.unseen import name_unseen
from pages.traces.sample import Looked, let_go

SHOWN = 3
TEXT_HEIGHT = 260
_GROUPINGS = {Grouping.TRIAL_NAME: "Trial name", Grouping.TASK: "Task"}


def show_preview(looked: Looked) -> None:
    """The sample with the options that change it, and the button that imports."""
    with st.container(border=True):
        st.subheader("Before it is imported", anchor=False)
        identity = looked.sample.identity
        st.text(" · ".join(filter(None, [identity.source, identity.config, identity.split, identity.revision[:12]])))
        # the grouping changes no column and no shared task, so one look serves for the advice
        advice = recommend_grouping(build_preview(looked.sample, ImportOptions(), samples=0))
        options = _show_options(advice)
        preview = build_preview(looked.sample, options, samples=SHOWN)
        _show_counts(preview, looked.sample.total_rows)
        for column, trial in zip(st.columns(SHOWN), preview.samples, strict=False):
            with column:
                _show_trial(trial, options)
        with st.container(horizontal=True):
            st.button(
                "Import",
                type="primary",
                icon=":material/download:",
                key="import",
                on_click=_import,
                args=(looked, options),
                disabled=not preview.trials,
            )
            st.button("Discard", key="discard", on_click=let_go)


def _import(looked: Looked, options: ImportOptions) -> None:
    start_import(looked.request, options)
    let_go()


def _show_options(advice: Grouping) -> ImportOptions:
    grouping, markers, cut = st.columns([1, 2, 1], vertical_alignment="bottom")
    chosen = grouping.segmented_control(
        "One trial per",
        list(Grouping),
        default=Grouping.TRIAL_NAME,
        required=True,
        format_func=lambda item: _GROUPINGS[item] + (" (advised)" if item is advice is Grouping.TASK else ""),
        key="group_by",
    )
    named = markers.multiselect(
        "The task stands after",
        DEFAULT_MARKERS,
        default=DEFAULT_MARKERS,
        accept_new_options=True,
        placeholder="No marker: the instruction column or the first user message",
        key="markers",
    )
    is_cut = cut.toggle("Cut at the marker", key="cut_at_marker")
    return ImportOptions(group_by=chosen or Grouping.TRIAL_NAME, markers=tuple(named), cut_at_marker=is_cut)


def _show_counts(preview: SourcePreview, total: int | None) -> None:
    of_all = f"all {preview.rows:,}" if total == preview.rows else f"the first {preview.rows:,}"
    st.text(
        f"In {of_all} rows{'' if total in (None, preview.rows) else f' of {total:,}'}: "
        f"{describe_count(preview.trials, 'trial')}, {describe_count(preview.attempts, 'attempt')}, "
        f"{len(preview.set_aside):,} set aside."
    )
    if preview.shared_tasks:
        st.text(
            f"{describe_count(preview.shared_tasks, 'task has', 'tasks have')} several trials. "
            "Grouped by task, their attempts are compared."
        )
    for item in preview.set_aside[:SHOWN]:
        st.text(f"Row {item.row_number}: {name_unseen(item.reason)}")


def _show_trial(trial: SampleTrial, options: ImportOptions) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.text(name_unseen(trial.name), wrap=False, width="stretch")
        sign = ":orange[:material/info:]" if trial.is_fallback else ":green[:material/check:]"
        with st.container(horizontal=True, gap="xxsmall", wrap=False):
            st.markdown(sign, width="content")
            counts = f"{describe_count(trial.rows, 'row')}, {describe_count(trial.attempts, 'attempt')}"
            st.text(f"{counts}; {name_unseen(trial.task_source)}", width="stretch")
        if trial.cut_text:
            st.text("Cut away:" if options.cut_at_marker else "Cutting at the marker would drop:")
            st.code(name_unseen(trial.cut_text), language=None, wrap_lines=True, height=90)
        st.text("Task text:")
        st.code(name_unseen(trial.task_text) or "(none found)", language=None, wrap_lines=True, height=TEXT_HEIGHT)
