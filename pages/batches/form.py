"""A new batch: what to extract with, from which attempts, within which limits, and what that will take."""

from typing import NamedTuple

import streamlit as st

from core.errors import UsageError
from core.extraction.estimate import estimate_batch
from core.extraction.launch import check_budget
from core.extraction.prices import choose_price
from core.models import Dataset, Extractor
from core.settings import load_settings
from core.store import Store
from core.store.batch_models import BatchConfig
from pages.batches.actions import start_batch
from pages.batches.estimate import show_estimate
from pages.batches.limits import show_limits, show_more_limits
from pages.batches.selection import show_more_selection, show_selection
from pages.batches.words import EVERYTHING, describe_selection
from pages.shared.labels import EXTRACTORS, describe_count
from pages.shared.problems import show_problem

NO_SERVER = (
    "No model server is set. Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own, in the environment or "
    "in .streamlit/secrets.toml, and start again. The rules need neither."
)
NO_PRICE = "A budget cannot be held without the model's price. Give both prices, or leave the budget empty."
NO_MODEL = "Name the model that shall answer."


def show_form(store: Store, dataset: Dataset) -> None:
    """The form with its estimate and the button that starts the batch."""
    has_server = load_settings().has_model_server
    with st.container(border=True):
        config = _show_fields(has_server)
        chosen = _show_what_it_takes(store, dataset, config)
        problem = find_problem(config, has_server=has_server)
        if problem:
            show_problem(problem)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(describe_choice(config, *chosen), width="stretch")
            st.button(
                "Start the batch",
                type="primary",
                icon=":material/play_arrow:",
                key="start_batch",
                disabled=problem is not None or not any(chosen),
                on_click=start_batch,
                args=(dataset, config),
            )


def find_problem(config: BatchConfig, *, has_server: bool) -> str | None:
    """What keeps a batch from being launched, and what to do; None if nothing does."""
    if config.extractor is Extractor.RULES:
        return None
    if not has_server:
        return NO_SERVER
    if not config.model:
        return NO_MODEL
    try:
        check_budget(config)
    except UsageError:
        # its own words are for the command line
        return NO_PRICE
    return None


def describe_choice(config: BatchConfig, attempts: int, contrasts: int = 0) -> str:
    """What the batch would read, in a sentence or two; may hold a trial's name.

    Args:
        config: Of the batch.
        attempts: That it chooses.
        contrasts: Comparisons that it chooses.
    """
    if not attempts and contrasts:
        return (
            f"No attempt is left to read, only {describe_count(contrasts, 'comparison')} of a success with a failure."
        )
    if not attempts:
        return f"No attempt is chosen ({describe_selection(config)}). Choose other attempts, or all of them."
    words = describe_selection(config)
    chosen = describe_count(attempts, "attempt") + ("." if words == EVERYTHING else f": {words}.")
    if config.extractor is Extractor.RULES:
        return f"{chosen} The rules are free, need no network, and give the same hints every time."
    return chosen


def _show_fields(has_server: bool) -> BatchConfig:
    extractor, selection = st.columns([1, 2], vertical_alignment="top")
    chosen = extractor.segmented_control(
        "Extract with",
        list(Extractor),
        default=Extractor.LLM if has_server else Extractor.RULES,
        required=True,
        format_func=EXTRACTORS.__getitem__,
        key="extractor",
    )
    config = BatchConfig(extractor=chosen or Extractor.RULES)
    with selection:
        config = show_selection(config)
    is_model = config.extractor is Extractor.LLM
    if is_model:
        config = show_limits(config)
    with st.expander("More choices", type="compact"):
        config = show_more_selection(config)
        return show_more_limits(config) if is_model else config


class _Chosen(NamedTuple):
    attempts: int
    contrasts: int


def _show_what_it_takes(store: Store, dataset: Dataset, config: BatchConfig) -> _Chosen:
    if config.extractor is Extractor.RULES:
        return _Chosen(store.batches.count_chosen(dataset.id, config), 0)
    estimate = estimate_batch(store, dataset.id, config, price=choose_price(config))
    if estimate.requests:
        show_estimate(estimate, config)
    return _Chosen(estimate.attempts, estimate.contrasts)
