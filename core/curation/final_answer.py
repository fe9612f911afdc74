"""Where an attempt's final answer begins: its last turn that said or did something, with whatever came after it."""

import re
from collections.abc import Sequence

from core.models import Message, Role
from core.traces.actions import Action

_DONE = re.compile(
    r"\btask_complete\b|\bmark_task_complete\b|TASK[ _]COMPLETE|^\s*(?:submit|exit|finish)\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_COMMANDS = re.compile(r"\"keystrokes\"\s*:\s*\"(?!\s*(?:\\n)?\")")
_ANSWERING = re.compile(r"answer|submit|finish|final|respond|reply|complete|done", re.IGNORECASE)
_WRITTEN = re.compile(r"^\s*(?:sudo\s+)?(?:echo|printf)\b.*>", re.DOTALL)
_ENDING = frozenset({"submit", "finish", "task_complete", "mark_task_complete", "exit", "think", "echo", "clear"})
_BARE = 600
"""Characters: a turn that only says that all is done is short."""


def find_final_answer(messages: Sequence[Message]) -> int:
    """Index of the message where the final answer begins; the number of messages if the agent said nothing.

    A turn that only confirms that the task is complete belongs to it together with the turn before.
    """
    turns = [index for index, message in enumerate(messages) if message.role is Role.ASSISTANT]
    for index in reversed(turns):
        if not _only_confirms(messages[index].content):
            return index
    return turns[-1] if turns else len(messages)


def gives_answer(action: Action) -> bool:
    """True if an action hands a value in, e.g. `submit 42`, `echo 42 > answer.txt`; other commands only use values."""
    if action.is_shell:
        return bool(_WRITTEN.search(action.command) or _ANSWERING.search(action.program or action.tool))
    return bool(_ANSWERING.search(action.tool))


def ends_run(action: Action) -> bool:
    """True if an action only tells the harness that the run is over, or only thinks aloud."""
    return (action.program or action.tool).casefold() in _ENDING


def _only_confirms(text: str) -> bool:
    return bool(_DONE.search(text)) and len(text) <= _BARE and not _COMMANDS.search(text)
