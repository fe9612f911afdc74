"""Hints as they are published: the one wording that task files and pages share. Pure.

The task text in front is never changed, not by a byte.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from core.models import (
    CriterionText,
    Episode,
    Evidence,
    EvidenceStatus,
    Hint,
    HintKind,
    HintText,
    PitfallText,
    StrategyText,
    ToolText,
)

SEPARATOR = "\n\n---\n\n"
HEADING = "# Hints"
SECOND_HEADING = "# Hints from past attempts"
"""For a task text that has hints of its own."""
_SECTIONS = {
    HintKind.TOOL: "## Available Tools",
    HintKind.STRATEGY: "## Suggested Strategy",
    HintKind.PITFALL: "## Common Pitfalls",
    HintKind.CRITERION: "## Success Criteria",
}
_OWN_HEADING = re.compile(r"^ {0,3}#[ \t]+hints[ \t]*#*[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
# every character at which Python or a viewer may break a line
_LINE_BREAK = re.compile(r"\s*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]\s*")
_OPENING_WHEN = re.compile(r"\Awhen\s+", re.IGNORECASE)
_OPENING_NOT = re.compile(r"\A(?:don['\u2019]t|do not)\s+", re.IGNORECASE)
_BLOCK = re.compile(r"#{1,6}(?!\S)|[-*+](?!\S)|\d{1,9}[.)](?!\S)|`{3}|~{3}|[>|<]|(?:[-=_*][ \t]*){2,}\.?$")
_CLOSED = (".", "!", "?", "\u2026", "\u3002", "\uff01", "\uff1f")


class RenderedHint(NamedTuple):
    """A hint's words, and the episodes they were learned from."""

    text: HintText
    source_episodes: Sequence[str] = ()


def render_instruction(task_text: str, hints: Sequence[RenderedHint], *, show_sources: bool = True) -> str:
    """The task text with its hints behind it; the task text alone if there is nothing to say.

    Args:
        task_text: Stands in front, unchanged.
        hints: In publishing order; kinds may be mixed.
        show_sources: Name the episodes that a pitfall was learned from.
    """
    heading = SECOND_HEADING if _OWN_HEADING.search(task_text) else HEADING
    section = build_hints_section(hints, heading=heading, show_sources=show_sources)
    return f"{task_text}{SEPARATOR}{section}" if section else task_text


def build_hints_section(hints: Sequence[RenderedHint], *, heading: str = HEADING, show_sources: bool = True) -> str:
    """The hints under their headings, ending with a line break; empty if no hint has content."""
    written: dict[HintKind, list[str]] = {kind: [] for kind in HintKind}
    for hint in hints:
        words = render_hint(hint.text)
        if words:
            named = show_sources and hint.text.kind is HintKind.PITFALL
            written[hint.text.kind].append(f"{words}{_name_sources(hint)}" if named else words)
    bodies = {
        HintKind.TOOL: "\n\n".join(written[HintKind.TOOL]),
        HintKind.STRATEGY: "\n".join(f"{number}. {line}" for number, line in enumerate(written[HintKind.STRATEGY], 1)),
        HintKind.PITFALL: "\n".join(f"- {line}" for line in written[HintKind.PITFALL]),
        HintKind.CRITERION: _render_criteria(written[HintKind.CRITERION]),
    }
    sections = [f"{_SECTIONS[kind]}\n{body}" for kind, body in bodies.items() if body]
    return "\n\n".join([heading, *sections]) + "\n" if sections else ""


def render_hint(text: HintText) -> str:
    """One hint's wording exactly as published, without number or bullet; empty if it has no content.

    Example: `When the date is missing, don't search with a guess; ask for it once.`
    """
    match text:
        case ToolText():
            return _render_tool(text)
        case StrategyText():
            check = f"Check: {_sentence(text.check)}" if _fold(text.check) else ""
            return " ".join(part for part in (_sentence(text.do), check) if part)
        case PitfallText():
            return _render_pitfall(text)
        case CriterionText():
            return _sentence(text.text)


def build_rendered_hints(hints: Iterable[Hint], episodes: Sequence[Episode]) -> list[RenderedHint]:
    """Hints with their source episodes, in the same order.

    Args:
        hints: Of one trial.
        episodes: All of that trial.
    """
    return [RenderedHint(hint.text, list_source_episodes(hint.evidence, episodes)) for hint in hints]


def list_source_episodes(evidence: Iterable[Evidence], episodes: Iterable[Episode]) -> list[str]:
    """The first episode that contains each quoted message, unique, in natural order; empty without evidence.

    A quote that was found nowhere points at no episode.
    """
    by_attempt: dict[int, list[Episode]] = {}
    for episode in sorted(episodes, key=lambda item: (item.message_count, item.row_number)):
        by_attempt.setdefault(episode.attempt_id, []).append(episode)
    names = {
        next((e.name for e in by_attempt.get(item.attempt_id, []) if e.message_count > item.message), None)
        for item in evidence
        if item.status is not EvidenceStatus.MISSING
    }
    return sorted((name for name in names if name is not None), key=_natural_key)


def _natural_key(name: str) -> tuple[list[tuple[int, str]], str]:
    # digits by length, then as text: no conversion, so no name is too long
    parts = re.split(r"([0-9]+)", name)
    numbers = (part.lstrip("0") if part[:1].isdigit() else part for part in parts)
    return [(len(part) if i % 2 else -1, part) for i, part in enumerate(numbers)], name


def _render_tool(text: ToolText) -> str:
    name, purpose = _fold(text.name), _cut_stop(text.purpose)
    if not name:
        return ""
    lines = [f"### {name}"]
    if purpose:
        lines.append(f"**Purpose**: {purpose}")
    if text.example.strip():
        lines.append(f"**Example**:{_render_example(text.example)}")
    return "\n".join(lines)


def _render_example(example: str) -> str:
    if "`" not in example and len(example.strip().splitlines()) == 1:
        return f" `{example.strip()}`"
    block = example.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    longest = max((len(run) for run in re.findall("`+", block)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"\n{fence}\n{block}\n{fence}"


def _render_pitfall(text: PitfallText) -> str:
    # a model that says "When" or "don't" itself must not make us say it twice
    when = _OPENING_WHEN.sub("", _cut_stop(text.when))
    avoid = _OPENING_NOT.sub("", _cut_stop(text.avoid))
    instead = _cut_stop(text.instead)
    if not avoid and not instead:
        return ""
    advice = "; ".join(part for part in (f"don't {avoid}" if avoid else "", instead) if part)
    return _close(f"When {when}, {advice}" if when else advice[0].upper() + advice[1:])


def _render_criteria(lines: Sequence[str]) -> str:
    # one alone stands as a line, unless Markdown would read more than a line in it: a heading, a list, a fence
    is_plain = len(lines) == 1 and not _BLOCK.match(lines[0])
    return lines[0] if is_plain else "\n".join(f"- {line}" for line in lines)


def _name_sources(hint: RenderedHint) -> str:
    names = [_fold(name) for name in hint.source_episodes]
    return f" (from {', '.join(names)})" if names else ""


def _fold(text: str) -> str:
    return _LINE_BREAK.sub(" ", text).strip()


def _cut_stop(text: str) -> str:
    folded = _fold(text)
    # an ellipsis, or a path such as `..`, is not a full stop
    return folded[:-1].rstrip() if folded.endswith(".") and not folded.endswith("..") else folded


def _close(text: str) -> str:
    return text if not text or text.endswith(_CLOSED) else f"{text}."


def _sentence(text: str) -> str:
    return _close(_cut_stop(text))
