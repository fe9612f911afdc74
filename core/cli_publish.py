"""The options of a publication on the command line: the same words as on the page."""

import argparse
from collections.abc import Callable
from pathlib import Path

from core import augment
from core.cli_options import positive_int, resolve_folder, resolve_if_there, share, words
from core.publishing.options import CONTENT_OPTIONS, MAX_TASK_FILES, MAX_TASK_MB, HintSelection, Layout, Unmatched

_CONTENT_FIELDS = (*CONTENT_OPTIONS, "max_task_mb", "max_task_files")
"""Options of a publication that the command line has under the same names."""


def add_publish_options(parser: argparse.ArgumentParser) -> None:
    """What is published where."""
    group = parser.add_argument_group("publishing")
    group.add_argument("--repo-name", type=words, help="Hub dataset repository, e.g. owner/name")
    group.add_argument(
        "--dataset-prefix", type=words, help="of the task folders (default: the dataset's name + -hints)"
    )
    group.add_argument("--private", action="store_true", help="make a new repository private")
    group.add_argument("--output-dir", type=words, help="write the files of the commit to this folder")
    group.add_argument("--replace", action="store_true", help="replace the tasks of another dataset")
    group.add_argument("--create-pr", action="store_true", help="open a pull request, change nothing else")
    group.add_argument(
        "--license", type=words, dest="licence", metavar="ID", help="on the card (default: the source's, if it has one)"
    )
    group.add_argument(
        "--export-hints", type=words, metavar="FILE", help="write the hints to this .jsonl or .csv file, alone or too"
    )
    _add_content_options(parser.add_argument_group("what is published"))


def add_look_options(parser: argparse.ArgumentParser) -> None:
    """Looking before publishing, and taking published trials back."""
    group = parser.add_argument_group("instead of publishing").add_mutually_exclusive_group()
    group.add_argument("--preview", action="store_true", help="say what would be published and changed, and stop")
    group.add_argument(
        "--withdraw",
        nargs="+",
        type=words,
        metavar="TRIAL",
        help="remove published trials by one commit",
    )


def _add_content_options(group: "argparse._ArgumentGroup") -> None:
    group.add_argument(
        "--layout", choices=list(Layout), default=Layout.ARCHIVE, help="a table of archives, or folders for Harbor"
    )
    group.add_argument(
        "--tasks", type=words, metavar="DIR|ID", help="source tasks whose environment and tests are carried over"
    )
    group.add_argument(
        "--unmatched",
        choices=list(Unmatched),
        default=Unmatched.LEAVE_OUT,
        help="with --tasks: what becomes of trials without a source task",
    )
    group.add_argument(
        "--max-task-mb",
        type=_up_to(MAX_TASK_MB),
        metavar="N",
        default=MAX_TASK_MB,
        help="that a source task may hold, unpacked",
    )
    group.add_argument(
        "--max-task-files",
        type=_up_to(MAX_TASK_FILES),
        metavar="N",
        default=MAX_TASK_FILES,
        help="that a source task may hold",
    )
    group.add_argument(
        "--hint-selection", choices=list(HintSelection), default=HintSelection.FULL, help="that instructions carry"
    )
    group.add_argument("--twins", action="store_true", help="publish each task without hints, too")
    group.add_argument(
        "--no-source-episodes",
        action="store_false",
        dest="source_episodes",
        help="do not name the episodes behind pitfalls",
    )
    group.add_argument("--min-pass-rate", type=share, metavar="SHARE", help="only trials that pass so often, 0 to 1")
    group.add_argument("--max-pass-rate", type=share, metavar="SHARE", help="only trials that pass no more often")
    group.add_argument("--with-evidence", action="store_true", help="publish the quotes behind the hints")
    group.add_argument("--with-reviewers", action="store_true", help="publish the names of the reviewers")


def _up_to(maximum: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = positive_int(text)
        if number > maximum:
            raise argparse.ArgumentTypeError(f"must be at most {maximum:,}")
        return number

    return parse


def read_publish(options: argparse.Namespace) -> augment.PublishWish:
    """What a publication was asked to do."""
    output_dir = options.output_dir and str(Path(options.output_dir).expanduser().resolve())
    tasks = options.tasks and resolve_if_there(options.tasks)
    return augment.PublishWish(
        repo=options.repo_name,
        output_dir=output_dir,
        prefix=options.dataset_prefix,
        private=options.private,
        create_pr=options.create_pr,
        replace=options.replace,
        tasks=tasks,
        export_hints=options.export_hints and str(resolve_folder(options.export_hints)),
        first_trials=options.max_trials,
        **{name: getattr(options, name) for name in _CONTENT_FIELDS},
    )
