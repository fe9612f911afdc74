"""What a new batch will take, beside one call per row. Every word and figure here is our own."""

import streamlit as st

from core.extraction.prices import find_price, load_prices
from core.store.batch_models import BatchConfig, Estimate
from pages.batches.words import describe_duration, describe_tokens
from pages.shared.labels import describe_cost, describe_count


def show_estimate(estimate: Estimate, config: BatchConfig) -> None:
    """The figures, and below them what they come from.

    Args:
        estimate: Of exactly this configuration.
        config: What is going to be launched.
    """
    st.table(list_estimates(estimate), border="horizontal", hide_index=True, alt="Estimate, beside one call per row")
    st.caption(describe_assumptions(estimate, config))


def list_estimates(estimate: Estimate) -> list[dict[str, str]]:
    """Two rows: this batch, and one call per row of the source."""
    return [
        {
            "Estimate": "This batch",
            "Requests": f"{estimate.requests:,}",
            "Tokens in": describe_tokens(estimate.tokens_in),
            "Tokens out": describe_tokens(estimate.tokens_out),
            "Cost": describe_cost(estimate.cost_usd),
            "Time": f"about {describe_duration(estimate.seconds)}",
        },
        {
            "Estimate": "One call per row",
            "Requests": f"{estimate.row_requests:,}",
            "Tokens in": describe_tokens(estimate.row_tokens_in),
            "Tokens out": describe_tokens(estimate.row_requests * estimate.answer_tokens),
            "Cost": describe_cost(estimate.row_cost_usd),
            "Time": "",
        },
    ]


def describe_assumptions(estimate: Estimate, config: BatchConfig) -> str:
    """Where the figures come from, and what they leave out; our own words only."""
    if config.way == "batch_api":
        time = "The Batch API takes half the price and answers within 24 hours."
    else:
        time = f"The time comes from {estimate.limited_by}."
    answers = (
        f"{estimate.answer_tokens:,} tokens an answer, measured on this model's earlier answers."
        if estimate.is_measured
        else f"{estimate.answer_tokens:,} tokens an answer assumed, until the model has answered here."
    )
    pairs = describe_count(estimate.contrasts, "request compares", "requests compare")
    compared = f"{pairs} a success with a failure. " if estimate.contrasts else ""
    return f"{compared}{time} {answers} {_describe_prices(config)} Retries come on top, known answers come off."


def _describe_prices(config: BatchConfig) -> str:
    if config.price_in is not None and config.price_out is not None:
        return "Prices as given."
    if find_price(config.model or "") is None:
        return "No price, so no cost."
    return f"Prices of {load_prices().as_of}."
