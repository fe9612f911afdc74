"""What a request asks, whatever its kind and whoever sends it, and how an answer to it is read."""

from collections.abc import Callable
from typing import Any, NamedTuple

from pydantic import BaseModel

from core.extraction.answer import ATTEMPT_FORM, parse_answer
from core.extraction.attempt import load_attempt_input
from core.extraction.contrast import load_contrast_input
from core.extraction.contrast_answer import CONTRAST_FORM, parse_contrast
from core.extraction.contrast_prompt import build_contrast_prompt
from core.extraction.forms import AnswerForm
from core.extraction.instructions import CONTRAST_VERSION, MERGE_VERSION, PROMPT_VERSION
from core.extraction.merge_answer import MERGE_FORM, parse_merges
from core.extraction.merge_prompt import build_merge_prompt, load_groups
from core.extraction.prompt import build_prompt
from core.models import AttemptHints, ContrastHints, MergedHints, RequestKind
from core.store import Store
from core.store.batch_models import PendingRequest

Hints = AttemptHints | ContrastHints | MergedHints
"""What an answer comes to, by the kind of its request."""
PROMPT_VERSIONS = {
    RequestKind.ATTEMPT: PROMPT_VERSION,
    RequestKind.CONTRAST: CONTRAST_VERSION,
    RequestKind.MERGE: MERGE_VERSION,
}


class Wording(NamedTuple):
    """One request, before it is known how its server wants to be asked."""

    kind: RequestKind
    messages: list[dict[str, Any]]
    form: AnswerForm[Any]
    left_out: str | None
    """What of the trace is not in the messages, as JSON; None if all is."""
    read: Callable[[str], Hints]
    """An answer's text to what it says; raises ValueError with words for the model."""


def build_wording(store: Store, request: PendingRequest, *, secret: bytes, input_limit: int) -> Wording:
    """What a request asks.

    Args:
        store: Holds its subject.
        request: Of a batch.
        secret: The workspace's own, for the boundary.
        input_limit: Tokens of trace text.
    """
    if request.kind is RequestKind.CONTRAST:
        contrast = load_contrast_input(store, request.attempt_id)
        compared = build_contrast_prompt(contrast, secret=secret, input_limit=input_limit)
        return Wording(
            request.kind,
            compared.messages,
            CONTRAST_FORM,
            _dump(compared.left_out),
            lambda text: parse_contrast(text, contrast),
        )
    if request.kind is RequestKind.MERGE:
        groups = load_groups(store, request)
        asked = build_merge_prompt(groups, secret=secret)
        return Wording(request.kind, asked, MERGE_FORM, None, lambda text: parse_merges(text, groups))
    attempt = load_attempt_input(store, request.attempt_id)
    prompt = build_prompt(attempt, secret=secret, input_limit=input_limit)
    return Wording(request.kind, prompt.messages, ATTEMPT_FORM, _dump(prompt.left_out), parse_answer)


def _dump(left_out: BaseModel | None) -> str | None:
    return None if left_out is None else left_out.model_dump_json()


def read_answer(store: Store, request: PendingRequest, text: str) -> Hints:
    """What an answer's text says, where the wording is not at hand; merges are only asked live.

    Raises:
        ValueError: It has not the asked-for form.
    """
    if request.kind is RequestKind.CONTRAST:
        return parse_contrast(text, load_contrast_input(store, request.attempt_id))
    return parse_answer(text)
