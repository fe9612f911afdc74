"""The command line: `augment` is the whole pipeline, unattended; the other commands are its stages.

Progress goes to standard error, `--json` prints one object on standard output. Exit codes: 0 done, 1 stopped by an
error, 2 wrong command line or environment, 3 done but some attempts failed, 130 paused by Ctrl-C.
"""

import argparse
import json
import logging
from collections.abc import Callable, Sequence

from core import augment, carry_command, elsewhere, publish_commands
from core.cli_batches import add_batch_commands
from core.cli_options import (
    add_carry_options,
    add_choice_options,
    add_dataset,
    add_extract_options,
    add_import_options,
    add_json,
    add_way_options,
    positive_int,
    read_choice,
    read_extract,
    read_import,
    read_way,
    resolve_folder,
    words,
)
from core.cli_publish import add_look_options, add_publish_options, read_publish
from core.cli_shown import Shown, print_result, say
from core.errors import TraceHintsError
from core.jobs import pause_and_wait, wait_for_job
from core.models import Job
from core.settings import Settings, export_hub_settings, load_settings
from core.store import open_store
from core.worker import run_worker

COMMAND_LINE = "command line"
"""Who signs publications that it makes, and what it carries over."""
EXIT_PAUSED = 130
EXIT_SOME_FAILED = 3
DEFAULT_DATASET = "DCAgent/taskmaster2-gpt5mini"
SOURCE_HELP = "Hub id or local .parquet, .jsonl or .json file"

Command = Callable[[argparse.Namespace, Settings, augment.JobRunner], int]


