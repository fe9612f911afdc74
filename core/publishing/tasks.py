"""An approved trial as the files of a task folder. Pure: the same decisions give the same bytes."""

import json
from collections.abc import Collection, Sequence
from hashlib import sha256
from typing import NamedTuple

from core.curation.rendering import build_rendered_hints, render_hint, render_instruction
from core.errors import SourceError
from core.models import Attempt, Dataset, Decision, Episode, Finding, Hint, HintKind, HintState, Origin, Outcome, Trial
from core.publishing.archive import TaskFiles
from core.publishing.harbor import TEST_SCRIPTS, list_harbor_problems
from core.publishing.metadata import TaskMetadata, dump_metadata
from core.publishing.names import build_folder_name, build_twin_name
from core.publishing.options import HintSelection, PublishOptions, TrialNote
from core.publishing.reviewers import list_decision_ids, list_reviewers
from core.publishing.skeleton import build_skeleton
from core.publishing.task_folders import INSTRUCTION
from core.publishing.task_texts import choose_task_text
from core.store import Store

METADATA = "metadata.json"
METADATA_BESIDE_THEIRS = "trace_hints_metadata.json"
_KIND_ORDER = {kind: order for order, kind in enumerate(HintKind)}
_LEFT_OUT = {
    HintSelection.FULL: frozenset[HintKind](),
    HintSelection.PITFALLS_AND_CRITERIA: frozenset({HintKind.TOOL, HintKind.STRATEGY}),
    HintSelection.WITHOUT_STRATEGY: frozenset({HintKind.STRATEGY}),
}


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
    """Who proposed the accepted hints, or, without any, who read the attempts."""
    rejected: int = 0
    """Hints that were rejected; only people do that."""

    @property
    def base_pass_rate(self) -> float | None:
        """Share of the attempts that succeeded, of those whose outcome is known, 0 to 1; None if no outcome is."""
        known = [attempt.outcome for attempt in self.attempts if attempt.outcome is not Outcome.UNKNOWN]
        return known.count(Outcome.SUCCESS) / len(known) if known else None


class PublishedHint(NamedTuple):
    """A hint as metadata and the table of hints show it."""

    kind: HintKind
    text: str
    support: int
    source_episodes: list[str]


class BuiltTask(NamedTuple):
    """A task folder, and what manifest, card and tables say of it."""

    facts: TrialFacts
    folder: str
    twin_of: str | None
    """The folder of the task with hints, if this is the same one without."""
    files: TaskFiles
    task_text: str
    instruction: str
    published: list[Hint]
    """The hints in the instruction, with their evidence."""
    hints: list[PublishedHint]
    """The same, as they are published, in the same order."""
    decision_ids: list[str]
    origins: list[Origin]
    reviewers: list[str]
    """People who approved it, sorted; empty if nobody did."""
    has_verifier: bool
    warnings: list[TrialNote]
    content_hash: str

    @property
    def trial(self) -> Trial:
        """The trial it was made of."""
        return self.facts.trial

    @property
    def is_reviewed(self) -> bool:
        """True if a person approved it."""
        return bool(self.reviewers)


def load_facts(store: Store, trial_id: int) -> TrialFacts:
    """What is published of a trial, and what it rests on."""
    known = store.curation.list_hints(trial_id)
    hints = [hint for hint in known if hint.state is HintState.ACCEPTED and render_hint(hint.text)]
    hints.sort(key=lambda hint: _KIND_ORDER[hint.kind])
    origins = [origin for hint in hints for origin in hint.origins]
    if not hints:
        origins = [proposal.origin for proposal in store.curation.list_proposals(trial_id)]
    return TrialFacts(
        trial=store.traces.get_trial(trial_id),
        hints=hints,
        attempts=store.traces.list_attempts(trial_id),
        episodes=store.traces.list_episodes(trial_id),
        decisions=store.decisions.list_standing(trial_id),
        findings=store.curation.list_findings(trial_id),
        origins=origins,
        rejected=sum(hint.state is HintState.REJECTED for hint in known),
    )


