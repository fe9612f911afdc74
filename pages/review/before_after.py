"""The instruction before and after: the task text from the traces, and what will be published."""

from collections.abc import Sequence

import streamlit as st

from core.curation import decisions
from core.curation.rendering import RenderedHint, list_source_episodes, render_instruction
from core.models import Episode, Finding, Hint, HintState, Trial, TrialStatus


def show_before_after(
    trial: Trial, hints: Sequence[Hint], findings: Sequence[Finding], episodes: Sequence[Episode]
) -> None:
    """Both texts side by side, word for word.

    Args:
        trial: The trial.
        hints: Of the trial, in order.
        findings: Of the trial and its hints.
        episodes: Of the trial.
    """
    kept = [hint for hint in hints if _is_kept(hint, trial, findings)]
    after = render_instruction(
        trial.task_text, [RenderedHint(hint.text, list_source_episodes(hint.evidence, episodes)) for hint in kept]
    )
    # the key's first words make it scroll like the transcript
    left, right = st.container(key=f"review_transcript_of_{trial.id}").columns(2)
    with left.container(key="instruction_before"):
        st.markdown("**Before** :gray[as found in the traces]")
        st.code(trial.source_task_text or "(none found)", language=None, wrap_lines=True)
    with right.container(key="instruction_after"):
        what = "if it is approved now" if trial.status is TrialStatus.OPEN else "as it stands"
        st.markdown(f"**After** :gray[{what}]")
        st.code(after or "(empty)", language=None, wrap_lines=True)


def _is_kept(hint: Hint, trial: Trial, findings: Sequence[Finding]) -> bool:
    if hint.state is HintState.ACCEPTED:
        return True
    is_open = trial.status is TrialStatus.OPEN and hint.state is HintState.PROPOSED
    return is_open and not decisions.is_blocked(hint, findings)
