"""A server's Batch API through the `openai` package: upload, submit, look, cancel, download. Nothing is retried here.

What fails for good is a `ModelServerError` with the words of the live way; what may pass is `ServerAway`.

Source: OpenAI's reference of the Files and Batch endpoints.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import httpx2
import openai
from openai.types import Batch as OpenAIBatch
from openai.types import FileObject

from core.errors import ModelServerError
from core.extraction.batch_files import ENDPOINT
from core.extraction.exchange import Exchange, Status
from core.extraction.launch import check_has_server
from core.extraction.refusals import (
    build_address_error,
    build_credit_error,
    build_key_error,
    build_model_error,
    hide_key,
)
from core.extraction.reply_body import read_exchange
from core.settings import Settings

TIMEOUT_SECONDS = 600.0
"""For one call; an upload has up to 200 MB."""
CLOCKS_MAY_DIFFER = timedelta(days=1)
KEY_NAME = "trace_hints_part"
"""Name of the metadata that tells a person whose batch it is."""


class ServerAway(Exception):  # noqa: N818 - it may be back the next time
    """The server cannot be reached, is overloaded or answers nonsense."""

    def __init__(self, message: str, *, has_answered: bool = True) -> None:
        """Say what happened, and whether there was an answer at all."""
        super().__init__(message)
        self.has_answered = has_answered


class RemoteState(NamedTuple):
    """What the server says of a batch."""

    id: str
    status: str
    """validating, failed, in_progress, finalizing, completed, expired, cancelling or cancelled."""
    output_file_id: str | None
    error_file_id: str | None
    answered: int
    """Requests that are through, the failed ones too."""
    error_code: str = ""
    error_message: str = ""
    """Of a batch that failed as a whole: the first thing that was wrong."""

    @property
    def is_final(self) -> bool:
        """True once nothing more happens to it."""
        return self.status in ("failed", "completed", "expired", "cancelled")


class BatchServer:
    """A client for one server's Batch API. Close it with `close`."""

    def __init__(self, settings: Settings, *, model: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        """Nothing is sent yet.

        Args:
            settings: Key and address.
            model: That the batches ask; for messages.
            timeout_seconds: For one call.

        Raises:
            UsageError: Neither a key nor an address is set.
        """
        check_has_server(settings)
        self._key = settings.openai_key
        self._model = model
        try:
            # a call that was repeated behind our back would submit a batch twice
            self._client = openai.OpenAI(
                api_key=self._key or "none",
                base_url=settings.openai_base_url,
                max_retries=0,
                timeout=timeout_seconds,
            )
        except (ValueError, httpx2.InvalidURL) as error:
            raise build_address_error(error) from None

    @property
    def name(self) -> str:
        """The server's address."""
        return str(self._client.base_url)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def upload(self, path: Path) -> str:
        """Upload a file of requests; its id at the server."""
        with self._translated(), path.open("rb") as file:
            uploaded = self._client.files.create(file=(path.name, file), purpose="batch")
            if not isinstance(uploaded, FileObject):
                raise ServerAway("the reply to the upload is not JSON")
            return uploaded.id

    def submit(self, input_file_id: str, *, key: str) -> RemoteState:
        """Have an uploaded file worked off within a day."""
        with self._translated():
            return _read(
                self._client.batches.create(
                    input_file_id=input_file_id,
                    endpoint=ENDPOINT,
                    completion_window="24h",
                    metadata={KEY_NAME: key},
                )
            )

    def find(self, input_file_id: str, *, since_utc: str) -> RemoteState | None:
        """The batch that works off this file; None if nobody submitted it.

        Args:
            input_file_id: The file.
            since_utc: When it was uploaded, or before; older batches are not looked at.
        """
        oldest = (datetime.fromisoformat(since_utc) - CLOCKS_MAY_DIFFER).astimezone(UTC).timestamp()
        seen: set[str] = set()
        with self._translated():
            for batch in self._client.batches.list(limit=100):
                if batch.input_file_id == input_file_id:
                    return _read(batch)
                # a server that knows no pages gives the first one again and again
                if batch.created_at < oldest or batch.id in seen:
                    break
                seen.add(batch.id)
        return None

    def look(self, remote_id: str) -> RemoteState:
        """How a batch stands."""
        with self._translated():
            return _read(self._client.batches.retrieve(remote_id))

    def cancel(self, remote_id: str) -> RemoteState:
        """Ask for the end of a batch; one that is over already stays as it is."""
        with self._translated():
            try:
                return _read(self._client.batches.cancel(remote_id))
            except (openai.BadRequestError, openai.ConflictError):
                return _read(self._client.batches.retrieve(remote_id))

    def download(self, file_id: str, path: Path) -> None:
        """Write a file of the server to disk."""
        with self._translated(), self._client.files.with_streaming_response.content(file_id) as response:
            response.stream_to_file(path)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except openai.APIStatusError as error:
            exchange = read_exchange(error.response.status_code, hide_key(_read_text(error.response), self._key))
            raise self._build_error(exchange) from None
        except (openai.OpenAIError, httpx2.HTTPError, ValueError) as error:
            cause = error.__cause__ or error
            said = hide_key(f"{type(cause).__name__}: {cause}", self._key)[:500]
            raise ServerAway(said, has_answered=isinstance(error, ValueError)) from None

    def _build_error(self, exchange: Exchange) -> Exception:
        said = exchange.text.strip().rstrip(".")
        match exchange.status:
            case Status.RATE_LIMITED | Status.SERVER_ERROR:
                return ServerAway(said or f"status {exchange.http_status}")
            case Status.KEY_REFUSED:
                return build_key_error(self.name, said)
            case Status.NO_CREDIT:
                return build_credit_error(self.name, said)
            case Status.MODEL_UNKNOWN:
                return build_model_error(self.name, self._model, said)
            case Status.WRONG_ADDRESS:
                return ModelServerError(
                    f"The server {self.name} has no Batch API, or does not know this batch any more ({said}). "
                    "Launch without --batch-api, or write files with --write-requests."
                )
        return ModelServerError(f"The server {self.name} refused the batch ({said}).")


def _read_text(response: httpx2.Response) -> str:
    # of a streamed download that failed, the body may not be here any more
    try:
        return response.text
    except httpx2.StreamError:
        return ""


def _read(batch: object) -> RemoteState:
    if not isinstance(batch, OpenAIBatch):
        raise ServerAway("the reply is not JSON")
    counts = batch.request_counts
    errors = (batch.errors.data if batch.errors else None) or []
    return RemoteState(
        id=batch.id,
        status=batch.status,
        output_file_id=batch.output_file_id,
        error_file_id=batch.error_file_id,
        answered=(counts.completed + counts.failed) if counts else 0,
        error_code=(errors[0].code or "") if errors else "",
        error_message=(errors[0].message or "") if errors else "",
    )
