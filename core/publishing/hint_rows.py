"""The readable `hints` table: a row per trial, for people and for training code that wants no archives.

Quotes and names of reviewers stand in it only if the publisher says so.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.models import Evidence, Hint, HintKind, Outcome
from core.publishing.metadata import count_outcomes, list_origins
from core.publishing.options import PublishOptions
from core.publishing.tasks import BuiltTask, PublishedHint, TrialFacts

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS_BY_KIND = {
    HintKind.TOOL: "tools",
    HintKind.STRATEGY: "strategies",
    HintKind.PITFALL: "pitfalls",
    HintKind.CRITERION: "criteria",
}
"""Named as the counts of the command line."""
_TEXTS = ("path", "trial_name", "task", "task_text", "instruction")
_LISTS = ("extractors", "models", "prompt_versions", "agent_models")


def build_hint_row(task: BuiltTask, options: PublishOptions) -> dict[str, Any]:
    """A trial's row.

    Args:
        task: The one with hints, not its twin.
        options: Whether quotes and names are published.
    """
    facts = task.facts
    outcomes = count_outcomes(facts.attempts)
    origins = list_origins(task.origins)
    row: dict[str, Any] = {
        "path": task.folder,
        "trial_name": task.trial.name,
        "task": task.trial.task,
        "task_text": task.task_text.encode("utf-8", "replace").decode(),
        "instruction": task.instruction,
        **{name: [] for name in COLUMNS_BY_KIND.values()},
        "attempts": len(facts.attempts),
        "episodes": len(facts.episodes),
        "outcomes": {outcome.value: outcomes.get(outcome.value, 0) for outcome in Outcome},
        "base_pass_rate": facts.base_pass_rate,
        "extractors": origins["extractor"],
        "models": origins["model"],
        "prompt_versions": origins["prompt_version"],
        "agent_models": sorted({attempt.model for attempt in facts.attempts if attempt.model}),
        "hint_selection": options.hint_selection.value,
        "reviewed": task.is_reviewed,
        "has_verifier": task.has_verifier,
    }
    for hint, published in zip(task.published, task.hints, strict=True):
        row[COLUMNS_BY_KIND[hint.kind]].append(_build_hint(hint, published, facts, options))
    if options.with_reviewers:
        row["reviewers"] = task.reviewers
    return row


def _build_hint(hint: Hint, published: PublishedHint, facts: TrialFacts, options: PublishOptions) -> dict[str, Any]:
    built: dict[str, Any] = {
        "text": published.text,
        "support": published.support,
        "source_episodes": published.source_episodes,
        "edited": hint.is_edited,
    }
    if options.with_evidence:
        attempts = {attempt.id: attempt.source_trial_name for attempt in facts.attempts}
        built["evidence"] = [_build_quote(item, attempts) for item in hint.evidence]
    return built


def _build_quote(item: Evidence, attempts: Mapping[int, str]) -> dict[str, Any]:
    return {
        "trial_name": attempts.get(item.attempt_id, ""),
        "message": item.message,
        "quote": item.quote,
        "status": item.status.value,
    }


def list_texts_beside(task: BuiltTask, options: PublishOptions) -> list[str]:
    """What a row says that no file of the task does: agents' models; reviewers and quotes if they are published."""
    texts = {attempt.model for attempt in task.facts.attempts if attempt.model}
    if options.with_reviewers:
        texts.update(task.reviewers)
    if options.with_evidence:
        texts.update(item.quote for hint in task.published for item in hint.evidence)
        texts.update(attempt.source_trial_name for attempt in task.facts.attempts)
    return sorted(texts)


def build_hints_schema(options: PublishOptions) -> "pa.Schema":
    """The table's columns; a list without entries has its type all the same."""
    # a program that publishes nothing need not wait for it
    import pyarrow as pa

    texts = pa.list_(pa.string())
    hint = [("text", pa.string()), ("support", pa.int64()), ("source_episodes", texts), ("edited", pa.bool_())]
    if options.with_evidence:
        quote = [("trial_name", pa.string()), ("message", pa.int64()), ("quote", pa.string()), ("status", pa.string())]
        hint.append(("evidence", pa.list_(pa.struct(quote))))
    columns = [(name, pa.string()) for name in _TEXTS]
    columns += [(name, pa.list_(pa.struct(hint))) for name in COLUMNS_BY_KIND.values()]
    columns += [("attempts", pa.int64()), ("episodes", pa.int64())]
    columns += [("outcomes", pa.struct([(outcome.value, pa.int64()) for outcome in Outcome]))]
    columns += [("base_pass_rate", pa.float64()), *((name, texts) for name in _LISTS)]
    columns += [("hint_selection", pa.string()), ("reviewed", pa.bool_()), ("has_verifier", pa.bool_())]
    if options.with_reviewers:
        columns.append(("reviewers", texts))
    return pa.schema(columns)
