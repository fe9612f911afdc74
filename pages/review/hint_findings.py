"""What speaks against a hint: what the checks say, and the way to override a block with a reason."""

from collections.abc import Sequence

import streamlit as st

from core.curation import decisions
from core.curation.checks import NEVER_OVERRIDDEN
from core.models import Finding, Hint, Severity
from pages.review.actions import override
from pages.shared.labels import SEVERITIES


def show_findings(hint: Hint, findings: Sequence[Finding]) -> None:
    """The findings on a hint, the gravest first."""
    for item in findings:
        label = SEVERITIES[item.severity]
        with st.container(horizontal=True, wrap=False, gap="xsmall", vertical_alignment="center"):
            word = "Overridden" if item.overridden else label.word
            color = "gray" if item.overridden else label.color
            st.badge(word, icon=label.icon, color=color)  # type: ignore[arg-type]
            st.text(item.message, width="stretch")
            if item.severity is Severity.BLOCK and not item.overridden and item.code not in NEVER_OVERRIDDEN:
                _show_override(hint, item.code)


def _show_override(hint: Hint, code: str) -> None:
    key = f"why_{hint.id}_{code}"
    with st.popover("Override", type="tertiary"):
        st.text_area("Why publish it anyway?", key=key)
        st.button(
            "Publish it anyway",
            key=f"override_{hint.id}_{code}",
            on_click=override,
            args=(hint, code, decisions.new_action_id(), key),
        )
