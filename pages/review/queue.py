"""The trials to review: which of them are listed, and the list itself, one page at a time."""

from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path

import streamlit as st

from core.models import Dataset, Outcome, TrialStatus
from core.settings import load_settings
from core.store import Store, open_store
from core.store.queue_models import QueueEntry, QueueFilter, QueueSort, QueueStatus
from pages.review.cursor import open_trial
from pages.shared.labels import OUTCOMES, TRIALS, describe_count

PAGE_ROWS = 50
SQUARES = 6
"""More outcomes than this are counted instead of listed."""
_SEARCH, _FILTER, _TABLE, _PAGE = "search", "show", "queue", "queue_page"
_NAME, _OUTCOME, _STATE = "Trial", "Result", "State"


class Filter(StrEnum):
    """Which trials are listed; the words stand in the URL."""

    OPEN = "To review"
    CHECK = "To check"
    APPROVED = "Approved"
    REJECTED = "Rejected"
    ALL = "All"


def load_queue(store: Store, dataset: Dataset) -> list[QueueEntry]:
    """Every trial of a dataset; read again only when something changed."""
    return _read_queue(load_settings().home, dataset.id, store.queue.get_stamp())


@st.cache_resource(max_entries=4, show_spinner=False)
def _read_queue(home: Path, dataset_id: int, stamp: tuple[int, ...]) -> list[QueueEntry]:  # noqa: ARG001 - a key
    with open_store(home) as store:
        return store.queue.list_entries(
            QueueFilter(dataset_id=dataset_id, status=QueueStatus.ALL, sort=QueueSort.FIRST)
        )


def show_filters(store: Store, dataset: Dataset, entries: Sequence[QueueEntry]) -> list[QueueEntry]:
    """The trials that the reviewer wants to see, what needs a look first."""
    words = st.text_input(
        "Search",
        key=_SEARCH,
        type="search",
        placeholder="Search trials and hints",
        label_visibility="collapsed",
        bind="query-params",
    )
    chosen = st.selectbox("Show", list(Filter), key=_FILTER, bind="query-params", label_visibility="collapsed")
    listed = [entry for entry in entries if is_listed(entry, Filter(chosen or Filter.OPEN))]
    if words.strip():
        wanted = QueueFilter(dataset_id=dataset.id, search=words, status=QueueStatus.ALL)
        found = set(store.queue.list_trial_ids(wanted))
        listed = [entry for entry in listed if entry.trial_id in found]
    return sorted(listed, key=lambda entry: (-entry.blocks, -entry.warnings, entry.number))


def is_listed(entry: QueueEntry, chosen: Filter) -> bool:
    """True if a trial belongs to what was chosen."""
    match chosen:
        case Filter.OPEN:
            return entry.status is TrialStatus.OPEN and entry.is_extracted
        case Filter.CHECK:
            return entry.status is TrialStatus.OPEN and bool(entry.blocks or entry.warnings)
        case Filter.APPROVED:
            return entry.status is TrialStatus.APPROVED
        case Filter.REJECTED:
            return entry.status is TrialStatus.REJECTED
        case Filter.ALL:
            return True


def show_queue(entries: Sequence[QueueEntry], trial_id: int) -> None:
    """The list, on the page where the open trial stands; a click opens another one."""
    if not entries:
        st.text("No trial matches. Show all, or clear the search.")
        return
    ids = [entry.trial_id for entry in entries]
    position = ids.index(trial_id) if trial_id in ids else None
    first = _show_pages(len(ids), position)
    shown = entries[first : first + PAGE_ROWS]
    is_shown = position is not None and first <= position < first + PAGE_ROWS
    cells = [((position or 0) - first, _NAME)] if is_shown else []
    # another trial or page is another table, so that its selection is always the open trial
    key = f"{_TABLE}_{trial_id}_{first}"
    rows = [_build_row(entry) for entry in shown]
    has_states = any(row[_STATE] for row in rows)
    st.dataframe(
        rows,
        key=key,
        hide_index=True,
        height="stretch",
        on_select=partial(_open_selected, key, [entry.trial_id for entry in shown]),
        # a cell and not a row: that spares the column of boxes
        selection_mode="single-cell",
        selection_default={"selection": {"cells": cells}},
        column_config={
            _NAME: st.column_config.TextColumn(width=108 if has_states else 168),
            _OUTCOME: st.column_config.TextColumn(width=48),
            _STATE: st.column_config.TextColumn(width=66),
        },
        column_order=[_NAME, _OUTCOME, _STATE] if has_states else [_NAME, _OUTCOME],
        alt="Trials to review",
    )


def _show_pages(count: int, position: int | None) -> int:
    """The first row of the page that is shown."""
    pages = -(-count // PAGE_ROWS)
    if pages == 1:
        return 0
    default = 1 if position is None else position // PAGE_ROWS + 1
    page = st.pagination(pages, default=default, max_visible_pages=3, key=f"{_PAGE}_{position}_{pages}")
    return (page - 1) * PAGE_ROWS


def _open_selected(key: str, ids: Sequence[int]) -> None:
    cells = st.session_state[key]["selection"]["cells"]
    open_trial(ids[cells[0][0]] if cells else None)


def _build_row(entry: QueueEntry) -> dict[str, str]:
    return {_NAME: entry.name, _OUTCOME: describe_outcomes(entry.outcomes), _STATE: _describe_state(entry)}


def describe_outcomes(outcomes: Sequence[Outcome]) -> str:
    """One sign per attempt, or counts where there are many."""
    if len(outcomes) <= SQUARES:
        return "".join(OUTCOMES[outcome].sign for outcome in outcomes)
    return f"{outcomes.count(Outcome.SUCCESS)} of {len(outcomes)} {OUTCOMES[Outcome.SUCCESS].sign}"


def _describe_state(entry: QueueEntry) -> str:
    if entry.status is not TrialStatus.OPEN:
        return TRIALS[entry.status].word
    if not entry.is_extracted:
        return "no hints"
    if entry.blocks:
        return describe_count(entry.blocks, "block")
    return describe_count(entry.warnings, "check") if entry.warnings else ""
