"""The hints behind a number, each with a way to it on the Review page. Text of hints is shown in a table, as text."""

from urllib.parse import urlencode

import streamlit as st
from pydantic import TypeAdapter

from core.curation.rendering import render_hint
from core.models import HintText, ToolText
from core.store import Store
from core.store.quality import LIST_LIMIT, ListedHint, QualityScope
from pages.quality.choosing import find_choice, forget_choice
from pages.shared import keys
from pages.shared.labels import HINTS, KINDS, describe_count

_TEXT: TypeAdapter[HintText] = TypeAdapter(HintText)


def show_chosen_list(store: Store, scope: QualityScope) -> None:
    """The list that was asked for in a dialog; nothing if none was."""
    choice = find_choice()
    if choice is None:
        return
    hints = store.quality.list_hints(scope, choice.hints)
    total = store.quality.count_listed(scope, choice.hints) if len(hints) == LIST_LIMIT else len(hints)
    show = st.dialog(describe_count(total, "hint"), width="large", on_dismiss=forget_choice)(_show_list)
    show(choice.title, hints, total)


def _show_list(title: str, hints: list[ListedHint], total: int) -> None:
    st.text(title if total == len(hints) else f"{title}. The first {len(hints):,} of {total:,}.")
    if not hints:
        return
    st.dataframe(
        [_build_row(hint) for hint in hints],
        hide_index=True,
        height=480,
        row_height=76,
        column_config={
            "Review": st.column_config.LinkColumn(width=80, display_text="Open"),
            "Trial": st.column_config.TextColumn(width=150),
            "Kind": st.column_config.TextColumn(width=80),
            "Hint": st.column_config.TextColumn(width=400),
            "Findings": st.column_config.TextColumn(width=220),
        },
        alt="The hints behind the number, each with a link to the Review page",
    )


def _build_row(hint: ListedHint) -> dict[str, object]:
    return {
        "Review": build_link(hint),
        "Trial": hint.trial_name,
        "Kind": KINDS[hint.kind].word,
        "Hint": _describe(_TEXT.validate_json(hint.text)),
        "Findings": hint.findings,
        "State": HINTS[hint.state].word,
        "Support": hint.support,
    }


def _describe(text: HintText) -> str:
    if isinstance(text, ToolText):
        return ". ".join(part for part in (f"{text.name}: {text.purpose.rstrip('.')}", text.example) if part)
    return render_hint(text)


def build_link(hint: ListedHint) -> str:
    """Where the Review page shows the hint."""
    return f"/review?{urlencode({keys.TRIAL: hint.trial_id, 'hint': hint.hint_id})}"
