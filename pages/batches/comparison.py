"""Two batches of one dataset beside each other: what differed in their launch, and what came of them."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import streamlit as st

from core.models import JobState
from core.store import Store
from core.store.batch_models import Acceptance, Batch, BatchCounts, BatchUsage
from pages.batches.words import describe_limits, describe_selection, describe_share, describe_tokens, describe_way
from pages.shared.labels import JOBS, describe_cost

NONE = "–"


class Compared(NamedTuple):
    """One of the two."""

    batch: Batch
    state: JobState
    counts: BatchCounts
    attempts: BatchCounts
    """Of these, without comparisons and merges."""
    usage: BatchUsage
    acceptance: Acceptance


def show_comparison(store: Store, picked: Batch, batches: Sequence[Batch]) -> None:
    """The picked batch beside another one of its dataset; nothing if there is no other.

    Args:
        store: Of the workspace.
        picked: In the table above.
        batches: Newest first.
    """
    others = {batch.id: batch for batch in batches if batch.dataset_id == picked.dataset_id and batch.id != picked.id}
    if not others:
        return
    other = st.selectbox(
        f"Compare batch {picked.id} with",
        list(others),
        index=None,
        format_func=lambda number: f"Batch {number}, {others[number].model or 'rules'}",
        placeholder="another batch of the same dataset",
        key=f"compare_{picked.id}",
        width=360,
    )
    if other is None:
        return
    left, right = load_compared(store, picked), load_compared(store, others[other])
    st.dataframe(
        list_rows(left, right), hide_index=True, height="content", alt=f"Batches {picked.id} and {other} compared"
    )


def load_compared(store: Store, batch: Batch) -> Compared:
    """What is compared of a batch."""
    servers = dict.fromkeys(item.server for item in store.servers.list_servers(batch.id))
    return Compared(
        batch.model_copy(update={"server": ", then ".join(servers) or None}),
        store.jobs.get_job(batch.job_id).state,
        store.batches.count_requests(batch.id),
        store.batches.count_attempts(batch.id),
        store.batches.get_usage(batch.id),
        store.batches.get_acceptance(batch.id),
    )


def list_rows(left: Compared, right: Compared) -> list[dict[str, str]]:
    """What differs in the configuration first, then every figure."""
    names = f"Batch {left.batch.id}", f"Batch {right.batch.id}"
    rows = []
    for label, describe in _CONFIGURATION.items():
        values = describe(left.batch), describe(right.batch)
        if values[0] != values[1]:
            rows.append({"": label, names[0]: values[0], names[1]: values[1]})
    if not rows:
        rows.append({"": "Configuration", names[0]: "the same", names[1]: "the same"})
    rows += [{"": label, names[0]: show(left), names[1]: show(right)} for label, show in _FIGURES.items()]
    return rows


def describe_acceptance(acceptance: Acceptance) -> str:
    """E.g. `12 of 15 decided, 3 of them edited`."""
    decided = acceptance.accepted + acceptance.rejected
    if not decided:
        return f"none of {acceptance.hints:,} decided yet" if acceptance.hints else NONE
    edited = f", {acceptance.edited:,} of them edited" if acceptance.edited else ""
    return f"{acceptance.accepted:,} of {decided:,} decided{edited}"


def _describe_hints(item: Compared) -> str:
    return f"{item.usage.hints / item.attempts.done:.1f}" if item.attempts.done and item.usage.hints else NONE


def _describe_tokens(item: Compared) -> str:
    tokens = item.usage.tokens_in + item.usage.tokens_out
    # known answers were paid for by another batch
    paid = item.counts.done + item.counts.failed - item.usage.reused
    return describe_tokens(round(tokens / paid)) if tokens and paid > 0 else NONE


def _describe_valid(item: Compared) -> str:
    return describe_share(item.usage.first_valid, item.usage.first_answers) or NONE


_CONFIGURATION: dict[str, Callable[[Batch], str]] = {
    "Model": lambda batch: batch.model or "rules",
    "Attempts": lambda batch: describe_selection(batch.config),
    "Limits": lambda batch: describe_limits(batch.config) if batch.model else NONE,
    "Sent as": lambda batch: describe_way(batch.config) if batch.model else NONE,
    "Tokens of one attempt at most": lambda batch: f"{batch.config.input_limit:,}" if batch.model else NONE,
    "Tokens of one answer": lambda batch: f"{batch.config.output_limit:,}" if batch.model else NONE,
    "Server": lambda batch: batch.server or NONE,
}
_FIGURES: dict[str, Callable[[Compared], str]] = {
    "State": lambda item: JOBS[item.state].word,
    "Done": lambda item: f"{item.counts.done:,} of {item.counts.total:,}",
    "Failed": lambda item: f"{item.counts.failed:,}",
    "Cost": lambda item: describe_cost(item.usage.cost_usd) if item.batch.model else "none",
    "Tokens per request": _describe_tokens,
    "Valid at first try": _describe_valid,
    "Hints per attempt": _describe_hints,
    "Accepted by reviewers": lambda item: describe_acceptance(item.acceptance),
}
