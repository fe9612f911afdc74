"""Files of requests in the format of OpenAI's Batch API, which engines such as vLLM's `run-batch` take, too.

One line is one request, named by the hash of its body: so equal bodies are one line, and a result says which question
it answers. A manifest beside the files tells whose they are.

Source: OpenAI's guide to the Batch API; vLLM's `BatchRequestInput`.
"""

import hmac
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from re import fullmatch
from types import TracebackType
from typing import Any, Final, Self

import orjson
from pydantic import BaseModel, ValidationError

from core.errors import UsageError, WorkspaceError

MANIFEST_NAME = "trace_hints_batch.json"
ENDPOINT: Final = "/v1/chat/completions"
_REQUESTS_PATTERN = r"requests-(\d{5,})\.jsonl"


class RequestFileNote(BaseModel):
    """One file of requests."""

    name: str
    requests: int
    sha256: str
    """Of its bytes, in hexadecimal digits."""


class Manifest(BaseModel):
    """Whose files these are."""

    format: int = 1
    workspace: str
    """A mark that only one workspace makes."""
    batch: int
    """Id of the batch in that workspace."""
    dataset: str
    model: str
    files: list[RequestFileNote] = []

    @property
    def requests(self) -> int:
        """Lines in all files."""
        return sum(file.requests for file in self.files)

    def add_file(self, note: RequestFileNote) -> None:
        """Add a file, or put it in the place of one with its name."""
        self.files = sorted([*(file for file in self.files if file.name != note.name), note], key=lambda it: it.name)


def build_mark(secret: bytes) -> str:
    """The mark of the workspace with this secret; it does not give the secret away."""
    return hmac.new(secret, b"files of requests", sha256).hexdigest()[:32]


def build_line(body_hash: str, body: dict[str, Any]) -> bytes:
    """One request as a line of a file."""
    line = {"custom_id": body_hash, "method": "POST", "url": ENDPOINT, "body": body}
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def name_file(number: int) -> str:
    """Name of a batch's n-th file of requests, from 1."""
    return f"requests-{number:05d}.jsonl"


def read_number(name: str) -> int:
    """The number in the name of a file of requests; 0 for every other name."""
    found = fullmatch(_REQUESTS_PATTERN, name)
    return int(found[1]) if found else 0


def list_result_files(folder: Path) -> list[Path]:
    """Every `.jsonl` file in a folder that is none of requests, by name; none if there is no such folder."""
    return sorted(path for path in folder.glob("*.jsonl") if path.is_file() and not read_number(path.name))


def find_manifest(folder: Path) -> Manifest | None:
    """The manifest in a folder, or None.

    Raises:
        UsageError: There is one that cannot be read.
    """
    path = folder / MANIFEST_NAME
    if not path.is_file():
        return None
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        raise UsageError(f"{path} cannot be read. Take the one that was written with the requests.") from None


def save_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it, whole or not at all.

    Raises:
        WorkspaceError: The folder cannot be written.
    """
    with writable(folder):
        path = folder / f".{MANIFEST_NAME}.part"
        path.write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")
        path.replace(folder / MANIFEST_NAME)


@contextmanager
def writable(folder: Path) -> Iterator[None]:
    """Turns what the disk says into a sentence.

    Raises:
        WorkspaceError: The folder cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise WorkspaceError(
            f"{folder} cannot be written ({error.strerror or error}). Make space or choose another folder, then resume."
        ) from error


class RequestFile:
    """A file of requests while it is written: it has its name only when it is whole."""

    def __init__(self, path: Path) -> None:
        """Nothing is written yet.

        Args:
            path: Where the whole file is to be; its folder is made if it is missing.
        """
        self._path = path
        self._part = path.with_name(f".{path.name}.part")
        self._digest = sha256()
        self.lines = 0
        self.bytes = 0

    def __enter__(self) -> Self:
        with writable(self._path.parent):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._part.open("wb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)

    def add(self, line: bytes) -> None:
        """Write one line.

        Raises:
            WorkspaceError: There is no room for it.
        """
        with writable(self._path.parent):
            self._file.write(line)
        self._digest.update(line)
        self.lines += 1
        self.bytes += len(line)

    def finish(self) -> RequestFileNote:
        """The file is whole, and has its name from now on."""
        with writable(self._path.parent):
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._part.replace(self._path)
        return RequestFileNote(name=self._path.name, requests=self.lines, sha256=self._digest.hexdigest())
