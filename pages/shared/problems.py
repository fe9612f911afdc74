"""Our errors as a sentence on the page; everything else stays a loud traceback.

A message may quote a trace, so it is shown as plain text: `st.error` would render its markdown.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.errors import TraceHintsError
from pages.shared import keys
from pages.shared.unseen import name_unseen


@contextmanager
def problems_shown() -> Iterator[None]:
    """Show what goes wrong in the block, where it stands; what follows the block goes on."""
    try:
        yield
    except TraceHintsError as error:
        show_problem(str(error))


@contextmanager
def problems_kept(done: str | None = None) -> Iterator[None]:
    """For callbacks: the next run shows what went wrong in the block.

    Args:
        done: Fixed words that the next run shows if nothing did; never text from a trace.
    """
    try:
        yield
    except TraceHintsError as error:
        st.session_state[keys.PROBLEM] = str(error)
    else:
        if done:
            keep_done(done)


def keep_done(words: str) -> None:
    """For callbacks: the next run shows these words of our own; never text from a trace."""
    st.session_state[keys.DONE] = words


def show_kept_problem() -> None:
    """What the last callback had to say. Call it once on every page."""
    problem = st.session_state.pop(keys.PROBLEM, None)
    done = st.session_state.pop(keys.DONE, None)
    if problem is not None:
        show_problem(problem)
    elif done is not None:
        st.toast(done, icon=":material/check:")


def show_problem(message: str) -> None:
    """An error message as plain text in a frame."""
    with st.container(border=True, horizontal=True, wrap=False, gap="xsmall"):
        st.markdown(":red[:material/error:]", width="content")
        st.text(name_unseen(message), width="stretch")
