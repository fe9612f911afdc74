"""Where a publication goes, looked at before anything is built: refusals come first and cost nothing.

`hub` is imported late: huggingface_hub reads its address from the environment when it is imported.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from core.errors import UsageError
from core.models import Dataset
from core.progress import Progress
from core.publishing.folder import FolderTarget, check_folder
from core.publishing.hint_files import check_hints_file
from core.publishing.manifest import HeldTask, build_source
from core.publishing.names import check_licence, check_prefix, check_repo_name
from core.publishing.options import PublishOptions
from core.settings import Settings

if TYPE_CHECKING:
    from core.publishing.hub_calls import Calls, Clock, Limits
    from core.publishing.hub_target import HubTarget


class Patience(NamedTuple):
    """Time, and how much of it; None stands for the real clock and the usual limits."""

    clock: "Clock | None" = None
    limits: "Limits | None" = None


class Targets(NamedTuple):
    """The folder, the repository, or both."""

    folder: FolderTarget | None
    hub: "HubTarget | None"

    def list_held(self) -> Sequence[HeldTask]:
        """Tasks that the repository holds now, or without one the folder; empty if it holds none of ours."""
        target = self.hub or self.folder
        return [] if target is None or target.manifest is None else target.manifest.tasks


def check_options(options: PublishOptions) -> None:
    """Refuse what the options alone show to be wrong.

    Raises:
        UsageError: Neither repository nor folder nor file, a malformed name, or bounds between which there is nothing.
    """
    check_prefix(options.prefix)
    if options.repo is None and options.output_dir is None and options.export_hints is None:
        raise UsageError("Say where to publish: a repository with --repo-name, or a folder with --output-dir.")
    if options.export_hints is not None:
        check_hints_file(Path(options.export_hints))
    if options.licence is not None:
        check_licence(options.licence)
    lowest, highest = options.min_pass_rate, options.max_pass_rate
    if lowest is not None and highest is not None and lowest > highest:
        raise UsageError("--min-pass-rate is above --max-pass-rate, so no trial would be published.")
    if options.repo is not None:
        check_repo_name(options.repo)


def find_targets(
    dataset: Dataset, options: PublishOptions, settings: Settings, patience: Patience, progress: Progress
) -> Targets:
    """The folder and the repository; nothing is written yet.

    Raises:
        PublishError: One of them holds something else, or cannot be reached.
        UsageError: There is no token.
    """
    source = build_source(dataset)
    folder = hub = None
    if options.output_dir is not None:
        folder = check_folder(Path(options.output_dir), source=source, replace=options.replace)
    if options.repo is not None:
        from core.publishing.hub_target import find_target

        calls = make_calls(patience, 0, lambda: progress("checking the target"))
        hub = find_target(options, source=source, settings=settings, calls=calls)
    return Targets(folder, hub)


def make_calls(patience: Patience, size: int, on_wait: Callable[[], None]) -> "Calls":
    """Calls to the Hub, whose time runs from here; see `Calls`."""
    from core.publishing.hub_calls import Calls, Clock, Limits

    return Calls(patience.limits or Limits(), size=size, clock=patience.clock or Clock(), on_wait=on_wait)
