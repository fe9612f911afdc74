"""What a trial is: its name, how its attempts ended, what the checks say of it, and its task."""

from collections.abc import Sequence

import streamlit as st

from core.models import Attempt, Finding, Hint, Severity, Trial, TrialStatus
from pages.review.task_text import show_task_text
from pages.shared.labels import OUTCOMES, SEVERITIES, TRIALS

EXCERPT = 220
TABS = 6


def show_trial_head(
    trial: Trial, attempts: Sequence[Attempt], hints: Sequence[Hint], findings: Sequence[Finding]
) -> None:
    """The head of the hints' pane.

    Args:
        trial: The trial.
        attempts: Of the trial.
        hints: Of the trial, in order: findings are named by their numbers.
        findings: Of the trial and its hints.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="trial_name", wrap=False):
        st.text(trial.name, wrap=False, width="stretch")
        if trial.status is not TrialStatus.OPEN:
            label = TRIALS[trial.status]
            st.badge(label.word, icon=label.icon, color=label.color)  # type: ignore[arg-type]
        st.markdown(_draw_outcomes(attempts), width="content")
    show_task_text(trial)
    for item in findings:
        if item.hint_id is None:
            _show_finding(item)
    problems = _name_problems(hints, findings)
    if problems:
        st.markdown(problems)


def _draw_outcomes(attempts: Sequence[Attempt]) -> str:
    labels = [OUTCOMES[item.outcome] for item in attempts]
    if len(labels) > TABS:
        good = sum(label.word == "Success" for label in labels)
        return f":gray[{len(labels)} attempts, {good} successful]"
    return " ".join(f":{label.color}[{label.icon}]" for label in labels)


def _show_finding(finding: Finding) -> None:
    label = SEVERITIES[finding.severity]
    with st.container(horizontal=True, wrap=False, gap="xsmall", vertical_alignment="center"):
        st.badge(label.word, icon=label.icon, color=label.color)  # type: ignore[arg-type]
        st.text(finding.message, width="stretch")


def _name_problems(hints: Sequence[Hint], findings: Sequence[Finding]) -> str:
    numbers = {hint.id: number for number, hint in enumerate(hints, start=1)}
    worst: dict[str, Severity] = {}
    for item in findings:
        if item.hint_id in numbers and item.severity is not Severity.INFO and not item.overridden:
            worst.setdefault(str(item.hint_id), item.severity)
    words = {Severity.BLOCK: ":red-badge[Hint {} blocks]", Severity.WARN: ":orange-badge[Check hint {}]"}
    return " ".join(words[severity].format(numbers[hint_id]) for hint_id, severity in worst.items())
