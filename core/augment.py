"""What the command line does: each stage as a job of the worker, and `augment` for all of them, unattended.

`augment` decides as the actor `unattended`: it accepts each hint without a blocking finding and approves the trial.
A person's decision is never overridden; a trial of which every extraction failed is left out and listed.
"""

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from core import pipeline, steering
from core.curation.unattended import approve_unattended
from core.errors import UsageError
from core.extraction.estimate import describe_estimate, estimate_batch
from core.extraction.launch import check_budget, check_has_server, describe_servers
from core.extraction.prices import choose_price
from core.models import Dataset, Extractor, HintState, Job, RequestKind
from core.publishing.options import PublishChoices
from core.publishing.publish import PublishOptions, PublishResult, default_prefix
from core.publishing.targets import check_options
from core.settings import Settings
from core.store import Store, open_store
from core.store.batch_models import BatchConfig, BatchUsage, Estimate
from core.traces.options import ImportOptions
from core.traces.report import ImportReport
from core.traces.sources import SourceRequest
from core.worker import queueing

ACTOR = "unattended"
LISTED = 10
NAMED = 3
TRIALS_AT_ONCE = 20

JobRunner = Callable[[Job], Job]
"""Waits for a job and returns it finished; raises what ended it otherwise."""
Say = Callable[[str], None]


class PublishWish(PublishChoices):
    """What a person asked to publish, before the dataset is known."""

    prefix: str | None = None
    """None: the dataset's name + `-hints`."""


class AugmentWish(BaseModel):
    """Everything that `augment` was asked for."""

    source: SourceRequest
    options: ImportOptions
    batch: BatchConfig
    publish: PublishWish | None
    """None: stop before publishing, for a person to review."""


def run_augment(settings: Settings, wish: AugmentWish, *, run_job: JobRunner, say: Say) -> dict[str, Any]:
    """The whole pipeline; the object that `--json` prints.

    Raises:
        UsageError: Command line and environment alone show that it cannot work; nothing was begun.
        TraceHintsError: What stopped it; the same command goes on from there.
    """
    _check_wish(settings, wish)
    dataset = import_dataset(settings, wish.source, wish.options, run_job=run_job, say=say)
    extraction = extract_hints(settings, dataset, wish.batch, run_job=run_job, say=say)
    published = None
    if wish.publish is not None:
        _decide(settings, dataset, wish.batch.first_trials, say)
        if extraction["done"]:
            published = publish_trials(settings, dataset, wish.publish, run_job=run_job, say=say, published_by=ACTOR)
        else:
            say("Nothing is published: every extraction failed. The same command asks again.")
    state = HintState.PROPOSED if wish.publish is None else HintState.ACCEPTED
    with open_store(settings.home) as store:
        hints = store.curation.count_hints(dataset.id, state=state, first_trials=wish.batch.first_trials)
    return {
        "dataset": describe_dataset(settings, dataset),
        "extraction": extraction,
        "hints": hints._asdict(),
        "published": published,
    }


def _check_wish(settings: Settings, wish: AugmentWish) -> None:
    if wish.batch.extractor is Extractor.LLM:
        check_has_server(settings)
        check_budget(wish.batch)
    if wish.publish is not None:
        check_publish_wish(wish.publish)


def check_publish_wish(wish: PublishWish) -> None:
    """Refuse what cannot be published, before anything is begun.

    Raises:
        UsageError: Neither repository nor folder, a malformed repository name, or no token for the Hub.
    """
    if wish.repo is None and wish.output_dir is None and wish.export_hints is None:
        raise UsageError(
            "Say where to publish: --repo-name owner/name, or --output-dir DIR, or --review to stop before."
        )
    check_options(PublishOptions(**wish.model_dump(exclude={"prefix"}), prefix=wish.prefix or "tasks"))
    if wish.tasks and looks_like_path(wish.tasks) and not Path(wish.tasks).exists():
        raise UsageError(f"There are no tasks at {wish.tasks}. Check --tasks.")
    if wish.output_dir is not None and Path(wish.output_dir).is_file():
        raise UsageError(f"{wish.output_dir} is a file. Give --output-dir a folder.")
    if wish.repo is not None:
        # imported late: it reads its address from the environment
        from huggingface_hub import get_token

        if get_token() is None:
            raise UsageError(
                "Publishing to the Hub needs a token: set HF_TOKEN to one that may write, or use --output-dir."
            )


