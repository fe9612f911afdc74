"""The options of the command line, and what they ask for. The same names and defaults wherever they apply."""

import argparse
from pathlib import Path

from core.errors import UsageError
from core.models import Extractor, Grouping
from core.store.batch_models import DEFAULT_INPUT_LIMIT, DEFAULT_OUTPUT_LIMIT, BatchConfig
from core.traces.options import ImportOptions
from core.traces.sources import SourceRequest
from core.traces.task_text import DEFAULT_MARKERS

DEFAULT_MODEL = "gpt-4o-mini"
SMALLEST_INPUT_LIMIT = 1_000
SMALLEST_OUTPUT_LIMIT = 100
MAXIMUM_NUMBER = 1_000_000_000


def add_dataset(parser: argparse.ArgumentParser) -> None:
    """Which imported dataset."""
    parser.add_argument("--dataset", type=words, required=True, metavar="NAME-OR-ID", help="an imported dataset")


def add_carry_options(parser: argparse.ArgumentParser) -> None:
    """Between which imports, and whether really."""
    for name, text in (("from", "the earlier import"), ("to", "the later one")):
        parser.add_argument(
            f"--{name}", dest=f"{name}_dataset", type=words, required=True, metavar="NAME-OR-ID", help=text
        )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be carried over and what cannot be")


def add_json(parser: argparse.ArgumentParser) -> None:
    """Whether to print an object."""
    parser.add_argument("--json", action="store_true", help="print one JSON object on standard output")


def add_import_options(parser: argparse.ArgumentParser) -> None:
    """How a source is read."""
    group = parser.add_argument_group("import")
    group.add_argument("--config", type=words, help="configuration of a Hub dataset")
    group.add_argument("--split", type=words, help="split of a Hub dataset")
    group.add_argument("--revision", type=words, help="branch, tag or commit of a Hub dataset")
    group.add_argument("--group-by", choices=[item.value for item in Grouping], default=Grouping.TRIAL_NAME.value)
    group.add_argument(
        "--task-markers",
        nargs="+",
        type=words,
        default=list(DEFAULT_MARKERS),
        metavar="MARKER",
        help="what begins the task's line",
    )


def add_extract_options(parser: argparse.ArgumentParser) -> None:
    """What hints are extracted with, from which attempts, within which limits."""
    group = parser.add_argument_group("extraction")
    group.add_argument("--extractor", choices=[item.value for item in Extractor], default=Extractor.LLM.value)
    group.add_argument("--model", type=words, default=DEFAULT_MODEL)
    group.add_argument("--batch-size", type=positive_int, default=100, help="concurrent requests")
    group.add_argument("--max-rpm", type=positive_int, default=500, help="requests per minute")
    group.add_argument("--max-tpm", type=positive_int, help="tokens per minute (default: no limit)")
    group.add_argument("--budget", type=positive_number, metavar="USD", help="stop before more is spent")
    group.add_argument("--max-trials", type=positive_int, help="only the first N trials (default: all)")
    group.add_argument(
        "--no-contrast",
        dest="contrast",
        action="store_false",
        help="do not compare a success with a failure of the same trial: one request more per trial that has both, "
        "counted in `requests` of --json, while `done` and `failed` count attempts",
    )
    group.add_argument(
        "--suggest-merges",
        action="store_true",
        help="where hints of a trial nearly say the same, ask for one wording, for a reviewer to accept; only live",
    )
    group.add_argument("--ask-again", action="store_true", help="send also what was answered before")
    group.add_argument(
        "--input-limit", type=input_limit, default=DEFAULT_INPUT_LIMIT, help="tokens of an attempt; a longer one is cut"
    )
    group.add_argument(
        "--output-limit",
        type=output_limit,
        default=DEFAULT_OUTPUT_LIMIT,
        help="tokens of an answer, thinking included; live, a longer one is asked for once more, with a larger limit",
    )
    group.add_argument("--price-in", type=positive_number, metavar="USD", help="per million input tokens, if unknown")
    group.add_argument("--price-out", type=positive_number, metavar="USD", help="per million output tokens, if unknown")


def add_choice_options(parser: argparse.ArgumentParser) -> None:
    """From which attempts hints are extracted, where not simply from all of them."""
    group = parser.add_argument_group("choice of attempts")
    group.add_argument(
        "--only", choices=["all", "new", "failed"], default="all", help="new: without hints; failed: failed before"
    )
    group.add_argument("--trial", type=words, metavar="NAME", help="only the trials with this name")
    group.add_argument("--min-success", type=share, metavar="SHARE", help="only trials that succeeded so often, 0 to 1")
    group.add_argument("--max-success", type=share, metavar="SHARE", help="only trials that succeeded no more often")


