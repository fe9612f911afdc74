"""The instruction as it would be published, with the words that stand in the editor."""

from typing import Any

from core.curation import decisions
from core.curation.rendering import RenderedHint, build_rendered_hints, render_instruction
from core.models import Finding, Hint, HintState, Trial, TrialStatus
from core.store import Store
from pages.review.checking import read_text
from pages.review.outgoing import TextWanted


def build_instruction(store: Store, wanted: TextWanted) -> dict[str, Any]:
    """Task text before, and the instruction after, as plain data."""
    trial = store.traces.get_trial(wanted.trial_id)
    findings = store.curation.list_findings(trial.id)
    hints = [item for item in store.curation.list_hints(trial.id) if _is_kept(item, trial, findings)]
    rendered = build_rendered_hints(hints, store.traces.list_episodes(trial.id))
    words = [
        RenderedHint(read_text(wanted.texts.get(hint.id)) or item.text, item.source_episodes)
        for hint, item in zip(hints, rendered, strict=True)
    ]
    task_text = trial.task_text if wanted.task_text is None else wanted.task_text
    return {
        "n": wanted.n,
        "trial_id": trial.id,
        "before": trial.source_task_text,
        "task_text": task_text,
        "after": render_instruction(task_text, words),
    }


def _is_kept(hint: Hint, trial: Trial, findings: list[Finding]) -> bool:
    if hint.state is HintState.ACCEPTED:
        return True
    is_open = trial.status is TrialStatus.OPEN and hint.state is HintState.PROPOSED
    return is_open and not decisions.is_blocked(hint, findings)
