"""The agents' prompt templates that we recognise, all in this one place. To add one, add a row to `TEMPLATES`.

A template in front of the task text is dropped; a quote from a template proves nothing.
"""

import re
from typing import NamedTuple


class Template(NamedTuple):
    """How to recognise an agent's first prompt, and where the task stands in it."""

    agent: str
    opening: re.Pattern[str]
    """Matches at the start of the message."""
    marker: str | None
    """The task begins at the first line that starts with this; None if the message holds no task at all."""
    end: str | None = None
    """The task ends before the last line that starts with this."""


TEMPLATES = (
    Template(
        "terminus-2",
        re.compile(r"\s*You are an AI assistant tasked with solving command-line tasks"),
        "Task Description:",
        "Current terminal state:",
    ),
    Template("swe-agent", re.compile(r"\s*SETTING:"), None),
    Template("openhands", re.compile(r"\s*You are OpenHands agent"), None),
    Template(
        "openhands example",
        re.compile(r"\s*Here's a running example of how to perform a task with the provided tools"),
        "--------------------- NEW TASK DESCRIPTION",
        "--------------------- END OF NEW TASK DESCRIPTION",
    ),
)


# one search says of nearly every message that it begins with none
_ANY_OPENING = re.compile("|".join(f"(?:{template.opening.pattern})" for template in TEMPLATES))


def find_template(text: str) -> Template | None:
    """The template that a message begins with, or None."""
    if _ANY_OPENING.match(text) is None:
        return None
    return next((template for template in TEMPLATES if template.opening.match(text)), None)


def find_line(text: str, start: str, *, last: bool = False) -> int | None:
    """Offset of the first (or last) line that begins with `start`, or None."""
    if last:
        position = text.rfind("\n" + start)
        return position + 1 if position >= 0 else 0 if text.startswith(start) else None
    if text.startswith(start):
        return 0
    position = text.find("\n" + start)
    return position + 1 if position >= 0 else None


def strip_template(text: str) -> str | None:
    """The task inside a templated message; the text itself if it is no template; None if it holds no task.

    Source: prompt templates of terminus-2 (Harbor), SWE-agent and OpenHands.
    """
    template = find_template(text)
    if template is None:
        return text
    if template.marker is None:
        return None
    begin = find_line(text, template.marker)
    if begin is None:
        return None
    begin += len(template.marker)
    if template.agent != "terminus-2":
        begin = text.find("\n", begin) + 1
    end = None if template.end is None else find_line(text, template.end, last=True)
    return text[begin : end if end is not None and end > begin else None].strip()


def strip_agent_instructions(text: str) -> str:
    """The task without what an agent's harness adds behind it about its own interface.

    Source: SWE-agent's instance template.
    """
    position = text.find("\nINSTRUCTIONS:\nNow, you're going to solve")
    return text if position < 0 else text[:position].rstrip()
