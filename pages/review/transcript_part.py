"""A stretch of an attempt's messages, as much as goes into one answer: a long attempt arrives in several."""

from collections.abc import Iterator
from threading import Lock
from typing import Any

from core.store import Store
from core.traces.blocks import Block
from core.traces.transcript import ShownMessage, Transcript, read_transcript, show_message

CHARACTERS = 400_000
"""Of the messages in one part, about; at least one message goes whatever its size."""
KEPT = 4
"""Transcripts that are kept: a long one is asked for part by part."""
_LAST: dict[str, Transcript] = {}
_LOCK = Lock()
"""Guards `_LAST`, which all sessions share."""


def build_part(store: Store, attempt_id: int, first: int) -> dict[str, Any]:
    """Messages from `first` on, as plain data; brackets and errors are those of the whole attempt.

    Args:
        store: Of the workspace.
        attempt_id: The attempt.
        first: Index of the first message wanted.

    Raises:
        UsageError: There is no such attempt.
    """
    attempt = store.traces.get_attempt(attempt_id)
    transcript = _read(store, attempt.conversation_id)
    messages = list(_take(transcript, first))
    return {
        "attempt_id": attempt_id,
        "first": first,
        "total": len(transcript.messages),
        "messages": [_build_message(message) for message in messages],
        "brackets": [bracket._asdict() for bracket in transcript.brackets],
        "errors": sorted(transcript.errors),
    }


def _read(store: Store, conversation_id: str) -> Transcript:
    """The transcript, from the last ones if it is there: the id is a hash of the content, so it never changes."""
    with _LOCK:
        known = _LAST.pop(conversation_id, None)
    transcript = known or read_transcript(store.traces.load_messages(conversation_id))
    with _LOCK:
        _LAST[conversation_id] = transcript
        while len(_LAST) > KEPT:
            _LAST.pop(next(iter(_LAST)))
    return transcript


def _take(transcript: Transcript, first: int) -> Iterator[ShownMessage]:
    characters = 0
    for index in range(max(first, 0), len(transcript.messages)):
        message = show_message(transcript, index)
        if characters and characters + len(message.text) > CHARACTERS:
            return
        characters += len(message.text)
        yield message


def _build_message(message: ShownMessage) -> dict[str, Any]:
    blocks = [_build_block(block, message.text) for block in message.blocks]
    return {
        "i": message.number,
        "role": message.role,
        "text": message.text,
        "blocks": blocks,
        "bad": message.error_lines,
    }


def _build_block(block: Block, whole: str) -> dict[str, Any]:
    built: dict[str, Any] = {"k": block.kind}
    if block.text and block.text != whole:
        built["text"] = block.text
    if block.name:
        built["name"] = block.name
    if block.rows:
        built["rows"] = block.rows
    if block.raw:
        built["raw"] = block.raw
    return built
