"""Quality: how far the hints can be trusted, in figures; each opens the list of hints behind it."""

import streamlit as st

from core.store import Store
from pages.quality.acceptance import show_acceptance
from pages.quality.behind import show_chosen_list
from pages.quality.evidence import show_evidence
from pages.quality.findings import show_findings
from pages.quality.scope import show_scope
from pages.quality.sizes import show_sizes
from pages.quality.totals import show_totals
from pages.shared import navigation
from pages.shared.layout import show_title
from pages.shared.problems import problems_shown, show_kept_problem
from pages.shared.workspace import open_workspace


def show_quality(store: Store) -> None:
    """The page once something was imported."""
    scope = show_scope(store)
    totals = store.quality.get_totals(scope)
    acceptance = store.quality.list_acceptance(scope)
    if not totals.hints and not acceptance:
        st.text("There are no hints to judge yet.")
        if st.button("Extract hints", type="primary"):
            navigation.open_page(navigation.BATCHES)
        return
    show_totals(totals)
    left, right = st.columns(2)
    with left:
        show_evidence(store.quality.list_quotes(scope))
    with right:
        show_findings(store.quality.list_findings(scope))
    show_sizes(
        store.quality.list_support(scope),
        store.quality.list_hints_per_trial(scope),
        store.quality.list_words_per_trial(scope),
    )
    show_acceptance(acceptance, store.quality.list_findings(scope))
    show_chosen_list(store, scope)


with problems_shown(), open_workspace() as workspace:
    show_title("Quality", "Proof, findings, support and what reviewers made of it. Every number opens its hints.")
    show_kept_problem()
    if workspace.traces.list_datasets():
        show_quality(workspace)
    else:
        st.text("Nothing is imported yet.")
        if st.button("Import traces", type="primary"):
            navigation.open_page(navigation.TRACES)
