"""The workbench as one component of the page: its small JS and CSS files, joined when this module is imported.

No build step: every JS file is a part of one module, so names are shared and only `mount.js` exports.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import streamlit as st

from core.curation.checks import NEVER_OVERRIDDEN
from core.curation.checks.trial_wide import BUDGET_WORDS
from core.curation.decisions import REJECT_REASONS

FOLDER = Path(__file__).parent / "workbench"
KEY = "workbench"


def _join(folder: str, ending: str) -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted((FOLDER / folder).glob(f"*.{ending}")))


def _write_constants() -> str:
    """What both sides must know in the same way, as the first lines of the browser's module."""
    known = {
        "REJECT_REASONS": REJECT_REASONS,
        "NEVER_OVERRIDDEN": sorted(NEVER_OVERRIDDEN),
        "BUDGET_WORDS": BUDGET_WORDS,
    }
    return "".join(f"const {name} = {orjson.dumps(value).decode()};\n" for name, value in known.items())


_mount = st.components.v2.component(
    "trace_hints.workbench",
    html="<div class='wb'></div>",
    css=_join("css", "css"),
    js=_write_constants() + _join("js", "js"),
)


def read_sent(key: str = KEY) -> Mapping[str, Any]:
    """What the browser last sent; empty before it sent anything."""
    state = st.session_state.get(key)
    sent = None if state is None else state.get("out")
    return sent if isinstance(sent, Mapping) else {}


def show_workbench(reply: Mapping[str, Any]) -> None:
    """Draw the workbench.

    Args:
        reply: Plain data. It goes as bytes: of a mapping, Streamlit would look into every value on every run.
    """
    _mount(key=KEY, data=orjson.dumps(reply), on_out_change=do_nothing, height="content")


def do_nothing() -> None:
    """The state needs a callback to be kept; what arrives is read by the run that follows."""
