"""Overview: where everything stands, and what to do next."""

import streamlit as st

from core.store import Store
from core.store.overview import sum_stages
from pages.overview.decisions import show_decisions
from pages.overview.funnel import show_funnel
from pages.overview.metrics import show_metrics
from pages.overview.next_steps import show_next_steps
from pages.overview.scope import show_scope
from pages.overview.welcome import show_welcome
from pages.shared.imports import find_last_import, show_import_job
from pages.shared.labels import describe_count
from pages.shared.layout import show_title
from pages.shared.problems import problems_shown, show_kept_problem
from pages.shared.times import begin_of_day_utc
from pages.shared.workspace import open_workspace


def show_standing(store: Store) -> None:
    """The page once something was imported."""
    datasets = store.traces.list_datasets()
    stages = {item.id: store.overview.count_stages(item.id) for item in datasets}
    total = sum_stages(stages.values())
    show_title(
        "Overview",
        f"{describe_count(len(datasets), 'dataset')}, {describe_count(total.trials, 'trial')}, "
        f"{describe_count(total.attempts, 'attempt')}",
    )
    show_kept_problem()
    job = find_last_import(store)
    if job is not None and not job.is_over:
        show_import_job(job)
    chosen = show_scope(datasets)
    shown = [item for item in datasets if chosen is None or item.id == chosen.id]
    scope = None if chosen is None else chosen.id
    pace = store.overview.get_review_pace(scope, today_utc=begin_of_day_utc(), yesterday_utc=begin_of_day_utc(1))
    left, right = st.columns([1.25, 1])
    with left:
        show_funnel(sum_stages(stages[item.id] for item in shown))
    with right:
        show_next_steps([(item, stages[item.id]) for item in shown], pace)
    if pace.decided:
        show_metrics(pace)
        today = begin_of_day_utc()
        show_decisions(
            store.overview.list_trial_decisions(scope, since_utc=today),
            store.overview.list_reviewer_days(scope, since_utc=today),
            store.overview.count_agreement(scope),
        )


with problems_shown(), open_workspace() as workspace:
    if workspace.traces.list_datasets():
        show_standing(workspace)
    else:
        show_welcome(find_last_import(workspace))
