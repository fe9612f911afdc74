"""Traces on the Hugging Face Hub, read with `datasets` in streaming mode. Nothing here writes to the Hub.

Imported only when a Hub source is used: `huggingface_hub` reads its address and token when it is imported.
"""

import json
import logging
from collections.abc import Iterator
from typing import Any

import datasets
import httpx2
from datasets.exceptions import DatasetsError
from huggingface_hub import HfApi
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalTokenNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from core.errors import SourceError, TraceHintsError, UsageError
from core.traces.files import build_rows
from core.traces.rows import KNOWN_COLUMNS
from core.traces.sources import SourceIdentity, SourceRequest

ROWS_AT_ONCE = 100
DEFAULT_SPLIT = "train"

logger = logging.getLogger(__name__)


class HubSource:
    """A dataset repository at one commit."""

    def __init__(self, request: SourceRequest) -> None:
        """The commit, configuration and split are settled here, before a row is read.

        Raises:
            SourceError: No such repository, revision, configuration or split, or no right to read it.
            UsageError: The id is malformed.
        """
        datasets.disable_progress_bars()
        self._repo = request.source
        try:
            info = HfApi().dataset_info(self._repo, revision=request.revision)
            self._revision = info.sha or request.revision or "main"
            self._config, config_notes = self._choose_config(request)
            split, split_notes = self._choose_split(request)
        except json.JSONDecodeError:
            raise SourceError("What answers at HF_ENDPOINT is no Hub (its answer is not JSON). Try again.") from None
        except _ERRORS as error:
            raise _translate(error, request) from None
        licence = info.card_data.get("license") if info.card_data else None
        self._split = split
        self.identity = SourceIdentity(
            kind="hub",
            name=self._repo.rsplit("/", 1)[-1],
            source=self._repo,
            config=self._config,
            split=split,
            revision=self._revision,
            notes=(*config_notes, *split_notes),
            licence=licence if isinstance(licence, str) else None,
        )

    def _choose_config(self, request: SourceRequest) -> tuple[str, tuple[str, ...]]:
        known = datasets.get_dataset_config_names(self._repo, revision=self._revision)
        if request.config is not None:
            if request.config not in known:
                raise SourceError(
                    f"{self._repo} has no configuration {request.config}. Choose one of: {', '.join(known)}."
                )
            return request.config, ()
        default = datasets.get_dataset_default_config_name(self._repo, revision=self._revision)
        if default is None:
            raise SourceError(
                f"{self._repo} has several configurations and no default. Choose one: {', '.join(known)}."
            )
        others = ", ".join(name for name in known if name != default)
        return str(default), (f"configuration {default} was read; there are also: {others}",) if others else ()

    def _choose_split(self, request: SourceRequest) -> tuple[str, tuple[str, ...]]:
        known = [
            str(name) for name in datasets.get_dataset_split_names(self._repo, self._config, revision=self._revision)
        ]
        if request.split is not None:
            if request.split not in known:
                raise SourceError(f"{self._repo} has no split {request.split}. Choose one of: {', '.join(known)}.")
            return request.split, ()
        if len(known) == 1:
            return known[0], ()
        if DEFAULT_SPLIT in known:
            others = ", ".join(name for name in known if name != DEFAULT_SPLIT)
            return DEFAULT_SPLIT, (f"split {DEFAULT_SPLIT} was read; there are also: {others}",)
        raise SourceError(f"{self._repo} has several splits. Choose one: {', '.join(known)}.")

    def count_rows(self) -> int | None:
        """Rows as the repository's metadata says, or None if it does not."""
        try:
            builder = datasets.load_dataset_builder(self._repo, self._config, revision=self._revision)
        except _ERRORS as error:
            raise _translate(error, SourceRequest(source=self._repo)) from None
        splits = builder.info.splits or {}
        count = splits[self._split].num_examples if self._split in splits else 0
        return int(count) or None

    def list_rows(self) -> Iterator[dict[str, Any]]:
        """The rows in order, streamed.

        Raises:
            SourceError: The connection broke for good, or the files cannot be read as one table.
        """
        try:
            builder = datasets.load_dataset_builder(self._repo, self._config, revision=self._revision)
            if hasattr(builder.config, "batch_size"):
                # otherwise whole row groups of parquet are held at once, and one without rows is an error
                builder.config.batch_size = ROWS_AT_ONCE
            table = builder.as_streaming_dataset(split=self._split)
            known = [name for name in table.column_names or [] if name in KNOWN_COLUMNS]
            if known:
                table = table.select_columns(known)
            for batch in table.with_format("arrow").iter(batch_size=ROWS_AT_ONCE):
                yield from build_rows(batch)
        except _ERRORS as error:
            raise _translate(error, SourceRequest(source=self._repo)) from None


_ERRORS = (
    HfHubHTTPError,
    HFValidationError,
    LocalTokenNotFoundError,
    httpx2.HTTPError,
    DatasetsError,
    OSError,
    ValueError,
    RuntimeError,
)


def _translate(error: Exception, request: SourceRequest) -> TraceHintsError:
    # datasets wraps what went wrong below it, sometimes twice
    causes = _list_causes(error)
    if isinstance(error, TraceHintsError):
        return error
    if any(isinstance(cause, HFValidationError) for cause in causes):
        return UsageError(
            f'"{request.source}" is neither a file nor a Hub id. Give an id such as owner/name, or the path of a '
            ".parquet, .jsonl or .json file."
        )
    # datasets keeps only the words of what the Hub said
    if any(isinstance(cause, GatedRepoError) for cause in causes) or "is a gated dataset" in str(error):
        return SourceError(f"{request.source} is gated. Ask for access on its page, then set HF_TOKEN to your token.")
    if any(isinstance(cause, RevisionNotFoundError) for cause in causes):
        return SourceError(f"{request.source} has no revision {request.revision}. Give a branch, tag or commit of it.")
    status = next((cause.response.status_code for cause in causes if isinstance(cause, HfHubHTTPError)), None)
    if status == 404 or any(isinstance(cause, RepositoryNotFoundError) for cause in causes):
        return SourceError(
            f"There is no dataset {request.source} on the Hub, or it is private. "
            "Check the name; for a private one set HF_TOKEN to a token that may read it."
        )
    if status in (401, 403):
        return SourceError(
            f"The Hub refused the token ({status}). Set HF_TOKEN to a token that may read {request.source}."
        )
    logger.debug("reading %s failed", request.source, exc_info=error)
    first_line = (str(error).splitlines() or [type(error).__name__])[0][:300]
    if status or any(isinstance(cause, ConnectionError | TimeoutError | httpx2.HTTPError) for cause in causes):
        return SourceError(f"The Hub could not be reached or answered with an error ({first_line}). Try again.")
    return SourceError(
        f"{request.source} cannot be read as one table ({first_line}). "
        "Download its files and import the .parquet, .jsonl or .json file instead."
    )


def _list_causes(error: BaseException) -> list[BaseException]:
    causes: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in causes:
        causes.append(current)
        current = current.__cause__ or current.__context__
    return causes
