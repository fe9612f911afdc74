"""What was published before, what changed since, and taking published trials back."""

from collections.abc import Sequence

import streamlit as st

from core.models import Dataset
from core.publishing.history import ChangedTrial, list_changed
from core.store import Store
from core.store.publications import Publication, PublicationKind, PublicationState
from pages.publish.withdraw import show_withdraw
from pages.shared.labels import describe_count
from pages.shared.times import describe_time

LIST_HEIGHT = 260
_ROW, _HEAD = 35, 38
_SINCE = {"changed": "other words"}
STATES = {
    PublicationState.PENDING: "not known: the answer was lost",
    PublicationState.UNVERIFIED: "committed, not read back yet",
    PublicationState.PROPOSED: "pull request",
    PublicationState.PUBLISHED: "published",
}


def show_history(store: Store, dataset: Dataset) -> None:
    """The publications of a dataset, newest first; below, what changed since at each place."""
    st.subheader("Published so far", anchor=False)
    publications = store.publications.list_publications(dataset_id=dataset.id)
    if not publications:
        st.text("Nothing was published from this dataset yet.")
        return
    newest = store.publications.list_newest(dataset.id)
    changed = {item.id: list_changed(store, item) for item in newest}
    rows = [_build_row(item, changed.get(item.id)) for item in publications]
    has_links = any(row["Link"] for row in rows)
    st.dataframe(
        rows,
        hide_index=True,
        column_order=[name for name in rows[0] if has_links or name != "Link"],
        height=min(LIST_HEIGHT, _HEAD + _ROW * len(publications)),
        column_config={"Link": st.column_config.LinkColumn(display_text="Open")},
        alt="Publications of this dataset, newest first",
    )
    for item in newest:
        _show_changed(item, changed[item.id])
    show_withdraw(store, dataset, [item for item in newest if item.repo is not None])


def describe_what(item: Publication) -> str:
    """What a publication was, in a few words."""
    if item.state is PublicationState.PUBLISHED and item.unchanged:
        return "unchanged, no commit"
    if item.kind is PublicationKind.WITHDRAW and item.state is PublicationState.PUBLISHED:
        return "withdrawn"
    return STATES[item.state]


def describe_changes(item: Publication) -> str:
    """E.g. `+3 ~1 -2`; empty for what an older version published."""
    counts = (("+", item.added), ("~", item.changed), ("-", item.removed))
    return " ".join(f"{sign}{count:,}" for sign, count in counts if count)


def _build_row(item: Publication, changed: Sequence[ChangedTrial] | None) -> dict[str, object]:
    return {
        "When": describe_time(item.created_utc),
        "Where": item.repo or item.path or "",
        "What": describe_what(item),
        "Trials": item.trials,
        "Tasks +new ~changed -removed": describe_changes(item),
        "Changed since": None if changed is None else len(changed),
        "Commit": (item.revision or "")[:12],
        "By": item.published_by,
        "Link": item.pull_request or item.url,
    }


def _show_changed(item: Publication, changed: Sequence[ChangedTrial]) -> None:
    if not changed:
        return
    place = item.repo or item.path or ""
    st.text(f"{describe_count(len(changed), 'trial')} changed since the publication to {place}:")
    st.dataframe(
        [
            {"Trial": trial.name, "Since": "other words" if trial.change == "changed" else trial.change}
            for trial in changed
        ],
        hide_index=True,
        height=min(LIST_HEIGHT, _HEAD + _ROW * len(changed)),
        alt="Trials that changed since they were published",
    )
