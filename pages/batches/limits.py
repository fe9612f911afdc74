"""Model, way and limits of a new batch: the fields of the form that only a model needs."""

from typing import cast

import streamlit as st

from core.cli_options import DEFAULT_MODEL, SMALLEST_INPUT_LIMIT, SMALLEST_OUTPUT_LIMIT
from core.extraction.prices import find_price
from core.models import Extractor
from core.store.batch_models import BatchConfig, Way
from pages.batches.words import WAYS

DEFAULTS = BatchConfig(extractor=Extractor.LLM)


def show_limits(config: BatchConfig) -> BatchConfig:
    """Model, way, requests a minute and budget; and the prices, if the model's are not known."""
    model, way, rpm, budget = st.columns([1.5, 1.1, 1, 1], vertical_alignment="top")
    name = model.text_input("Model", value=DEFAULT_MODEL, key="model").strip()
    sent = way.segmented_control(
        "Send as", list(WAYS), default="live", required=True, format_func=WAYS.__getitem__, key="way", help=_WAY_HELP
    )
    config = config.model_copy(
        update={
            "model": name,
            "way": cast(Way, sent or "live"),
            "max_rpm": rpm.number_input(
                "Requests a minute",
                min_value=1,
                value=DEFAULTS.max_rpm,
                key="max_rpm",
                disabled=sent == "batch_api",
            ),
            "budget_usd": budget.number_input(
                "Budget in USD", min_value=0.01, value=None, placeholder="no limit", key="budget"
            ),
        }
    )
    return config if find_price(name) is not None else _show_prices(config)


def show_more_limits(config: BatchConfig) -> BatchConfig:
    """The limits that few need."""
    size, tpm, input_limit, output_limit, more = st.columns([1, 1, 1, 1, 1.4], vertical_alignment="bottom")
    is_live = config.way == "live"
    return config.model_copy(
        update={
            "batch_size": size.number_input(
                "Requests at once",
                min_value=1,
                max_value=1000,
                value=DEFAULTS.batch_size,
                key="batch_size",
                disabled=not is_live,
            ),
            "max_tpm": tpm.number_input(
                "Tokens a minute",
                min_value=1,
                value=None,
                placeholder="no limit",
                key="max_tpm",
                disabled=not is_live,
            ),
            "input_limit": input_limit.number_input(
                "Tokens of one attempt",
                min_value=SMALLEST_INPUT_LIMIT,
                value=DEFAULTS.input_limit,
                step=1_000,
                key="input_limit",
                help="A longer attempt is cut: long outputs are shortened, then the turns that teach least left out.",
            ),
            "output_limit": output_limit.number_input(
                "Tokens of one answer",
                min_value=SMALLEST_OUTPUT_LIMIT,
                value=DEFAULTS.output_limit,
                step=500,
                key="output_limit",
                help="Thinking included. Live, a longer answer is asked for once more, with a larger limit.",
            ),
            "contrast": more.toggle(
                "Compare success and failure",
                value=True,
                key="contrast",
                help="One request more for each trial that has both: what made the difference, where the two part.",
            ),
            "suggest_merges": more.toggle(
                "Suggest merged hints",
                key="suggest_merges",
                help="Where hints of a trial nearly say the same, one request more asks for one wording. You accept it "
                "or not. Live calls only.",
                disabled=not is_live,
            )
            and is_live,
            "ask_again": more.checkbox(
                "Ask again what was answered",
                key="ask_again",
                help="What the same model was asked before, word for word, is otherwise answered from what is kept.",
            ),
        }
    )


def _show_prices(config: BatchConfig) -> BatchConfig:
    price_in, price_out, why = st.columns([1, 1, 2.6], vertical_alignment="bottom")
    given = {
        "price_in": price_in.number_input(
            "USD per million in", min_value=0.0, value=None, placeholder="unknown", format="%.3f", key="price_in"
        ),
        "price_out": price_out.number_input(
            "USD per million out", min_value=0.0, value=None, placeholder="unknown", format="%.3f", key="price_out"
        ),
    }
    why.text("The price of this model is not known. Without both prices only tokens are counted.")
    return config.model_copy(update=given)


_WAY_HELP = "The server's Batch API takes half the price, and up to 24 hours. Not every server has one."
