"""What of an attempt the model was not shown, said to whoever reads its transcript."""

from collections.abc import Iterator

import streamlit as st

from core.extraction.left_out import LeftOut
from core.models import Message
from core.store import Store
from pages.shared.labels import describe_count


def find_left_out(store: Store, attempt_id: int) -> LeftOut | None:
    """What was left out when the model wrote the attempt's present hints; None if nothing was."""
    found = store.answers.find_left_out(attempt_id)
    return None if found is None else LeftOut.model_validate_json(found)


def show_left_out(left_out: LeftOut) -> None:
    """How much of the attempt the model was shown, in one line."""
    st.caption(" ".join(_describe(left_out)))


def show_squeezed(message: Message, missing: int) -> None:
    """How much of one message the model saw.

    Args:
        message: As it stands in the attempt.
        missing: Characters that were left out; 0 shows nothing.
    """
    if missing:
        total = len(message.content)
        # what was masked counts by its mask, so the two may differ by a few
        st.caption(f"The model saw {max(total - missing, 0):,} of {total:,} characters.")


def _describe(left_out: LeftOut) -> Iterator[str]:
    total, gone, squeezed = left_out.messages, left_out.messages_left_out, len(left_out.squeezed)
    if gone:
        rest = f", {squeezed:,} squeezed" if squeezed else ""
        yield f"The model was shown {total - gone:,} of {total:,} messages: {gone:,} left out{rest}."
    elif squeezed:
        yield f"The model was shown all {describe_count(total, 'message')}, {squeezed:,} of them squeezed."
    if left_out.task_characters_left_out:
        yield f"{left_out.task_characters_left_out:,} characters of the task text were left out too."
