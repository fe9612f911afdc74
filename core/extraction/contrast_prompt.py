"""The prompt that compares two attempts: what they share once and shortly, then each from where they part."""

from core.extraction.contrast import ContrastInput, Side
from core.extraction.contrast_instructions import CONTRAST_CUT_NOTE, CONTRAST_PROMPT
from core.extraction.cutting import Cut, cut_attempt, render_messages
from core.extraction.instructions import CONTRAST_VERSION
from core.extraction.left_out import ContrastLeftOut, LeftOut, join_left_out
from core.extraction.prompt import Prompt, build_boundary, mask_message
from core.models import Message, Outcome, Role
from core.store.batch_models import DEFAULT_INPUT_LIMIT
from core.traces.parting import Parting
from core.traces.report import CHARACTERS_PER_TOKEN
from core.traces.secrets import mask_secrets

CONTRAST_INPUT_LIMIT = 16_000
"""Tokens of task text and messages, where the batch's own limit is not smaller: around the parting, not all of both."""
SHARED_PART = 4
"""What both did takes at most one part in so many."""
_LEAST_TOKENS = 250
_HEADER_CHARACTERS = 34
"""At most, of the line above a message."""

_WORDS = {Outcome.SUCCESS: "SUCCEEDED", Outcome.PARTIAL: "SUCCEEDED IN PART", Outcome.FAILURE: "FAILED"}


def build_contrast_prompt(
    contrast: ContrastInput, *, secret: bytes, input_limit: int = DEFAULT_INPUT_LIMIT
) -> Prompt[ContrastLeftOut]:
    """The chat messages that ask what made the difference; the same pair always gives the same messages.

    Args:
        contrast: The two attempts.
        secret: The workspace's own, for the boundary.
        input_limit: Tokens of task text and messages, at most `CONTRAST_INPUT_LIMIT`.
    """
    one, other = contrast.succeeded, contrast.failed
    ids = f"{one.attempt.conversation_id} {other.attempt.conversation_id}"
    boundary = build_boundary(ids, secret=secret, version=CONTRAST_VERSION)
    begin, other_begin = _find_begin(contrast.parting, one, 0), _find_begin(contrast.parting, other, 1)
    limit = min(input_limit, CONTRAST_INPUT_LIMIT)
    task = mask_secrets(contrast.task_text)
    shared = _cut(one, 0, begin, limit_tokens=limit // SHARED_PART, task_text=task)
    room = limit - _count_tokens(shared)
    sides = _cut_both((one, begin), (other, other_begin), room)
    lines = [_describe(contrast)]
    lines += [CONTRAST_CUT_NOTE] if any(cut.left_out for cut in (shared, *sides)) else []
    lines += ["", f"===== {boundary} TASK =====", shared.task_text]
    lines += [
        f"===== {boundary} WHAT BOTH DID, AS IN {one.label} =====",
        *render_messages(shared.kept, label=one.label),
    ]
    for side, first, cut in zip((one, other), (begin, other_begin), sides, strict=True):
        word = _WORDS[side.attempt.outcome]
        lines += [f"===== {boundary} {side.label}, WHICH {word}, FROM MESSAGE {first} ====="]
        lines += render_messages(
            [(first + index, message) for index, message in cut.kept], first=first, label=side.label
        )
    lines.append(f"===== {boundary} END =====")
    prompt = [{"role": "system", "content": CONTRAST_PROMPT}, {"role": "user", "content": "\n".join(lines)}]
    # what both did is missing of both alike, but is counted where it is shown: of the first
    of_one = join_left_out(_sum_up(shared), _sum_up(sides[0]).shift(begin))
    of_other = _sum_up(sides[1]).shift(other_begin)
    return Prompt(prompt, _find_left_out([(one, of_one), (other, of_other)]))


def _find_left_out(sums: list[tuple[Side, LeftOut]]) -> ContrastLeftOut | None:
    """What is missing of each, by the indexes of its own messages."""
    found = {
        side.attempt.id: whole.model_copy(update={"messages": len(side.messages)})
        for side, whole in sums
        if whole.characters_sent < whole.characters or whole.ranges
    }
    return ContrastLeftOut(attempts=found) if found else None


def _sum_up(cut: Cut) -> LeftOut:
    """Of a stretch of messages, also where all of it is sent."""
    if cut.left_out is not None:
        return cut.left_out
    characters = len(cut.task_text) + sum(len(message.content) for _, message in cut.kept)
    return LeftOut(messages=len(cut.kept), ranges=[], squeezed=[], characters=characters, characters_sent=characters)


def _find_begin(parting: Parting, side: Side, place: int) -> int:
    """Index of the first message that the two do not share: behind the last equal turn, or the agent's first one.

    What answered the last equal turn is shown of both: the world may have answered them differently.
    """
    if parting.shared:
        return parting.shared[-1][place] + 1
    agent = (index for index, message in enumerate(side.messages) if message.role is Role.ASSISTANT)
    return next(agent, len(side.messages))


def _cut_both(one: tuple[Side, int], other: tuple[Side, int], room: int) -> tuple[Cut, Cut]:
    """Half for each, or more for one where the other needs less."""
    first = _cut(*one, None, limit_tokens=room - min(_measure(*other), room // 2))
    return first, _cut(*other, None, limit_tokens=room - _count_tokens(first))


def _cut(side: Side, begin: int, end: int | None, *, limit_tokens: int, task_text: str = "") -> Cut:
    # masked first: of a key that a cut goes through, half would be left
    messages = [mask_message(message) for message in side.messages[begin:end]]
    return cut_attempt(task_text, messages, limit_tokens=limit_tokens, label=side.label, least_tokens=_LEAST_TOKENS)


def _measure(side: Side, begin: int) -> int:
    """Tokens of a side that is shown whole."""
    return _count_characters(side.messages[begin:]) // CHARACTERS_PER_TOKEN + 1


def _count_tokens(cut: Cut) -> int:
    return (len(cut.task_text) + _count_characters([message for _, message in cut.kept])) // CHARACTERS_PER_TOKEN + 1


def _count_characters(messages: list[Message]) -> int:
    return sum(len(message.content) + _HEADER_CHARACTERS for message in messages)


def _describe(contrast: ContrastInput) -> str:
    one, other, parting = contrast.succeeded, contrast.failed, contrast.parting
    outcomes = " and ".join(f"{side.label} {_WORDS[side.attempt.outcome]}" for side in (one, other))
    turns = len(parting.shared)
    alike = f"Their first {turns} actions are the same" if turns > 1 else "Their first action is the same"
    alike = alike if turns else "They act differently from the start"
    return (
        f"{outcomes}, as was recorded afterwards. {alike}. They part where {_place(one, parting.one)} and "
        f"{_place(other, parting.other)}."
    )


def _place(side: Side, message: int | None) -> str:
    return f"{side.label} does nothing more" if message is None else f"{side.label} goes on with message {message}"
