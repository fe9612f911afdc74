"""A batch's estimate beside what it really took, once it is over."""

from datetime import datetime

import streamlit as st

from core.store.batch_models import Estimate
from pages.batches.pace import sum_active_seconds
from pages.batches.standing import Standing
from pages.batches.words import describe_duration, describe_tokens
from pages.shared.labels import describe_cost, describe_count

Row = dict[str, str]


def show_outcome(standing: Standing) -> None:
    """Estimate and actual side by side; nothing while it runs, or for a batch without an estimate."""
    estimate = standing.batch.estimate
    if estimate is None or not standing.job.is_over:
        return
    with st.container(border=True):
        st.subheader("Estimated and actual", anchor=False)
        st.table(list_outcome(standing, estimate), border="horizontal", hide_index=True, alt="Estimate beside actual")
        st.caption(describe_difference(standing))


def list_outcome(standing: Standing, estimate: Estimate) -> list[Row]:
    """Three rows: what was reckoned, what it was, and the share of the one in the other."""
    usage, seconds = standing.usage, find_wall_seconds(standing)
    cost = None if usage.cost_usd is None or estimate.cost_usd is None else (usage.cost_usd, estimate.cost_usd)
    return [
        _build_row(
            "Estimated",
            f"{estimate.requests:,}",
            describe_tokens(estimate.tokens_in),
            describe_tokens(estimate.tokens_out),
            describe_cost(estimate.cost_usd),
            describe_duration(estimate.seconds),
        ),
        _build_row(
            "Actual",
            f"{usage.sent:,}",
            describe_tokens(usage.tokens_in),
            describe_tokens(usage.tokens_out),
            describe_cost(usage.cost_usd),
            "" if seconds is None else describe_duration(seconds),
        ),
        _build_row(
            "Of the estimate",
            _describe_ratio(usage.sent, estimate.requests),
            _describe_ratio(usage.tokens_in, estimate.tokens_in),
            _describe_ratio(usage.tokens_out, estimate.tokens_out),
            "" if cost is None else _describe_ratio(*cost),
            "" if seconds is None else _describe_ratio(seconds, estimate.seconds),
        ),
    ]


def describe_difference(standing: Standing) -> str:
    """Why actual and estimate differ, as far as it was counted; our own words only."""
    usage, counts, wall = standing.usage, standing.counts, find_wall_seconds(standing)
    # a first question that came back is one request; the rest was sent again
    again = max(usage.sent - (counts.done + counts.failed - usage.reused), 0)
    parts = []
    if counts.pending:
        parts.append(f"{describe_count(counts.pending, 'request is', 'requests are')} not answered yet.")
    if usage.reused:
        parts.append(f"{describe_count(usage.reused, 'answer was', 'answers were')} known and not sent.")
    if again:
        parts.append(f"{describe_count(again, 'retry or repair', 'retries and repairs')} on top.")
    if wall is not None and standing.throughput:
        active = min(sum_active_seconds(standing.throughput), wall)
        parts.append(f"The time is from start to end, pauses included; calls went in {describe_duration(active)}.")
    return " ".join(parts)


def find_wall_seconds(standing: Standing) -> float | None:
    """From the first start to the end; None before there is an end."""
    began, ended = standing.job.started_utc, standing.job.finished_utc
    if began is None or ended is None:
        return None
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()


def _build_row(name: str, requests: str, tokens_in: str, tokens_out: str, cost: str, time: str) -> Row:
    return {
        "": name,
        "Requests": requests,
        "Tokens in": tokens_in,
        "Tokens out": tokens_out,
        "Cost": cost,
        "Time": time,
    }


def _describe_ratio(actual: float, estimated: float) -> str:
    return f"{100 * actual / estimated:,.0f} %" if estimated else ""
