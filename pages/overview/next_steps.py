"""What to do next: at most three steps, the most useful first, each with a button that leads there."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import streamlit as st

from core.models import Dataset
from core.store.overview import ReviewPace, StageCounts, sum_stages
from pages.shared import navigation
from pages.shared.labels import describe_count

MAXIMUM_STEPS = 3


class Step(NamedTuple):
    """One thing to do."""

    title: str
    detail: str
    button: str
    page: str
    dataset: Dataset | None


def show_next_steps(standing: Sequence[tuple[Dataset, StageCounts]], pace: ReviewPace) -> None:
    """The card with the steps.

    Args:
        standing: The datasets that are shown, with their counts.
        pace: How fast the review goes.
    """
    with st.container(border=True, height="stretch"):
        st.subheader("What to do next", anchor=False)
        for number, step in enumerate(list_next_steps(standing, pace), start=1):
            _show_step(number, step)


def list_next_steps(standing: Sequence[tuple[Dataset, StageCounts]], pace: ReviewPace) -> list[Step]:
    """At most three steps; each leads to the first dataset that has most of it to do."""
    steps = [
        _build_step(
            standing, _count_waiting, lambda n, all_: _describe_review(n, all_, pace), "Review", navigation.REVIEW
        ),
        _build_step(standing, _count_unextracted, _describe_extraction, "Extract", navigation.BATCHES),
        _build_step(
            standing,
            _count_ready,
            lambda n, _: (f"Publish {describe_count(n, 'approved trial')}", "Nothing leaves the machine before that"),
            "Publish",
            navigation.PUBLISH,
        ),
        _build_step(
            standing,
            lambda stages: stages.failed_attempts,
            lambda n, _: (f"Retry {describe_count(n, 'failed attempt')}", "Their batch says why they failed"),
            "Look",
            navigation.BATCHES,
        ),
    ]
    found = [step for step in steps if step is not None]
    if not found:
        found = [Step("Import more traces", "Everything here is done", "Import", navigation.TRACES, None)]
    return found[:MAXIMUM_STEPS]


def _count_waiting(stages: StageCounts) -> int:
    return max(stages.extracted - stages.reviewed, 0)


def _count_unextracted(stages: StageCounts) -> int:
    return max(stages.trials - max(stages.extracted, stages.reviewed), 0)


def _count_ready(stages: StageCounts) -> int:
    return max(stages.approved - stages.published, 0)


def _build_step(
    standing: Sequence[tuple[Dataset, StageCounts]],
    count: Callable[[StageCounts], int],
    describe: Callable[[int, StageCounts], tuple[str, str]],
    button: str,
    page: str,
) -> Step | None:
    total = sum(count(stages) for _, stages in standing)
    if not total:
        return None
    title, detail = describe(total, sum_stages(stages for _, stages in standing))
    most = max(standing, key=lambda item: count(item[1]))
    return Step(title, detail, button, page, most[0])


def _describe_review(count: int, stages: StageCounts, pace: ReviewPace) -> tuple[str, str]:
    checks = f"{stages.to_check} {'has' if stages.to_check == 1 else 'have'} something to check"
    parts = [checks] if stages.to_check else []
    if pace.per_hour:
        parts.append(f"about {max(round(count * 60 / pace.per_hour), 1)} minutes at your pace")
    return f"Review {describe_count(count, 'trial')}", ", ".join(parts) or "Their hints are ready"


def _describe_extraction(count: int, stages: StageCounts) -> tuple[str, str]:
    detail = "No hints were extracted yet" if not stages.extracted else "The other trials have hints already"
    return f"Extract hints from {describe_count(count, 'trial')}", detail


def _show_step(number: int, step: Step) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(gap=None, width="stretch"):
            st.markdown(f"**{step.title}**")
            st.caption(step.detail)
        if st.button(step.button, key=f"next_{number}", type="primary" if number == 1 else "secondary"):
            navigation.open_page(step.page, dataset=step.dataset)