def looks_like_path(text: str) -> bool:
    """True if it can be no Hub id."""
    return text.startswith(("/", ".", "~")) or text.endswith((".parquet", ".jsonl"))


def import_dataset(
    settings: Settings, source: SourceRequest, options: ImportOptions, *, run_job: JobRunner, say: Say
) -> Dataset:
    """The imported dataset; the one that is there if exactly this was imported before."""
    with queueing(settings) as store:
        job = pipeline.start_import(store, pipeline.ImportParams(source=source, options=options), created_by=ACTOR)
    done = pipeline.ImportDone.model_validate_json(run_job(job).result or "")
    with open_store(settings.home) as store:
        dataset = store.traces.get_dataset(done.dataset_id)
        report = ImportReport.model_validate_json(store.traces.find_report(dataset.id) or "{}")
    if done.was_there:
        say(f"{dataset.name} was imported before with the same options; nothing is imported twice.")
    say(
        f"{dataset.name}: {report.rows} rows, {report.trials} trials, {report.attempts} attempts, "
        f"{report.set_aside} rows set aside. One call per attempt reads about {report.tokens_per_attempt:,} tokens, "
        f"one per row would read {report.tokens_per_row:,}."
    )
    for reason, count in report.set_aside_reasons.most_common(LISTED):
        say(f"  set aside: {count} {reason}")
    for note in report.notes:
        say(f"  {note}")
    if report.shared_tasks and options.group_by != "task":
        say(f"  {report.shared_tasks} tasks have several trials: --group-by task would compare their attempts")
    return dataset


def describe_dataset(settings: Settings, dataset: Dataset) -> dict[str, int]:
    """Counts of the whole import, as `--json` prints them."""
    with open_store(settings.home) as store:
        report = ImportReport.model_validate_json(store.traces.find_report(dataset.id) or "{}")
    return report.model_dump(include={"rows", "trials", "episodes", "attempts", "set_aside"})


def estimate(settings: Settings, dataset: Dataset, config: BatchConfig, *, say: Say) -> Estimate:
    """What an extraction would take, in words to `say` and as data.

    Raises:
        UsageError: The rules, which take nothing.
    """
    if config.extractor is Extractor.RULES:
        raise UsageError("The rules send nothing and cost nothing, so there is nothing to estimate.")
    with open_store(settings.home) as store:
        check_trial(store, dataset, config)
        found = estimate_batch(store, dataset.id, config, price=choose_price(config))
    for line in describe_estimate(found, config):
        say(line)
    return found


def extract_hints(
    settings: Settings, dataset: Dataset, config: BatchConfig, *, run_job: JobRunner, say: Say
) -> dict[str, Any]:
    """Extract, aggregate and check; what was sent in this run, and how the chosen attempts stand after it.

    Raises:
        UsageError: No trial has the chosen name.
    """
    with open_store(settings.home) as store:
        check_trial(store, dataset, config)
    with queueing(settings) as store:
        job = pipeline.start_extraction(store, dataset, config, settings=settings, created_by=ACTOR, say=say)
        batch = store.batches.get_batch_of_job(job.id)
        estimated = [] if batch.estimate is None else describe_estimate(batch.estimate, batch.config)
        for line in [*estimated, *steering.list_changes(store, settings)]:
            say(line)
        before = store.batches.get_usage(batch.id)
    run_job(job)
    return describe_extraction(settings, batch.id, before=before, say=say)


