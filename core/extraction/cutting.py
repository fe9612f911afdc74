"""How an attempt over the input limit is cut: the same attempt is always cut in the same way.

Long observations are squeezed to head and tail first; then whole turns leave the middle. What is left out is said in
its place, so that neither model nor reviewer takes the rest for everything.
"""

from collections.abc import Sequence

from core.models import Message, Role
from core.traces.report import CHARACTERS_PER_TOKEN

SQUEEZED_CHARACTERS = 2_000
FIRST_MESSAGES = 6
NumberedMessage = tuple[int, Message]


def cut_messages(messages: Sequence[Message], *, limit_tokens: int) -> list[NumberedMessage]:
    """The messages that fit, each with its own index in the attempt.

    Args:
        messages: All messages of the attempt.
        limit_tokens: At most so many, counted as four characters each.
    """
    limit = limit_tokens * CHARACTERS_PER_TOKEN
    numbered = list(enumerate(messages))
    if _count(numbered) <= limit:
        return numbered
    squeezed = [(index, _squeeze(message)) for index, message in numbered]
    if _count(squeezed) <= limit:
        return squeezed
    return _drop_middle(squeezed, limit)


def _count(messages: Sequence[NumberedMessage]) -> int:
    return sum(len(message.content) for _, message in messages)


def _squeeze(message: Message, characters: int = SQUEEZED_CHARACTERS) -> Message:
    text = message.content
    if message.role is Role.ASSISTANT or len(text) <= characters:
        return message
    half = characters // 2
    left_out = len(text) - 2 * half
    shown = f"{text[:half]}\n[... {left_out} characters left out ...]\n{text[-half:]}"
    return message.model_copy(update={"content": shown})


def _drop_middle(messages: list[NumberedMessage], limit: int) -> list[NumberedMessage]:
    head = [(index, _cap(message, limit // 8)) for index, message in messages[:FIRST_MESSAGES]]
    room = limit - _count(head)
    tail: list[NumberedMessage] = []
    for index, message in reversed(messages[FIRST_MESSAGES:]):
        capped = _cap(message, limit // 8)
        room -= len(capped.content)
        if room < 0:
            break
        tail.append((index, capped))
    return head + tail[::-1]


def _cap(message: Message, characters: int) -> Message:
    # a single message may be larger than everything else together, the agent's own ones included
    if len(message.content) <= characters:
        return message
    return _squeeze(message.model_copy(update={"role": Role.USER}), characters).model_copy(
        update={"role": message.role}
    )
