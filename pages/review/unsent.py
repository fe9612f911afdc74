"""What a reviewer decided just before going on to another page is saved from there, as if they had stayed."""

import streamlit as st

from core.errors import TraceHintsError
from pages.review.component import FOLDER, do_nothing, read_sent
from pages.review.exchange import Reply, save
from pages.review.outgoing import Outgoing
from pages.shared.problems import show_problem
from pages.shared.reviewer import get_reviewer
from pages.shared.workspace import open_workspace

_KEY = "unsent"
_SHOWN = "unsent_shown"

_mount = st.components.v2.component(
    "trace_hints.unsent",
    js="\n".join((FOLDER / name).read_text("utf-8") for name in ("js/outbox.js", "unsent.js")),
)


@st.fragment
def show_unsent() -> None:
    """Send what this tab still holds. Shows nothing unless something cannot be saved."""
    sent = Outgoing.model_validate(read_sent(_KEY))
    results, problem = _save(sent)
    if problem is not None:
        show_problem(problem)
    _mount(key=_KEY, data={"results": results, "asked": bool(sent.seq)}, on_out_change=do_nothing, height=0)
    if results and st.session_state.get(_SHOWN) != sent.seq:
        st.session_state[_SHOWN] = sent.seq
        # the page beside this was drawn without what is saved now
        st.rerun()


def _save(sent: Outgoing) -> tuple[list[Reply], str | None]:
    """Results by action, and what to say if not all is well."""
    if not sent.actions:
        return [], None
    try:
        with open_workspace() as store:
            results = save(store, sent, reviewer=get_reviewer())
    except TraceHintsError as error:
        return [], f"A decision is not saved yet and is sent again in a moment: {error}"
    if all(result["ok"] for result in results):
        return results, None
    return results, "A decision could not be saved. This tab keeps it: open the Review page to see why."