def check_trial(store: Store, dataset: Dataset, config: BatchConfig) -> None:
    """Refuse to extract from one trial that is not there.

    Raises:
        UsageError: No trial has the chosen name; the message names those that are near it.
    """
    only = BatchConfig(extractor=config.extractor, trial=config.trial)
    if config.trial is None or store.batches.count_chosen(dataset.id, only):
        return
    names = list(dict.fromkeys(trial.name for trial in store.traces.list_trials(dataset.id)))
    near = get_close_matches(config.trial, names, n=NAMED)
    which = (
        f"Near it are: {', '.join(near)}." if near else f"There are {len(names):,}, e.g. {', '.join(names[:NAMED])}."
    )
    raise UsageError(f"No trial of {dataset.name} is named {config.trial}. {which}")


def describe_extraction(settings: Settings, batch_id: int, *, before: BatchUsage, say: Say) -> dict[str, Any]:
    """What was sent for a batch since `before`, and how its attempts stand, as `--json` prints it."""
    with open_store(settings.home) as store:
        usage = store.batches.get_usage(batch_id).since(before)
        counts, compared = store.batches.count_attempts(batch_id), store.batches.count_contrasts(batch_id)
        if compared.total:
            say(f"Attempts compared: {compared.done} of {compared.total} trials with a success and a failure.")
        done = store.batches.count_requests(batch_id).done
        if answered := describe_servers(store.servers.list_servers(batch_id), done=done):
            say(answered)
        for group in store.answers.list_failures(batch_id)[:LISTED]:
            what = {RequestKind.CONTRAST: "comparisons ", RequestKind.MERGE: "merges "}.get(group.kind, "")
            example = f"{group.trial_name}: {(group.detail or '')[:200]}"
            say(f"  failed: {group.requests} {what}{group.reason} (e.g. {example})")
        return {
            "requests": usage.sent,
            "done": counts.done,
            "failed": counts.failed,
            "tokens_in": usage.tokens_in,
            "tokens_out": usage.tokens_out,
            "cost_usd": usage.cost_usd,
        }


def _decide(settings: Settings, dataset: Dataset, first_trials: int | None, say: Say) -> None:
    with open_store(settings.home) as store:
        extracted = set(store.curation.list_extracted_trials(dataset.id))
        left_out = []
        trials = store.traces.list_trials(dataset.id, first=first_trials)
        for begin in range(0, len(trials), TRIALS_AT_ONCE):
            with store.curation.write():
                for trial in trials[begin : begin + TRIALS_AT_ONCE]:
                    if trial.id in extracted and trial.task_text.strip():
                        approve_unattended(store, store.traces.get_trial(trial.id), dataset_key=dataset.key)
                    else:
                        left_out.append(trial.name)
    for name in left_out:
        say(f"  left out: {name} (every extraction failed, or it has no task text)")


def publish_trials(
    settings: Settings, dataset: Dataset, wish: PublishWish, *, run_job: JobRunner, say: Say, published_by: str
) -> dict[str, Any]:
    """Publish the approved trials; what `--json` prints of it."""
    options = PublishOptions(**wish.model_dump(exclude={"prefix"}), prefix=wish.prefix or default_prefix(dataset.name))
    with queueing(settings) as store:
        job = pipeline.start_publishing(store, dataset, options, published_by=published_by)
    result = PublishResult.model_validate_json(run_job(job).result or "")
    for note in result.left_out:
        say(f"  left out: {note.trial} ({note.reason})")
    for note in result.warnings:
        say(f"  {note.trial}: {note.reason}")
    for name in result.removed:
        say(f"  removed: {name} was published before and is not any more")
    if result.hints_file:
        say(f"Hints: {result.hints_file}")
    if result.pull_request:
        say(f"pull request: {result.pull_request}; the repository is as it was until it is merged")
    place = result.url or result.path
    if place is None:
        return dict(result.model_dump(include={"trials", "repo", "revision", "path"}))
    say(f"{'Unchanged' if result.unchanged else 'Published'}: {result.trials} trials, {place}")
    return dict(result.model_dump(include={"trials", "repo", "revision", "path"}))
