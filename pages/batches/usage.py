"""What a batch has used: four figures, and a line of details."""

import streamlit as st

from core.store.batch_models import BatchUsage
from pages.batches.standing import Standing
from pages.batches.words import (
    describe_limits,
    describe_mode,
    describe_selection,
    describe_share,
    describe_tokens,
    describe_tokens_short,
    describe_way,
)
from pages.shared.figures import show_figure
from pages.shared.labels import describe_cost, describe_count


def show_usage(standing: Standing) -> None:
    """Requests, tokens, cost, and how many answers were valid at once."""
    requests, tokens, cost, valid = st.columns([1, 1.35, 1, 1])
    with requests:
        _show_requests(standing)
    with tokens:
        _show_tokens(standing.usage)
    with cost:
        _show_cost(standing)
    with valid:
        _show_valid(standing.usage)


def describe_details(standing: Standing) -> str:
    """Who answers, how, what was chosen and what is kept to; may hold names from a trace, so show it as plain text."""
    config = standing.batch.config
    # one with two keys counts once
    servers = dict.fromkeys(item.server for item in standing.servers)
    answered = f"Answered by {', then by '.join(servers)}" if servers else ""
    reused = standing.usage.reused
    parts = [
        f"{answered} as {describe_mode(standing.mode, standing.refused)}" if answered and standing.mode else answered,
        describe_way(config),
        describe_selection(config),
        describe_limits(config),
        f"{describe_count(reused, 'answer was', 'answers were')} known and not paid again" if reused else "",
    ]
    return " · ".join(part for part in parts if part)


def _show_requests(standing: Standing) -> None:
    live, usage, config = standing.live, standing.usage, standing.batch.config
    if live is not None and config.way == "live":
        used = describe_share(live.sent_in_last_minute, live.rpm)
        show_figure("Requests a minute", f"{live.sent_in_last_minute:,}", f"limit {live.rpm:,}, {used} used")
        return
    limit = f"limit {config.max_rpm:,} a minute" if config.way == "live" else describe_way(config)
    show_figure("Requests sent", f"{usage.sent:,}", limit)


def _show_tokens(usage: BatchUsage) -> None:
    cached = f" ({describe_tokens_short(usage.tokens_cached)} cached)" if usage.tokens_cached else ""
    note = f"{describe_tokens_short(usage.tokens_in)} in{cached}, {describe_tokens_short(usage.tokens_out)} out"
    show_figure("Tokens", describe_tokens(usage.tokens_in + usage.tokens_out), note)


def _show_cost(standing: Standing) -> None:
    budget = standing.batch.config.budget_usd
    note = "no budget" if budget is None else f"budget {describe_cost(budget)}"
    show_figure("Cost", describe_cost(standing.usage.cost_usd), note)


def _show_valid(usage: BatchUsage) -> None:
    share = describe_share(usage.first_valid, usage.first_answers) or "–"
    note = f"{usage.repaired:,} repaired" if usage.first_answers else "no answer yet"
    show_figure("Valid at first try", share, note)
