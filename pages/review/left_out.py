"""What of an attempt the model was not shown, said to whoever reads its transcript."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.extraction.left_out import ContrastLeftOut, LeftOut
from core.store import Store
from pages.shared.labels import describe_count


def build_left_out(store: Store, attempt_id: int) -> dict[str, Any] | None:
    """What was left out when the model wrote the attempt's present hints; None if nothing was.

    `words` says it in a sentence, `ranges` are first and last index of what was left out whole, `squeezed` are index
    and characters left out of what was shown in part.
    """
    found = store.answers.find_left_out(attempt_id)
    if found is None:
        return None
    left_out = LeftOut.model_validate_json(found)
    return {
        "words": " ".join(_describe(left_out)),
        "ranges": left_out.ranges,
        "squeezed": [(item.index, item.characters_left_out) for item in left_out.squeezed],
    }


def describe_contrast_left_out(store: Store, trial_id: int, numbers: Mapping[int, int]) -> str:
    """What of two compared attempts was left out, in a sentence for each; empty if nothing was.

    Args:
        store: Of the workspace.
        trial_id: Theirs.
        numbers: Of its attempts, by id.
    """
    found = store.answers.find_contrast_left_out(trial_id)
    if found is None:
        return ""
    attempts = ContrastLeftOut.model_validate_json(found).attempts
    shown = (
        (f"Of attempt {numbers[attempt_id]} the", left_out)
        for attempt_id, left_out in attempts.items()
        if attempt_id in numbers
    )
    return " ".join(sentence for begin, left_out in shown for sentence in _describe(left_out, begin))


def _describe(left_out: LeftOut, begin: str = "The") -> Iterator[str]:
    total, gone, squeezed = left_out.messages, left_out.messages_left_out, len(left_out.squeezed)
    if gone:
        rest = f", {squeezed:,} squeezed" if squeezed else ""
        yield f"{begin} model was shown {total - gone:,} of {total:,} messages: {gone:,} left out{rest}."
    elif squeezed:
        yield f"{begin} model was shown all {describe_count(total, 'message')}, {squeezed:,} of them squeezed."
    if left_out.task_characters_left_out:
        yield f"{left_out.task_characters_left_out:,} characters of the task text were left out too."
