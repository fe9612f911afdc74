"""Calls between the special tokens of a model's chat template, where an export left them in the text.

Sources: the chat templates of DeepSeek, Kimi K2 and gpt-oss (harmony).
"""

import json
import re

from core.traces.calls import Call, build_call, decode_json

TOKENS = r"｜tool▁call▁begin｜>|\|tool_call_begin\|>|\|channel\|>"  # noqa: RUF001 -- the tokens are written so
"""Alternatives of a regular expression, behind the `<` that each begins with."""
_HEADS = (
    re.compile(r"(?:function)?<｜tool▁sep｜>([\w.-]{1,128})\s*(?:```json\s*)?"),  # noqa: RUF001
    re.compile(r"\s*(?:functions\.)?([\w.-]{1,128}?)(?::\d+)?\s*<\|tool_call_argument_begin\|>\s*"),
    re.compile(r"commentary to=(?:functions\.)?([\w.-]{1,128})[^{}<]{0,40}(?:<\|constrain\|>\w+)?<\|message\|>\s*"),
)


def read_token_call(text: str, position: int) -> tuple[list[Call], int]:
    """Return the call whose opening token ends at a position, if it is one, and where to read on."""
    head = next((match for pattern in _HEADS if (match := pattern.match(text, position))), None)
    if head is None:
        return [], position
    arguments, end = decode_json(text, head.end())
    if arguments is None:
        line = text.find("<", head.end())
        end = len(text) if line < 0 else line
        arguments = text[head.end() : end].strip() or "{}"
    return [build_call(head[1], arguments if isinstance(arguments, dict) else json.dumps(arguments))], end