def main(arguments: Sequence[str]) -> int:
    """Run one command; the exit code."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    options = build_parser().parse_args(arguments)
    try:
        settings = load_settings()
        export_hub_settings(settings)
        command: Command = options.command
        return command(options, settings, _build_runner(settings))
    except _Paused:
        say("Paused. Everything answered so far is saved; the same command continues.")
        return EXIT_PAUSED
    except KeyboardInterrupt:
        return EXIT_PAUSED
    except TraceHintsError as error:
        say(f"Error: {error}")
        return error.exit_code


def build_parser() -> argparse.ArgumentParser:
    """Every command with its options and defaults."""
    parser = argparse.ArgumentParser(
        prog="python -m core", description="From agent traces to training tasks with hints.", allow_abbrev=False
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command, text: str) -> argparse.ArgumentParser:
        child = commands.add_parser(
            name,
            help=text,
            description=text,
            allow_abbrev=False,
            formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        )
        child.set_defaults(command=command)
        return child

    whole = add("augment", _augment, "the whole pipeline, unattended")
    whole.add_argument(
        "--dataset", type=words, default=DEFAULT_DATASET, help="Hub id or local .parquet, .jsonl or .json file"
    )
    add_import_options(whole)
    add_extract_options(whole)
    add_way_options(whole, with_files=False)
    add_publish_options(whole)
    whole.add_argument("--review", action="store_true", help="stop before publishing, for a person to review")
    add_json(whole)

    importing = add("import", _import, "import a trace dataset")
    importing.add_argument("source", type=words, help=SOURCE_HELP)
    add_import_options(importing)
    add_json(importing)

    extract = add("extract", _extract, "extract hints from an imported dataset")
    add_dataset(extract)
    add_extract_options(extract)
    add_choice_options(extract)
    add_way_options(extract, with_files=True)
    extract.add_argument("--estimate", action="store_true", help="say what it would take, and stop")
    add_json(extract)

    publish = add("publish", _publish, "publish the approved trials of an imported dataset")
    add_dataset(publish)
    add_publish_options(publish)
    add_look_options(publish)
    publish.add_argument("--max-trials", type=positive_int, help="only the first N trials (default: all)")
    add_json(publish)

    carry = add("carry-over", _carry_over, "carry decisions over to a later import of the same traces")
    add_carry_options(carry)
    add_json(carry)
    add_batch_commands(add)

    worker = add("worker", _worker, "run the jobs that pages and commands start (started by them)")
    worker.add_argument("--fingerprint", help=argparse.SUPPRESS)

    status = add("status", _status, "where the trials of the imported datasets stand")
    status.add_argument("--dataset", type=words, default=None, help="name or id of an imported dataset (default: all)")
    add_json(status)
    return parser


def _augment(options: argparse.Namespace, settings: Settings, run_job: augment.JobRunner) -> int:
    request, import_options = read_import(options.dataset, options)
    result = augment.run_augment(
        settings,
        augment.AugmentWish(
            source=request,
            options=import_options,
            batch=read_extract(options).model_copy(update=read_way(options)),
            publish=None if options.review else read_publish(options),
        ),
        run_job=run_job,
        say=say,
    )
    print_result(options, result)
    return EXIT_SOME_FAILED if result["extraction"]["failed"] else 0


def _import(options: argparse.Namespace, settings: Settings, run_job: augment.JobRunner) -> int:
    request, import_options = read_import(options.source, options)
    dataset = augment.import_dataset(settings, request, import_options, run_job=run_job, say=say)
    carry_command.offer_decisions(settings, dataset, say=say)
    print_result(options, {"dataset": augment.describe_dataset(settings, dataset)})
    return 0


def _extract(options: argparse.Namespace, settings: Settings, run_job: augment.JobRunner) -> int:
    with open_store(settings.home) as store:
        dataset = store.traces.get_dataset_by_name(options.dataset)
    config = read_extract(options).model_copy(update=read_choice(options) | read_way(options))
    if options.estimate:
        print_result(options, {"estimate": augment.estimate(settings, dataset, config, say=say).model_dump()})
        return 0
    if options.read_results:
        folder = resolve_folder(options.read_results)
        extraction = elsewhere.read_results(settings, dataset, folder, run_job=run_job, say=say)
    elif options.write_requests:
        extraction = elsewhere.write_requests(settings, dataset, config, run_job=run_job, say=say)
    else:
        extraction = augment.extract_hints(settings, dataset, config, run_job=run_job, say=say)
    print_result(options, {"extraction": extraction})
    return EXIT_SOME_FAILED if extraction["failed"] else 0


def _publish(options: argparse.Namespace, settings: Settings, run_job: augment.JobRunner) -> int:
    wish = read_publish(options)
    augment.check_publish_wish(wish)
    with open_store(settings.home) as store:
        dataset = store.traces.get_dataset_by_name(options.dataset)
    if options.preview:
        print_result(
            options, {"preview": publish_commands.preview_trials(settings, dataset, wish, run_job=run_job, say=say)}
        )
        return 0
    if options.withdraw:
        published = publish_commands.withdraw_trials(
            settings, dataset, wish, options.withdraw, run_job=run_job, say=say, published_by=COMMAND_LINE
        )
    else:
        published = augment.publish_trials(settings, dataset, wish, run_job=run_job, say=say, published_by=COMMAND_LINE)
    print_result(options, {"published": published})
    return 0


def _carry_over(options: argparse.Namespace, settings: Settings, run_job: augment.JobRunner) -> int:
    with open_store(settings.home) as store:
        old, new = (store.traces.get_dataset_by_name(name) for name in (options.from_dataset, options.to_dataset))
    carried = carry_command.carry_decisions(
        settings, old, new, dry_run=options.dry_run, run_job=run_job, say=say, carried_by=COMMAND_LINE
    )
    print_result(options, {"carried_over": carried})
    return 0


def _worker(options: argparse.Namespace, settings: Settings, run_job: augment.JobRunner) -> int:
    run_worker(settings)
    return 0


def _status(options: argparse.Namespace, settings: Settings, run_job: augment.JobRunner) -> int:
    with open_store(settings.home) as store:
        chosen = (
            [store.traces.get_dataset_by_name(options.dataset)] if options.dataset else store.traces.list_datasets()
        )
        stages = [
            {"id": item.id, "name": item.name, "source": item.source, **store.overview.count_stages(item.id)._asdict()}
            for item in chosen
        ]
    if options.json:
        print(json.dumps(stages[0] if options.dataset else stages))
    for item in stages if not options.json else []:
        print(
            f"{item['id']}  {item['name']}: {item['trials']} trials, {item['attempts']} attempts, "
            f"{item['extracted']} extracted, {item['reviewed']} reviewed, {item['approved']} approved, "
            f"{item['published']} published"
        )
    if not stages and not options.json:
        say("Nothing was imported yet. Begin with: python -m core import SOURCE")
    return 0


class _Paused(Exception):  # noqa: N818 - not an error: somebody pressed Ctrl-C
    """The job was paused by Ctrl-C."""


def _build_runner(settings: Settings) -> augment.JobRunner:
    def run_job(job: Job) -> Job:
        show = Shown()
        try:
            return wait_for_job(settings, job.id, show=show)
        except KeyboardInterrupt:
            say("Pausing: what is in flight is waited for and saved. Ctrl-C again leaves it to the worker.")
            pause_and_wait(settings, job.id)
            raise _Paused from None
        finally:
            show.close()

    return run_job
