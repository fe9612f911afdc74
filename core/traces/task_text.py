"""Where the task stands in a conversation. The rule is domain knowledge: markers first, then named fallbacks."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from core.models import Message, Role
from core.traces.actions import is_observation
from core.traces.templates import find_line, find_template, strip_template

DEFAULT_MARKERS = ("Task Description:", "Task:", "## Task")


class TaskText(NamedTuple):
    """A trial's task, and how it was found."""

    text: str
    source: str
    """In words, e.g. `marker "Task:" in message 1`."""
    is_fallback: bool
    disagrees: bool = False
    """True if another attempt of the trial names another task."""


def find_task_text(
    conversations: Sequence[Sequence[Message]],
    *,
    instruction: str | None,
    markers: Sequence[str] = DEFAULT_MARKERS,
    cut_at_marker: bool = False,
) -> TaskText:
    """The task text of a trial; empty text if no message and no column holds one.

    Args:
        conversations: The attempts' messages, the one that appeared first in front; at least one.
        instruction: The `instruction` column if it is equal in all rows of the trial, else None.
        markers: Texts that begin the line where a task stands.
        cut_at_marker: Drop everything in front of the marker, also where no template is recognised.
    """
    marked = [_find_marked(messages, markers, cut_at_marker) for messages in conversations]
    found = [task for task in marked if task is not None]
    if not found and instruction and instruction.strip() and find_template(instruction) is None:
        return TaskText(instruction, "fallback: the instruction column", is_fallback=True)
    if not found:
        said = [_find_first_said(messages) for messages in conversations]
        found = [task for task in said if task is not None]
    if not found:
        return TaskText("", "fallback: no task text was found", is_fallback=True)
    return found[0]._replace(disagrees=len({" ".join(task.text.split()) for task in found}) > 1)


def _find_marked(messages: Sequence[Message], markers: Sequence[str], cut: bool) -> TaskText | None:
    ordered = sorted((marker for marker in markers if marker), key=len, reverse=True)
    for index, text in _list_candidates(messages, ordered):
        content = messages[index].content
        marker = next(marker for marker in ordered if find_line(content, marker) is not None)
        # what a template held is cut already; the same words inside the task are the task's
        begin = find_line(text, marker) if cut and text == content else None
        return TaskText(text[begin:], f'marker "{marker}" in message {index}', is_fallback=False)
    return None


def _find_first_said(messages: Sequence[Message]) -> TaskText | None:
    for index, message in enumerate(messages):
        text = strip_template(message.content) if message.role is Role.USER else None
        if text and text.strip() and not _is_printed(messages, index):
            return TaskText(text, f"fallback: the first user message (message {index})", is_fallback=True)
    return None


def _list_candidates(messages: Sequence[Message], markers: Sequence[str]) -> Iterator[tuple[int, str]]:
    for index, message in enumerate(messages):
        if message.role is not Role.USER:
            continue
        if not any(marker in message.content for marker in markers):
            continue
        if all(find_line(message.content, marker) is None for marker in markers):
            continue
        if _is_printed(messages, index):
            continue
        text = strip_template(message.content)
        if text:
            yield index, text


def _is_printed(messages: Sequence[Message], index: int) -> bool:
    """What a program prints is never the task, even where a line of it looks like a marker."""
    # only what follows an assistant's message can answer it; looking for actions takes time
    return any(message.role is Role.ASSISTANT for message in messages[:index]) and is_observation(messages, index)
