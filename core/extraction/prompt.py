"""The prompt of one attempt: what is to be answered, then the trace, which is data."""

import hmac
from hashlib import sha256
from typing import Any, Generic, NamedTuple, TypeVar

from core.extraction.attempt import AttemptInput
from core.extraction.cutting import cut_attempt, render_messages
from core.extraction.instructions import CUT_NOTE, OUTCOME_NOTES, PROMPT_VERSION, SYSTEM_PROMPT
from core.extraction.left_out import ContrastLeftOut, LeftOut
from core.models import Message
from core.store.batch_models import DEFAULT_INPUT_LIMIT
from core.traces.secrets import mask_secrets

Missing = TypeVar("Missing", LeftOut, ContrastLeftOut)


class Prompt(NamedTuple, Generic[Missing]):
    """What is asked of one attempt, or of two."""

    messages: list[dict[str, Any]]
    """Chat messages: the static part, then the attempt."""
    left_out: Missing | None
    """What of the attempt or of the two is not in there; None if all is."""


def build_prompt(attempt: AttemptInput, *, secret: bytes, input_limit: int = DEFAULT_INPUT_LIMIT) -> Prompt[LeftOut]:
    """The chat messages that ask for the hints of one attempt; the same attempt always gives the same messages.

    Args:
        attempt: What may be known of it.
        secret: The workspace's own: keys the boundary, so that a trace cannot guess it and a rerun repeats it.
        input_limit: Tokens of task text and messages; what is over it is left out, and said in its place.
    """
    boundary = build_boundary(attempt.conversation_id, secret=secret)
    # masked first: of a key that a cut goes through, half would be left
    messages = [mask_message(message) for message in attempt.messages]
    cut = cut_attempt(mask_secrets(attempt.task_text), messages, limit_tokens=input_limit)
    lines = [OUTCOME_NOTES[attempt.outcome], *([CUT_NOTE] if cut.left_out else []), "", f"===== {boundary} TASK ====="]
    lines += [cut.task_text, f"===== {boundary} ATTEMPT ====="]
    lines += render_messages(cut.kept)
    lines.append(f"===== {boundary} END =====")
    prompt = [{"role": "system", "content": SYSTEM_PROMPT}, {"role": "user", "content": "\n".join(lines)}]
    return Prompt(prompt, cut.left_out)


def mask_message(message: Message) -> Message:
    """The message with every secret in it masked."""
    text = mask_secrets(message.content)
    return message if text == message.content else message.model_copy(update={"content": text})


def build_boundary(conversation_id: str, *, secret: bytes, version: str = PROMPT_VERSION) -> str:
    """32 hexadecimal digits. HMAC over conversation and prompt version, as the design demands."""
    return hmac.new(secret, f"{conversation_id} {version}".encode(), sha256).hexdigest()[:32]
