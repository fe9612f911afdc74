"""Traces: import a dataset, and see what was found in it."""

from core.store import Store
from pages.shared.imports import find_last_import
from pages.shared.layout import show_title
from pages.shared.problems import problems_shown, show_kept_problem
from pages.shared.workspace import open_workspace
from pages.traces.carrying import show_carrying
from pages.traces.imported import show_imported
from pages.traces.outcome import show_outcome
from pages.traces.preview import show_preview
from pages.traces.report import show_report
from pages.traces.sample import find_sample
from pages.traces.source_form import show_source_form


def show_page(store: Store) -> None:
    """The last import, the form for the next one with its preview, what is there, and what is carried over."""
    show_outcome(store, find_last_import(store))
    show_source_form()
    looked = find_sample()
    if looked is not None:
        show_preview(looked)
    dataset = show_imported(store.traces.list_datasets())
    if dataset is not None:
        show_carrying(store, dataset)
        show_report(store, dataset)


show_title("Traces", "Import what agents did, and see what was found in it")
show_kept_problem()
with problems_shown(), open_workspace() as workspace:
    show_page(workspace)
