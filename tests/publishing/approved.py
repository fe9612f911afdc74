"""Workspaces with approved trials, made through the product's own doors."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from core.curation.decisions import approve_trial, edit_hint
from core.models import (
    CriterionText,
    Dataset,
    Evidence,
    EvidenceStatus,
    Finding,
    Hint,
    HintText,
    JobKind,
    Origin,
    PitfallText,
    StrategyText,
    ToolText,
    Trial,
)
from core.progress import Progress, no_progress
from core.publishing.options import PublishOptions, PublishResult
from core.publishing.preview import run_preview
from core.publishing.preview_models import Preview
from core.publishing.publish import Made, run_publish
from core.settings import Settings
from core.store import Store
from tests.builders import Row, import_list, make_prefix_rows

IDS = UUID(int=7)
HINTS: tuple[HintText, ...] = (
    ToolText(name="curl", purpose="Query the flight API", example="curl -X POST https://api.flights.example"),
    StrategyText(do="Extract the requirements", check="every demand of the task is on the list"),
    PitfallText(when="the date is missing", avoid="search with a guess", instead="ask for it once"),
    CriterionText(text="The flight is booked"),
)
CALL = 'first <tool_call>{"name": "curl", "arguments": {}}</tool_call>'
LLM = Origin(extractor="llm", model="gpt-4o-mini", prompt_version="p1")


def make_rows(count: int = 2, **columns: object) -> list[Row]:
    """One run of three episodes per trial: `flight-0` with the task `book-0`, and so on."""
    rows = []
    for number in range(count):
        contents = [f"Task: book flight {number}", CALL, "seen", "second", "seen", "third"]
        values = {"task": f"book-{number}", "result": "1.0" if number % 2 == 0 else "AgentTimeoutError", **columns}
        rows += make_prefix_rows(contents, trial_name=f"flight-{number}", **values)
    return rows


def import_trials(store: Store, count: int = 2, **columns: object) -> tuple[Dataset, list[Trial]]:
    """A dataset with so many trials, nothing decided yet."""
    dataset = import_list(store, make_rows(count, **columns)).dataset
    return dataset, store.traces.list_trials(dataset.id)


def build_id(store: Store, trial: Trial, what: str) -> str:
    """The same id for the same thing in every workspace, as the product's own ids are."""
    return str(uuid5(IDS, f"{store.traces.get_dataset(trial.dataset_id).key} {trial.name} {what}"))


def propose(store: Store, trial: Trial, texts: Sequence[HintText] = HINTS, origin: Origin = LLM) -> list[Hint]:
    """Hints of a trial, quoted from its first attempt's third and last message."""
    attempt = store.traces.list_attempts(trial.id)[0]
    hints = [
        Hint(
            id=build_id(store, trial, f"hint {position}"),
            trial_id=trial.id,
            position=position,
            text=text,
            proposed_text=text,
            origins=[origin],
            attempt_ids=[attempt.id],
            evidence=[
                Evidence(attempt_id=attempt.id, message=message, quote="seen", status=EvidenceStatus.EXACT)
                for message in (5, 2)
            ],
        )
        for position, text in enumerate(texts)
    ]
    store.curation.replace_hints(trial.id, hints=hints, findings=[])
    return store.curation.list_hints(trial.id)


def approve(store: Store, trial: Trial, *, reviewer: str = "ada") -> None:
    """The trial with all its hints, always with the same ids."""
    approve_trial(store, trial, reviewer=reviewer, action_id=build_id(store, trial, f"approve {trial.version}"))


def make_approved(store: Store, count: int = 2, **columns: object) -> tuple[Dataset, list[Trial]]:
    """A dataset of which every trial is approved with `HINTS`."""
    dataset, trials = import_trials(store, count, **columns)
    for trial in trials:
        propose(store, trial)
        approve(store, store.traces.get_trial(trial.id))
    return dataset, store.traces.list_trials(dataset.id)


def change_hint(store: Store, trial: Trial, *, position: int = 2, text: HintText | None = None) -> None:
    """An edit of one published hint by a person."""
    hint = store.curation.list_hints(trial.id)[position]
    words = text or PitfallText(when="the date is unclear", avoid="guess", instead="ask")
    edit_hint(store, hint, words, reviewer="ada", action_id=build_id(store, trial, f"edit {hint.version}"))


def block(store: Store, trial: Trial, finding: Finding) -> None:
    """A finding that a later check made, on a hint that was accepted already."""
    store.curation.replace_hints(trial.id, hints=store.curation.list_hints(trial.id), findings=[finding])


def look(store: Store, dataset: Dataset, folder: Path, *, settings: Settings | None = None, **options: Any) -> Preview:
    """A preview of an export to a folder, or of what the options say."""
    wished = PublishOptions(**{"prefix": "flights", "output_dir": str(folder), **options})
    job = store.jobs.create_job(JobKind.PREVIEW, params={}, dataset_id=dataset.id)
    return run_preview(
        store,
        dataset,
        wished,
        settings=settings or Settings(home=folder.parent),
        progress=no_progress,
        job_id=job.id,
    )


def publish_folder(
    store: Store, dataset: Dataset, folder: Path, *, progress: Progress = no_progress, **options: Any
) -> PublishResult:
    """An export to a folder; it needs no network."""
    return run_publish(
        store,
        dataset,
        PublishOptions(**{"prefix": "flights", "output_dir": str(folder), **options}),
        settings=Settings(home=folder.parent),
        progress=progress,
        made=Made("Zoltan"),
    )
