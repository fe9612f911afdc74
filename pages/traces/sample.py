"""The source that is looked at: its first rows, kept in the session until it is imported or let go."""

from pathlib import Path
from typing import NamedTuple

import streamlit as st

from core.traces.files import FILE_READERS
from core.traces.preview import SourceSample, load_sample
from core.traces.sources import SourceRequest, load_source

_LOOKED = "looked_at"


class Looked(NamedTuple):
    """A source and what was asked for to find it."""

    request: SourceRequest
    sample: SourceSample


def find_sample() -> Looked | None:
    """What the person looks at, or None."""
    looked: Looked | None = st.session_state.get(_LOOKED)
    return looked


def look_at(request: SourceRequest) -> None:
    """Read the first rows of a source.

    Raises:
        SourceError: It cannot be read, or holds no episode rows.
    """
    let_go()
    request = resolve_path(request)
    st.session_state[_LOOKED] = Looked(request, load_sample(load_source(request)))


def let_go() -> None:
    """Forget the source."""
    st.session_state.pop(_LOOKED, None)


def resolve_path(request: SourceRequest) -> SourceRequest:
    """The request with a whole path where it names a file: the worker has a folder of its own."""
    path = Path(request.source).expanduser()
    is_file = path.exists() or path.suffix.lower() in FILE_READERS
    return request.model_copy(update={"source": str(path.resolve())}) if is_file else request
