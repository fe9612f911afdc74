"""Where traces come from: the Hugging Face Hub, or a local .parquet, .jsonl or .json file. Rows are streamed.

The boundary to `datasets`, `huggingface_hub` and the file formats: their errors become ours here.
"""

from collections.abc import Iterator
from errno import ENAMETOOLONG
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from pydantic import BaseModel

from core.errors import SourceError
from core.traces.files import FILE_READERS, show_name
from core.traces.text import normalise_text

Row = dict[str, Any]


class SourceRequest(BaseModel):
    """What a person asked to import."""

    source: str
    """A Hub id such as `DCAgent/taskmaster2-gpt5mini`, or the path of a file."""
    config: str | None = None
    split: str | None = None
    revision: str | None = None


class SourceIdentity(NamedTuple):
    """What exactly is read: the same identity always gives the same rows."""

    kind: Literal["hub", "file"]
    name: str
    """Short, for people: the dataset's or file's own name."""
    source: str
    config: str | None
    split: str | None
    revision: str
    """The Hub's commit, or the file's SHA-256."""
    notes: tuple[str, ...] = ()
    """What was chosen for the person, in words."""
    licence: str | None = None


class Source(Protocol):
    """A dataset that can be read from the start, as often as needed."""

    identity: SourceIdentity

    def count_rows(self) -> int | None:
        """Rows in all, or None if only reading tells."""
        ...

    def list_rows(self) -> Iterator[Row]:
        """The rows in order, streamed."""
        ...


class FileSource:
    """A local file."""

    def __init__(self, path: Path) -> None:
        """The file is read once for its hash.

        Raises:
            SourceError: It does not exist, cannot be read, or has an ending that no reader knows.
        """
        shown, known = normalise_text(str(path)), ", ".join(FILE_READERS)
        if not _exists(path):
            raise SourceError(f"There is no file {shown}. Check the path, or give the id of a Hub dataset.")
        if path.is_dir():
            raise SourceError(f"{shown} is a folder. Give one of its files, one that ends in {known}.")
        if path.suffix.lower() not in FILE_READERS:
            raise SourceError(f"{show_name(path)} has an ending that cannot be read. Give a file that ends in {known}.")
        self._path = path
        try:
            with path.open("rb") as file:
                revision = _hash_file(file)
        except OSError as error:
            raise SourceError(f"{shown} cannot be read ({error.strerror}). Check its permissions.") from None
        self.identity = SourceIdentity("file", normalise_text(path.stem), shown, None, None, revision)

    def count_rows(self) -> int | None:
        """Rows in all, or None if only reading tells."""
        count_rows = FILE_READERS[self._path.suffix.lower()].count_rows
        return None if count_rows is None else count_rows(self._path)

    def list_rows(self) -> Iterator[Row]:
        """The rows in order.

        Raises:
            SourceError: The file is damaged; the message names the place.
        """
        return FILE_READERS[self._path.suffix.lower()].read(self._path)


def load_source(request: SourceRequest) -> Source:
    """The source that a person asked for, found and identified, but not read yet.

    A path that exists, or looks like one, is a file; everything else is a Hub id.

    Raises:
        SourceError: There is no such file or repository, it may not be read, or the request is ambiguous.
    """
    path = _find_path(request.source)
    looks_like_path = path.suffix.lower() in FILE_READERS or request.source.startswith(("/", "./", "../", "~"))
    if looks_like_path or _exists(path):
        unused = [name for name in ("config", "split", "revision") if getattr(request, name)]
        if unused:
            raise SourceError(f"A local file has no {unused[0]}. Leave --{unused[0]} out.")
        return FileSource(path)
    # huggingface_hub reads its address from the environment when it is imported
    from core.traces.hub import HubSource

    return HubSource(request)


def _find_path(source: str) -> Path:
    try:
        return Path(source).expanduser()
    except RuntimeError:
        # a home folder of nobody
        return Path(source)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        if error.errno == ENAMETOOLONG:
            return False
        raise SourceError(f"{path} cannot be read ({error.strerror}). Check its permissions.") from None


def _hash_file(file: Any) -> str:
    digest = sha256()
    while block := file.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()
