"""A trial as the workbench shows it: head, hints with their support and findings, attempts without their messages."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.curation.evidence import QuotableAttempt
from core.curation.rendering import render_hint
from core.models import (
    Attempt,
    Decision,
    Episode,
    Evidence,
    EvidenceStatus,
    Hint,
    HintKind,
    HintState,
    Reading,
    Trial,
)
from core.store import Store
from core.traces.transcript import list_ticks
from pages.review.left_out import build_left_out, describe_contrast_left_out

View = dict[str, Any]
HISTORY = 100
"""Decisions of a trial that are shown, the last ones."""


def build_trial_view(store: Store, trial_id: int) -> View:
    """Everything about a trial but its messages, as plain data.

    Args:
        store: Of the workspace.
        trial_id: The trial.

    Raises:
        UsageError: There is none with this id.
    """
    trial = store.traces.get_trial(trial_id)
    attempts = store.traces.list_attempts(trial_id)
    episodes = store.traces.list_episodes(trial_id)
    decisions = store.decisions.list_decisions(trial_id)
    hints = store.curation.list_hints(trial_id)
    quotable = _load_quotable(store, hints, attempts)
    readings = {item.attempt_id: item for item in store.answers.list_readings(trial_id)}
    return {
        **_build_head(trial, decisions),
        "findings": [item.model_dump(mode="json") for item in store.curation.list_findings(trial_id)],
        "attempts": [_build_attempt(store, item, episodes, readings.get(item.id)) for item in attempts],
        "contrast": _build_contrast(store, trial_id, attempts),
        "history": [_build_step(item) for item in decisions[-HISTORY:]],
        "suggestions": [
            item.model_dump(mode="json")
            for item in store.suggestions.list_suggestions(trial_id)
            if item.state == "open"
        ],
        "hints": [_build_hint(hint, attempts, decisions, quotable) for hint in hints],
    }


def find_first_attempt(view: View) -> int | None:
    """The attempt that the trial opens with, by the same rule as `firstPlace` in the browser; None without attempts."""
    kinds = list(HintKind)
    hints = sorted(view["hints"], key=lambda hint: kinds.index(hint["kind"]))
    found = [item for item in view["findings"] if item["severity"] != "info" and not item["overridden"]]
    blocked = {item["hint_id"] for item in found if item["severity"] == "block"}
    doubted = {item["hint_id"] for item in found}
    undecided = [hint for hint in hints if hint["state"] == HintState.PROPOSED]
    ranked = sorted(undecided, key=lambda hint: 0 if hint["id"] in blocked else 1 if hint["id"] in doubted else 2)
    for hint in [*ranked, *hints][:1]:
        verified = [item for item in hint["evidence"] if item["status"] in ("exact", "repointed")]
        for item in [*verified, *hint["evidence"]][:1]:
            return int(item["attempt_id"])
    return view["attempts"][0]["id"] if view["attempts"] else None


def _build_head(trial: Trial, decisions: Sequence[Decision]) -> View:
    last = next((item for item in reversed(decisions) if item.hint_id is None), None)
    return {
        "id": trial.id,
        "dataset_id": trial.dataset_id,
        "name": trial.name,
        "status": trial.status,
        "version": trial.version,
        "task_text": trial.task_text,
        "source_task_text": trial.source_task_text,
        "task_source": trial.task_source,
        "last": None if last is None else _build_decision(last),
    }


def _build_decision(decision: Decision) -> View:
    return {
        "action": decision.action,
        "reviewer": decision.reviewer,
        "at": decision.at_utc,
        "reason": decision.reason or "",
    }


def _build_step(decision: Decision) -> View:
    return {**_build_decision(decision), "hint_id": decision.hint_id}


def _build_contrast(store: Store, trial_id: int, attempts: Sequence[Attempt]) -> View | None:
    """What the model said of two attempts that it compared; its hints are among those of the trial."""
    contrast = store.answers.find_contrast(trial_id)
    if contrast is None or not contrast.parted:
        return None
    numbers = {attempt.id: attempt.number for attempt in attempts}
    return {
        "attempt_ids": [contrast.succeeded_id, contrast.failed_id],
        "parted": contrast.parted,
        "left_out": describe_contrast_left_out(store, trial_id, numbers),
    }


def _build_attempt(store: Store, attempt: Attempt, episodes: Sequence[Episode], reading: Reading | None) -> View:
    return {
        "id": attempt.id,
        "number": attempt.number,
        "name": attempt.source_trial_name,
        "outcome": attempt.outcome,
        "result": attempt.result or "",
        "messages": attempt.message_count,
        "agent": attempt.agent or "",
        "model": attempt.model or "",
        "ticks": list_ticks(episodes, attempt.id),
        "left_out": build_left_out(store, attempt.id),
        "reading": None if reading is None else reading.model_dump(mode="json", exclude={"attempt_id"}),
    }


def _build_hint(
    hint: Hint, attempts: Sequence[Attempt], decisions: Sequence[Decision], quotable: Mapping[int, QuotableAttempt]
) -> View:
    numbers = {attempt.id: attempt.number for attempt in attempts}
    mine = [item for item in decisions if item.hint_id == hint.id]
    last = mine[-1] if mine else None
    return {
        "id": hint.id,
        "kind": hint.kind,
        "text": hint.text.model_dump(mode="json"),
        "proposed": hint.proposed_text.model_dump(mode="json"),
        "state": hint.state,
        "version": hint.version,
        "edited": hint.is_edited,
        "words": len(render_hint(hint.text).split()),
        "origins": sorted({origin.model or origin.extractor for origin in hint.origins}),
        "attempt_ids": hint.attempt_ids,
        "evidence": [
            {
                **item.model_dump(mode="json"),
                "attempt": numbers.get(item.attempt_id, 0),
                "closest": _build_closest(item, quotable),
            }
            for item in hint.evidence
        ],
        "last": None if last is None else _build_decision(last),
    }


def _load_quotable(store: Store, hints: Sequence[Hint], attempts: Sequence[Attempt]) -> dict[int, QuotableAttempt]:
    """By id, the attempts with a quote that was not found in them; each is read once, whatever the number of quotes."""
    wanted = {item.attempt_id for hint in hints for item in hint.evidence if item.status is EvidenceStatus.MISSING}
    return {
        attempt.id: QuotableAttempt(attempt.id, store.traces.load_messages(attempt.conversation_id))
        for attempt in attempts
        if attempt.id in wanted
    }


def _build_closest(item: Evidence, quotable: Mapping[int, QuotableAttempt]) -> View | None:
    """The real text that a reviewer can use in the place of a quote that was not found; None if nothing is like it."""
    if item.status is not EvidenceStatus.MISSING or item.attempt_id not in quotable:
        return None
    found = quotable[item.attempt_id].find_closest(item.quote)
    return None if found is None else {"message": found.message, "quote": found.quote}
