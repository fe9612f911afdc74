"""The commands that manage launched batches: the same as the buttons of the page, by the same functions."""

import argparse
from collections.abc import Callable
from typing import Any

from core import augment, steering
from core.batch_commands import describe_batch, describe_line, list_batches
from core.cli_options import add_json, positive_int, positive_number, words
from core.cli_shown import print_result, say
from core.jobs import wait_until_over
from core.settings import Settings
from core.store import open_store
from core.store.limits import LIMITS
from core.worker import ensure_worker, queueing

EXIT_SOME_FAILED = 3
Command = Callable[[argparse.Namespace, Settings, augment.JobRunner], int]
Adder = Callable[[str, Command, str], argparse.ArgumentParser]


def add_batch_commands(add: Adder) -> None:
    """`batches`, `pause`, `resume`, `cancel` and `retry`."""
    batches = add("batches", _list, "the launched batches: state, counts, reasons and cost, newest first")
    batches.add_argument("--dataset", type=words, default=None, help="name or id of an imported dataset (default: all)")
    add_json(batches)

    pause = add("pause", _pause, "pause a batch; what is in flight is waited for and saved")
    _add_number(pause)

    resume = add("resume", _resume, "go on with a paused or stopped batch, with other limits if they are given")
    _add_number(resume)
    group = resume.add_argument_group("limits, from now on (default: as they are)")
    group.add_argument("--budget", type=positive_number, dest="budget_usd", metavar="USD", help="for all of the batch")
    group.add_argument("--max-rpm", type=positive_int, help="requests per minute")
    group.add_argument("--max-tpm", type=positive_int, help="tokens per minute")
    group.add_argument("--batch-size", type=positive_int, help="concurrent requests")
    _add_detach(resume)

    cancel = add("cancel", _cancel, "end a batch for good; what was answered is kept")
    _add_number(cancel)

    retry = add("retry", _retry, "ask again what failed in a batch, and only that")
    _add_number(retry)
    _add_detach(retry)


def _add_number(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("batch", type=positive_int, metavar="BATCH", help="its number; `batches` lists them")
    add_json(parser)


def _add_detach(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--detach", action="store_true", help="leave it to the worker, do not wait for the end")


def _list(options: argparse.Namespace, settings: Settings, run_job: augment.JobRunner) -> int:
    found = list_batches(settings, options.dataset)
    print_result(options, {"batches": found})
    for item in found if not options.json else []:
        print(describe_line(item))
    if not found:
        say("No batch yet. Launch one with: python -m core extract --dataset NAME")
    return 0


def _pause(options: argparse.Namespace, settings: Settings, run_job: augment.JobRunner) -> int:
    with open_store(settings.home) as store:
        steering.pause_batch(store, options.batch)
        job_id = store.batches.get_batch(options.batch).job_id
    wait_until_over(settings, job_id)
    return _end(options, settings)


def _cancel(options: argparse.Namespace, settings: Settings, run_job: augment.JobRunner) -> int:
    with open_store(settings.home) as store:
        steering.cancel_batch(store, options.batch)
        job = store.jobs.get_job(store.batches.get_batch(options.batch).job_id)
    wait_until_over(settings, job.id)
    # what a server still holds of it is cancelled there, too
    ensure_worker(settings)
    return _end(options, settings)


def _resume(options: argparse.Namespace, settings: Settings, run_job: augment.JobRunner) -> int:
    limits = {name: getattr(options, name) for name in LIMITS if getattr(options, name) is not None}
    with queueing(settings) as store:
        changed = steering.resume_batch(store, options.batch, limits=limits)
        for line in [*([changed] if changed else []), *steering.list_changes(store, settings)]:
            say(line)
    return _wait(options, settings, run_job)


def _retry(options: argparse.Namespace, settings: Settings, run_job: augment.JobRunner) -> int:
    with queueing(settings) as store:
        failed = steering.retry_failed(store, options.batch)
        for line in steering.list_changes(store, settings):
            say(line)
    if not failed:
        say(f"Nothing of batch {options.batch} has failed.")
        return _end(options, settings)
    say(f"Asking again: {failed} of batch {options.batch}.")
    return _wait(options, settings, run_job)


def _wait(options: argparse.Namespace, settings: Settings, run_job: augment.JobRunner) -> int:
    with open_store(settings.home) as store:
        batch = store.batches.get_batch(options.batch)
        job, before = store.jobs.get_job(batch.job_id), store.batches.get_usage(batch.id)
    if options.detach or job.is_over:
        return _end(options, settings)
    run_job(job)
    extraction = augment.describe_extraction(settings, batch.id, before=before, say=say)
    _end(options, settings, {"extraction": extraction})
    return EXIT_SOME_FAILED if extraction["failed"] else 0


def _end(options: argparse.Namespace, settings: Settings, more: dict[str, Any] | None = None) -> int:
    """Say how the batch stands now."""
    with open_store(settings.home) as store:
        batch = store.batches.get_batch(options.batch)
        found = describe_batch(store, batch, store.traces.get_dataset(batch.dataset_id))
    print_result(options, {"batch": found} | (more or {}))
    say(f"Batch {describe_line(found)}")
    return 0