def select_hints(hints: Sequence[Hint], selection: HintSelection) -> list[Hint]:
    """The hints that an instruction carries, in the same order."""
    return [hint for hint in hints if hint.kind not in _LEFT_OUT[selection]]


def build_task(
    facts: TrialFacts,
    dataset: Dataset,
    options: PublishOptions,
    *,
    source_files: TaskFiles | None = None,
    is_twin: bool = False,
) -> BuiltTask:
    """The task folder of a trial.

    Args:
        facts: Of an approved trial.
        dataset: The trial's dataset.
        options: The prefix, and what instructions carry.
        source_files: The source task, which is carried over; None: a skeleton without a verifier.
        is_twin: Without any hint, beside the task that has them.

    Raises:
        SourceError: The source task leaves no place for the metadata.
    """
    trial = facts.trial
    folder = build_folder_name(options.prefix, trial.number)
    chosen = [] if is_twin else select_hints(facts.hints, options.hint_selection)
    rendered = build_rendered_hints(chosen, facts.episodes)
    hints = [
        PublishedHint(hint.kind, render_hint(hint.text), len(hint.attempt_ids), list(shown.source_episodes))
        for hint, shown in zip(chosen, rendered, strict=True)
    ]
    task_text, warnings = choose_task_text(trial, dataset.markers, source_files)
    # a source's instruction may hold bytes that are no UTF-8; they come out as they went in
    instruction = render_instruction(task_text, rendered, show_sources=options.source_episodes)
    contents = dict(build_skeleton(dataset.name) if source_files is None else source_files.contents)
    contents[INSTRUCTION] = instruction.encode("utf-8", "surrogateescape")
    has_verifier = source_files is not None and not TEST_SCRIPTS.isdisjoint(contents)
    origins = [origin for hint in chosen for origin in hint.origins] or facts.origins
    reviewers = list_reviewers(facts.decisions)
    metadata = TaskMetadata(
        trial=trial,
        dataset=dataset,
        attempts=facts.attempts,
        episodes=len(facts.episodes),
        base_pass_rate=facts.base_pass_rate,
        origins=origins,
        is_reviewed=bool(reviewers),
        has_verifier=has_verifier,
        hint_selection="none" if is_twin else options.hint_selection.value,
        twin_of=folder if is_twin else None,
        hints=[hint._asdict() for hint in hints],
    )
    contents[_choose_metadata_name(contents)] = dump_metadata(metadata)
    files = TaskFiles(contents, {} if source_files is None else source_files.modes)
    if source_files is not None:
        warnings += [TrialNote(trial=trial.name, reason=problem) for problem in list_harbor_problems(files)]
    return BuiltTask(
        facts=facts,
        folder=build_twin_name(folder) if is_twin else folder,
        twin_of=folder if is_twin else None,
        files=files,
        task_text=task_text,
        instruction=contents[INSTRUCTION].decode("utf-8", "replace"),
        published=chosen,
        hints=hints,
        decision_ids=list_decision_ids(facts.decisions, chosen, is_edited=trial.edited_task_text is not None),
        origins=origins,
        reviewers=reviewers,
        has_verifier=has_verifier,
        warnings=warnings,
        content_hash=hash_files(files),
    )


def _choose_metadata_name(contents: Collection[str]) -> str:
    """A place that no file or folder of the source task has; what an earlier publication left there is replaced."""
    taken = {path.split("/")[0].casefold() for path in contents}
    if METADATA not in taken:
        return METADATA
    if METADATA_BESIDE_THEIRS in taken and METADATA_BESIDE_THEIRS not in contents:
        raise SourceError(
            f"The source task has something named {METADATA_BESIDE_THEIRS}, where its metadata would stand. Rename it."
        )
    return METADATA_BESIDE_THEIRS


def hash_files(files: TaskFiles) -> str:
    """SHA-256 over names, modes and contents; the same whatever compressed them."""
    digest = sha256()
    for path in sorted(files.contents):
        head = json.dumps([path, files.get_mode(path), len(files.contents[path])])
        digest.update(head.encode() + b"\n" + files.contents[path])
    return digest.hexdigest()
