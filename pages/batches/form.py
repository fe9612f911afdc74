"""A new batch: what to extract with, from which attempts, within which limits."""

from typing import cast, get_args

import streamlit as st

from core.cli import DEFAULT_MODEL
from core.extraction.prices import find_price, get_cost_usd
from core.models import Dataset, Extractor
from core.settings import load_settings
from core.store import Store
from core.store.batch_models import BatchConfig, Selection
from core.traces.report import CHARACTERS_PER_TOKEN
from pages.batches.actions import start_batch
from pages.shared.labels import EXTRACTORS, describe_cost, describe_count
from pages.shared.problems import show_problem

DEFAULTS = BatchConfig(extractor=Extractor.LLM)
NO_SERVER = (
    "No model server is set. Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own, in the environment or "
    "in .streamlit/secrets.toml, and start again. The rules need neither."
)
_SELECTIONS = {"all": "All", "new": "Without hints", "failed": "Failed before"}


def show_form(store: Store, dataset: Dataset) -> None:
    """The form with its estimate and the button that starts the batch."""
    has_server = load_settings().has_model_server
    with st.container(border=True):
        config = _show_fields(has_server)
        totals = store.batches.sum_chosen(dataset.id, config, characters_per_token=CHARACTERS_PER_TOKEN)
        attempts, characters = totals.attempts, totals.characters
        can_start = attempts > 0 and (config.extractor is Extractor.RULES or has_server)
        if config.extractor is Extractor.LLM and not has_server:
            show_problem(NO_SERVER)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(describe_estimate(config, attempts, characters), width="stretch")
            st.button(
                "Start the batch",
                type="primary",
                icon=":material/play_arrow:",
                key="start_batch",
                disabled=not can_start,
                on_click=start_batch,
                args=(dataset, config),
            )


def describe_estimate(config: BatchConfig, attempts: int, characters: int) -> str:
    """What the batch would read and cost, in a sentence or two.

    Args:
        config: Of the batch.
        attempts: That it chooses.
        characters: Of these attempts.
    """
    if not attempts:
        return "No attempt is chosen. Choose other attempts, or all of them."
    chosen = describe_count(attempts, "attempt")
    if config.extractor is Extractor.RULES:
        return f"{chosen}. The rules are free, need no network, and give the same hints every time."
    tokens = characters // CHARACTERS_PER_TOKEN
    price = find_price(config.model or "")
    cost = get_cost_usd(price, tokens_in=tokens, tokens_cached=0, tokens_out=0)
    spent = "its price is not known" if cost is None else f"{describe_cost(cost)}, the answers come on top"
    return f"{describe_count(attempts, 'request')}, about {tokens:,} tokens to read: {spent}."


def _show_fields(has_server: bool) -> BatchConfig:
    extractor, only, first = st.columns([1.3, 1.3, 1], vertical_alignment="bottom")
    chosen = extractor.segmented_control(
        "Extract with",
        list(Extractor),
        default=Extractor.LLM if has_server else Extractor.RULES,
        required=True,
        format_func=EXTRACTORS.__getitem__,
        key="extractor",
    )
    selection = only.segmented_control(
        "From which attempts",
        get_args(Selection),
        default="all",
        required=True,
        format_func=_SELECTIONS.__getitem__,
        key="selection",
    )
    first_trials = first.number_input(
        "Only the first trials", min_value=1, value=None, placeholder="all", key="first_trials"
    )
    config = BatchConfig(
        extractor=chosen or Extractor.RULES, only=cast(Selection, selection or "all"), first_trials=first_trials
    )
    return _show_limits(config) if config.extractor is Extractor.LLM else config


def _show_limits(config: BatchConfig) -> BatchConfig:
    model, size, rpm, tpm, budget = st.columns([1.6, 1, 1, 1, 1])
    return BatchConfig(
        extractor=config.extractor,
        only=config.only,
        first_trials=config.first_trials,
        model=model.text_input("Model", value=DEFAULT_MODEL, key="model").strip(),
        batch_size=size.number_input(
            "Requests at once", min_value=1, max_value=1000, value=DEFAULTS.batch_size, key="batch_size"
        ),
        max_rpm=rpm.number_input("Requests a minute", min_value=1, value=DEFAULTS.max_rpm, key="max_rpm"),
        max_tpm=tpm.number_input("Tokens a minute", min_value=1, value=None, placeholder="no limit", key="max_tpm"),
        budget_usd=budget.number_input(
            "Budget in USD", min_value=0.01, value=None, placeholder="no limit", key="budget"
        ),
    )