def add_way_options(parser: argparse.ArgumentParser, *, with_files: bool) -> None:
    """How the requests are sent, where not live."""
    group = parser.add_argument_group("instead of live calls").add_mutually_exclusive_group()
    group.add_argument(
        "--batch-api", action="store_true", help="the server's Batch API: half the price, within 24 hours"
    )
    if with_files:
        group.add_argument(
            "--write-requests", type=words, metavar="DIR", help="write files of requests for another engine, and stop"
        )
        group.add_argument(
            "--read-results", type=words, metavar="DIR", help="read the results of requests that were written there"
        )


def positive_int(text: str) -> int:
    """A whole number above 0, for argparse."""
    number = int(text)
    if not 1 <= number <= MAXIMUM_NUMBER:
        raise argparse.ArgumentTypeError(f"must be between 1 and {MAXIMUM_NUMBER:,}")
    return number


def input_limit(text: str) -> int:
    """Tokens that leave room for a task and a few messages, for argparse."""
    return _read_at_least(SMALLEST_INPUT_LIMIT, text)


def output_limit(text: str) -> int:
    """Tokens that leave room for a hint with its quote, for argparse."""
    return _read_at_least(SMALLEST_OUTPUT_LIMIT, text)


def _read_at_least(smallest: int, text: str) -> int:
    number = positive_int(text)
    if number < smallest:
        raise argparse.ArgumentTypeError(f"must be at least {smallest:,}")
    return number


def share(text: str) -> float:
    """A number from 0 to 1, for argparse."""
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError("must be between 0 and 1")
    return number


def words(text: str) -> str:
    """Text that is not empty, for argparse."""
    if not text.strip():
        raise argparse.ArgumentTypeError("must not be empty")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("must be valid UTF-8") from None
    return text


def positive_number(text: str) -> float:
    """A number above 0, for argparse."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError("must be above 0")
    return number


def read_import(source: str, options: argparse.Namespace) -> tuple[SourceRequest, ImportOptions]:
    """What an import was asked to do."""
    request = SourceRequest(
        source=resolve_if_there(source),
        config=options.config,
        split=options.split,
        revision=options.revision,
    )
    return request, ImportOptions(group_by=Grouping(options.group_by), markers=tuple(options.task_markers))


def resolve_if_there(text: str) -> str:
    """The whole path if it is one that exists: the worker has a folder of its own. Else the text, e.g. a Hub id."""
    try:
        path = Path(text).expanduser()
        return str(path.resolve()) if path.exists() else text
    except (OSError, RuntimeError):
        # too long for a path, or nobody's home: whoever opens it says what is wrong
        return text


def read_extract(options: argparse.Namespace) -> BatchConfig:
    """What an extraction was asked to do.

    Raises:
        UsageError: One price without the other.
    """
    extractor = Extractor(options.extractor)
    if (options.price_in is None) != (options.price_out is None):
        raise UsageError("A cost needs both prices: give --price-in and --price-out.")
    chosen = {
        "extractor": extractor,
        "batch_size": options.batch_size,
        "max_rpm": options.max_rpm,
        "max_tpm": options.max_tpm,
        "first_trials": options.max_trials,
    }
    if extractor is Extractor.LLM:
        chosen |= {
            "model": options.model,
            "budget_usd": options.budget,
            "price_in": options.price_in,
            "price_out": options.price_out,
            "input_limit": options.input_limit,
            "output_limit": options.output_limit,
            "contrast": options.contrast,
            "suggest_merges": options.suggest_merges,
            "ask_again": options.ask_again,
        }
    return BatchConfig.model_validate(chosen)


def read_way(options: argparse.Namespace) -> dict[str, object]:
    """How the requests are to be sent, as fields of a batch's configuration.

    Raises:
        UsageError: The rules, which send nothing; or a budget for what somebody else runs.
    """
    folder, results = getattr(options, "write_requests", None), getattr(options, "read_results", None)
    if not (options.batch_api or folder or results):
        return {}
    if options.extractor == Extractor.RULES:
        raise UsageError("The rules send nothing, so there is no other way to send it. Leave --extractor rules out.")
    if options.suggest_merges:
        raise UsageError("Suggestions are asked for by live calls. Leave --suggest-merges out.")
    if folder is None:
        return {"way": "batch_api"} if options.batch_api else {}
    if options.budget is not None:
        raise UsageError("A budget cannot be held where somebody else runs the requests. Leave --budget out.")
    return {"way": "files", "folder": str(resolve_folder(folder))}


def resolve_folder(text: str) -> Path:
    """The whole path: the worker has a folder of its own.

    Raises:
        UsageError: It can be no path.
    """
    try:
        return Path(text).expanduser().resolve()
    except (OSError, RuntimeError) as error:
        raise UsageError(f"{text} is no folder ({error}).") from None


def read_choice(options: argparse.Namespace) -> dict[str, object]:
    """Which attempts were chosen, as fields of a batch's configuration.

    Raises:
        UsageError: Bounds between which there is nothing.
    """
    lowest, highest = options.min_success, options.max_success
    if lowest is not None and highest is not None and lowest > highest:
        raise UsageError("--min-success is above --max-success, so no trial would be chosen.")
    return {"only": options.only, "trial": options.trial, "min_success": lowest, "max_success": highest}
