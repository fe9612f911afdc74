"""An approved trial as the files of a task folder. Pure: the same decisions give the same bytes."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from core.curation.decisions import UNATTENDED
from core.curation.rendering import build_rendered_hints, render_hint, render_instruction
from core.models import Attempt, Dataset, Decision, Episode, Finding, Hint, HintKind, HintState, Origin, Trial
from core.publishing.archive import TaskFiles
from core.publishing.names import build_folder_name, describe_source
from core.publishing.skeleton import build_skeleton
from core.publishing.source_tasks import INSTRUCTION
from core.store import Store

VERIFIER = "tests/test.sh"
METADATA = "metadata.json"
METADATA_BESIDE_THEIRS = "trace_hints_metadata.json"
_KIND_ORDER = {kind: order for order, kind in enumerate(HintKind)}


class TrialFacts(NamedTuple):
    """What the store knows of a trial that is about to be published."""

    trial: Trial
    hints: list[Hint]
    """The accepted ones, in publishing order."""
    attempts: list[Attempt]
    episodes: list[Episode]
    decisions: list[Decision]
    findings: list[Finding]
    origins: list[Origin]
    """Who proposed the published hints, or, without any, who read the attempts."""


class PublishedHint(NamedTuple):
    """A hint as metadata and the table of hints show it."""

    kind: HintKind
    text: str
    support: int
    source_episodes: list[str]


class BuiltTask(NamedTuple):
    """A task folder, and what manifest, card and tables say of it."""

    trial: Trial
    folder: str
    files: TaskFiles
    task_text: str
    instruction: str
    hints: list[PublishedHint]
    decision_ids: list[str]
    origins: list[Origin]
    is_reviewed: bool
    has_verifier: bool
    warnings: list[str]
    content_hash: str


def load_facts(store: Store, trial_id: int) -> TrialFacts:
    """What is published of a trial, and what it rests on."""
    accepted = (hint for hint in store.curation.list_hints(trial_id) if hint.state is HintState.ACCEPTED)
    hints = [hint for hint in accepted if render_hint(hint.text)]
    hints.sort(key=lambda hint: _KIND_ORDER[hint.kind])
    origins = [origin for hint in hints for origin in hint.origins]
    if not hints:
        origins = [proposal.origin for proposal in store.curation.list_proposals(trial_id)]
    return TrialFacts(
        trial=store.traces.get_trial(trial_id),
        hints=hints,
        attempts=store.traces.list_attempts(trial_id),
        episodes=store.traces.list_episodes(trial_id),
        decisions=store.decisions.list_decisions(trial_id),
        findings=store.curation.list_findings(trial_id),
        origins=origins,
    )


def build_task(
    facts: TrialFacts, dataset: Dataset, *, prefix: str, show_sources: bool, source_files: TaskFiles | None = None
) -> BuiltTask:
    """The task folder of a trial.

    Args:
        facts: Of an approved trial.
        dataset: The trial's dataset.
        prefix: First part of the folder's name.
        show_sources: Name source episodes in the instruction.
        source_files: The source task, which is carried over; None: a skeleton without a verifier.
    """
    trial = facts.trial
    task_text, warnings = _choose_task_text(trial, source_files)
    rendered = build_rendered_hints(facts.hints, facts.episodes)
    hints = [
        PublishedHint(hint.kind, render_hint(hint.text), len(hint.attempt_ids), list(shown.source_episodes))
        for hint, shown in zip(facts.hints, rendered, strict=True)
    ]
    # a source's instruction may hold bytes that are no UTF-8; they come out as they went in
    instruction = render_instruction(task_text, rendered, show_sources=show_sources)
    contents = dict(build_skeleton(dataset.name) if source_files is None else source_files.contents)
    contents[INSTRUCTION] = instruction.encode("utf-8", "surrogateescape")
    has_verifier = source_files is not None and VERIFIER in contents
    is_reviewed = _is_reviewed(facts.decisions)
    metadata = build_metadata(facts, dataset, hints, is_reviewed=is_reviewed, has_verifier=has_verifier)
    contents[METADATA_BESIDE_THEIRS if METADATA in contents else METADATA] = metadata
    files = TaskFiles(contents, frozenset() if source_files is None else source_files.executables)
    return BuiltTask(
        trial=trial,
        folder=build_folder_name(prefix, trial.number),
        files=files,
        task_text=task_text,
        instruction=contents[INSTRUCTION].decode("utf-8", "replace"),
        hints=hints,
        decision_ids=_list_decision_ids(facts),
        origins=facts.origins,
        is_reviewed=is_reviewed,
        has_verifier=has_verifier,
        warnings=warnings,
        content_hash=hash_files(files),
    )


def build_metadata(
    facts: TrialFacts,
    dataset: Dataset,
    hints: Sequence[PublishedHint],
    *,
    is_reviewed: bool,
    has_verifier: bool,
) -> bytes:
    """The content of `metadata.json`."""
    outcomes = Counter(attempt.outcome.value for attempt in facts.attempts)
    content: dict[str, Any] = {
        "trial_name": facts.trial.name,
        "task": facts.trial.task,
        "source_dataset": describe_source(dataset),
        "source_revision": dataset.revision,
        "episodes": len(facts.episodes),
        "attempts": len(facts.attempts),
        "outcomes": dict(sorted(outcomes.items())),
        **list_origins(facts.origins),
        "reviewed": is_reviewed,
        "has_verifier": has_verifier,
        "hints": [hint._asdict() for hint in hints],
    }
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def list_origins(origins: Sequence[Origin]) -> dict[str, list[str]]:
    """Extractors, models and prompt versions, each sorted and once."""
    return {
        "extractor": sorted({origin.extractor for origin in origins}),
        "model": sorted({origin.model for origin in origins if origin.model}),
        "prompt_version": sorted({origin.prompt_version for origin in origins if origin.prompt_version}),
    }


def hash_files(files: TaskFiles) -> str:
    """SHA-256 over names, modes and contents; the same whatever compressed them."""
    digest = sha256()
    for path in sorted(files.contents):
        head = json.dumps([path, path in files.executables, len(files.contents[path])])
        digest.update(head.encode() + b"\n" + files.contents[path])
    return digest.hexdigest()


def _choose_task_text(trial: Trial, source_files: TaskFiles | None) -> tuple[str, list[str]]:
    if source_files is None:
        return trial.task_text, []
    source = _read_instruction(source_files.contents)
    if trial.edited_task_text is not None:
        return trial.edited_task_text, [f"The reviewer's task text replaces the source task's {INSTRUCTION}."]
    if source.split() != trial.source_task_text.split():
        return source, [f"The source task's {INSTRUCTION} differs from the task text in the traces; it is published."]
    return source, []


def _read_instruction(contents: Mapping[str, bytes]) -> str:
    return contents[INSTRUCTION].decode("utf-8", "surrogateescape")


def _find_last(decisions: Sequence[Decision], action: str) -> Decision | None:
    return next((item for item in reversed(decisions) if item.hint_id is None and item.action == action), None)


def _is_reviewed(decisions: Sequence[Decision]) -> bool:
    approval = _find_last(decisions, "approve")
    return approval is not None and approval.reviewer != UNATTENDED


def _list_decision_ids(facts: TrialFacts) -> list[str]:
    approval = _find_last(facts.decisions, "approve")
    is_edited = facts.trial.edited_task_text is not None
    edit = _find_last(facts.decisions, "edit task text") if is_edited else None
    last = {decision.hint_id: decision.id for decision in facts.decisions if decision.hint_id is not None}
    ids = [decision.id for decision in (approval, edit) if decision is not None]
    return ids + [last[hint.id] for hint in facts.hints if hint.id in last]
