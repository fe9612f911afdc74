"""How texts and conversations lie in the workspace file: JSON, compressed with zstd."""

import orjson
import zstandard
from pydantic import TypeAdapter

from core.models import Message

_MESSAGES = TypeAdapter(list[Message])
PackedMessage = tuple[str, str, tuple[str, ...], str | None]
"""Role, content, ids of calls, id of the call it answers."""


def pack_messages(messages: list[PackedMessage]) -> bytes:
    """Compressed messages; ids are left out where there are none."""
    lists = [
        [role, content, list(call_ids), answers] if call_ids or answers else [role, content]
        for role, content, call_ids, answers in messages
    ]
    return zstandard.compress(orjson.dumps(lists))


def unpack_messages(packed: bytes) -> list[Message]:
    """The messages, in order."""
    # validated all at once, which takes a third of what `model_construct` takes for each
    return _MESSAGES.validate_python(
        [
            {"role": item[0], "content": item[1], "call_ids": item[2], "answers": item[3]}
            if len(item) > 2
            else {"role": item[0], "content": item[1]}
            for item in orjson.loads(zstandard.decompress(packed))
        ]
    )


def pack_text(text: str) -> bytes:
    """A compressed text."""
    return zstandard.compress(text.encode("utf-8"))


def unpack_text(packed: bytes) -> str:
    """The text."""
    return zstandard.decompress(packed).decode("utf-8")
