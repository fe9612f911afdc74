"""What an import found."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import streamlit as st

from core.models import Dataset, Grouping, Outcome
from core.store import Store
from core.traces.report import ImportReport
from pages.shared.datasets import describe_dataset
from pages.shared.labels import OUTCOMES, describe_count
from pages.shared.unseen import name_unseen

ROWS_NAMED = 20


def show_report(store: Store, dataset: Dataset) -> None:
    """The import report of one dataset."""
    report = ImportReport.model_validate_json(store.traces.find_report(dataset.id) or "{}")
    with st.container(border=True):
        st.text(describe_dataset(dataset))
        _show_counts(report)
        st.text(_describe_tokens(report))
        _show_notes(report, dataset)
        with st.grid(2, min_column_width=320):
            _show_table("Outcomes of the attempts", _list_outcomes(report), "Outcome")
            _show_table("Where the task text was found", report.task_sources, "Found by", count="Trials")
            if report.set_aside:
                _show_set_aside(store.traces.list_set_aside(dataset.id))
            if report.normalised:
                _show_table("Normalised, so that nothing chokes on it later", report.normalised, "What")
            if report.secrets:
                _show_table("Secrets seen; masked before anything is sent", report.secrets, "Kind")


def _show_counts(report: ImportReport) -> None:
    figures = (
        ("Rows", report.rows),
        ("Trials", report.trials),
        ("Attempts", report.attempts),
        ("Rows set aside", report.set_aside),
    )
    for column, (label, value) in zip(st.columns(len(figures)), figures, strict=True):
        column.metric(label, f"{value:,}", border=True)


def _describe_tokens(report: ImportReport) -> str:
    if not report.tokens_per_attempt:
        return "The attempts hold no text to extract from."
    times = report.tokens_per_row / report.tokens_per_attempt
    saved = f", {times:.1f} times less" if times >= 1.05 else ""
    return (
        f"One call per row would read about {report.tokens_per_row:,} tokens. "
        f"One call per attempt reads about {report.tokens_per_attempt:,}{saved}."
    )


def _show_notes(report: ImportReport, dataset: Dataset) -> None:
    for note in report.notes:
        st.text(name_unseen(f"{note[:1].upper()}{note[1:]}."))
    if report.disagreeing_tasks:
        st.text(
            f"In {describe_count(report.disagreeing_tasks, 'trial')} the attempts name different tasks; "
            "a finding on the trial says so."
        )
    if report.shared_tasks and dataset.group_by is not Grouping.TASK:
        st.text(
            f"{describe_count(report.shared_tasks, 'task has', 'tasks have')} several trials. "
            "Import it once more grouped by task, and their attempts are compared."
        )


def _list_outcomes(report: ImportReport) -> Counter[str]:
    return Counter(
        {
            f"{label.sign}  {label.word}": report.outcomes[outcome]
            for outcome, label in OUTCOMES.items()
            if report.outcomes[Outcome(outcome)]
        }
    )


def _show_table(title: str, counts: Counter[str], name: str, *, count: str = "Count") -> None:
    with st.container(gap="xsmall"):
        st.markdown(f"**{title}**")
        st.dataframe(
            [{name: name_unseen(key), count: value} for key, value in counts.most_common()],
            hide_index=True,
            height="content",
            alt=title,
        )


def _show_set_aside(rows: Sequence[tuple[int, str]]) -> None:
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    for number, reason in rows:
        numbers[reason].append(number)
    with st.container(gap="xsmall"):
        st.markdown("**Set aside**")
        st.dataframe(
            [
                {"Reason": name_unseen(reason), "Count": len(group), "Row numbers": _list_numbers(group)}
                for reason, group in sorted(numbers.items(), key=lambda item: -len(item[1]))
            ],
            hide_index=True,
            alt="Rows that were set aside, by reason",
        )


def _list_numbers(numbers: Sequence[int]) -> str:
    more = len(numbers) - ROWS_NAMED
    return ", ".join(map(str, numbers[:ROWS_NAMED])) + (f" and {more:,} more" if more > 0 else "")
