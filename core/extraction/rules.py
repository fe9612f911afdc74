"""Hints without a model, a key or a network: free, instant, and the same every time. Each with its proof.

Tools that were executed and worked, failures that came back or were mended, the steps of successful attempts, and the
task's own demands. It never guesses: where the trace shows nothing, there is no hint.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from core.extraction.attempt import AttemptInput
from core.models import (
    AttemptHints,
    CriterionText,
    HintText,
    Message,
    Outcome,
    PitfallText,
    ProposedHint,
    Quote,
    Role,
    StrategyText,
    ToolText,
)
from core.traces.actions import Action, Fix, Loop, find_fixes, find_loops, list_actions
from core.traces.secrets import mask_secrets
from core.traces.templates import strip_agent_instructions

RULES_VERSION = "rules-1"
MAXIMUM_TOOLS = 5
MAXIMUM_STEPS = 7
MAXIMUM_PITFALLS = 5
MAXIMUM_CRITERIA = 4
COMMAND_CHARACTERS = 160
QUOTE_CHARACTERS = 200
_SUCCESSFUL = frozenset({Outcome.SUCCESS, Outcome.PARTIAL})
# the harness's own verbs: everybody who gets the task has them anyway
_HARNESS_TOOLS = frozenset(
    {
        "echo",
        "printf",
        "clear",
        "finish",
        "submit",
        "exit",
        "task_complete",
        "mark_task_complete",
        "think",
        "wait",
        "sleep",
    }
)
_DEMAND = re.compile(
    r"\b(?:must|should|shall|needs? to|required?|ensure|make sure|exactly|at (?:least|most)|do not|don't|only)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"'(])|\n+")
_WRITTEN_FILE = re.compile(r"\bcat\s*>{1,2}\s*([^\s<>|&;]+)\s*<<")
_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+")


def extract_by_rules(attempt: AttemptInput) -> AttemptHints:
    """The hints that one attempt shows; few, and none where it shows nothing."""
    executed = list_actions(attempt.messages)
    actions = [action for action in executed if mask_secrets(action.command) == action.command]
    hints = [
        *_list_tools(attempt, actions),
        *_list_steps(attempt, actions),
        *_list_pitfalls(attempt, actions),
        *_list_criteria(attempt),
    ]
    failed = sum(action.failed for action in actions)
    return AttemptHints(happened=f"{len(actions)} actions, {failed} of them failed.", hints=hints)


def _list_tools(attempt: AttemptInput, actions: Sequence[Action]) -> list[ProposedHint]:
    descriptions = _read_descriptions(attempt.tool_definitions)
    worked = [action for action in actions if not action.failed and _is_worth_naming(action)]
    names = [name for name, _ in Counter(_get_name(action) for action in worked).most_common(MAXIMUM_TOOLS)]
    hints: list[ProposedHint] = []
    for name in names:
        mine = [action for action in worked if _get_name(action) == name]
        # an answered call proves more than an unanswered one, and a short one is easier to read
        example = min(mine, key=_rank_example)
        used = len(mine)
        purpose = descriptions.get(name) or (
            f"Worked {used} times in this task." if used > 1 else "Worked in this task."
        )
        text = ToolText(name=name, purpose=purpose, example=_shorten(example.command))
        _add(hints, text, [_quote_action(attempt.messages, example)])
    return hints


def _rank_example(action: Action) -> tuple[bool, bool, bool, int]:
    return (action.observation is None, "\n" in action.command.strip(), len(action.command) < 8, len(action.command))


def _list_steps(attempt: AttemptInput, actions: Sequence[Action]) -> list[ProposedHint]:
    if attempt.outcome not in _SUCCESSFUL:
        return []
    hints: list[ProposedHint] = []
    seen: set[str] = set()
    last = ""
    for action in actions:
        words = _describe(action)
        if action.failed or not _is_worth_naming(action) or words in seen or (action.shows_only and last == "look"):
            continue
        seen.add(words)
        last = "look" if action.shows_only else "do"
        _add(hints, StrategyText(do=words), [_quote_action(attempt.messages, action)])
    return _spread(hints, MAXIMUM_STEPS)


def _list_pitfalls(attempt: AttemptInput, actions: Sequence[Action]) -> list[ProposedHint]:
    fixes = find_fixes(actions)
    loops = [loop for loop in find_loops(actions) if not loop.is_nested]
    hints: list[ProposedHint] = []
    mended: set[int] = set()
    looped = {action.message for loop in loops for action in loop.actions}
    for loop in loops:
        fix = next((fix for fix in fixes if fix.failed.message in loop.messages and _differs(fix)), None)
        if fix is not None:
            mended.update(action.message for action in fix.failures)
        _add(hints, _describe_loop(loop, fix), _quote_failures(attempt.messages, loop.actions, fix))
    for fix in fixes:
        if _differs(fix) and fix.failed.message not in mended and fix.failed.message not in looped:
            _add(hints, _describe_fix(fix), _quote_failures(attempt.messages, [fix.failed], fix))
    return hints[:MAXIMUM_PITFALLS]


def _differs(fix: Fix) -> bool:
    # cut to one line, what failed and what worked may look the same: that would teach nobody
    return fix.change is not None or _shorten(fix.failed.command) != _shorten(fix.worked.command)


def _describe_loop(loop: Loop, fix: Fix | None) -> PitfallText:
    command = _shorten(loop.actions[0].command)
    avoid = f"repeat `{command}` unchanged" if loop.same_action else f"keep calling `{loop.tool}` the same way"
    instead = _describe_way_out(fix) if fix is not None else "read the message and change the call before the next try"
    return PitfallText(
        when=f"`{loop.tool}` answers “{_clean_error(loop.error)}”",
        avoid=avoid,
        instead=instead,
        symptom=f"the same failure {len(loop.actions)} times",
    )


def _describe_fix(fix: Fix) -> PitfallText:
    failed = fix.failed
    return PitfallText(
        when=f"`{failed.program or failed.tool}` answers “{_clean_error(failed.error)}”",
        avoid=f"try `{_shorten(failed.command)}` again as it is",
        instead=_describe_way_out(fix),
        symptom=_clean_error(failed.error),
    )


def _describe_way_out(fix: Fix) -> str:
    if fix.change is not None:
        return f"run `{_shorten(fix.change.command)}` first"
    return f"use `{_shorten(fix.worked.command)}`"


def _list_criteria(attempt: AttemptInput) -> list[ProposedHint]:
    hints: list[ProposedHint] = []
    for sentence in _SENTENCE.split(strip_agent_instructions(attempt.task_text)):
        words = _BULLET.sub("", sentence).strip()
        if not 12 <= len(words) <= QUOTE_CHARACTERS or not _DEMAND.search(words) or words.endswith((":", "?")):
            continue
        if mask_secrets(words) != words:
            continue
        place = _find_message(attempt.messages, words)
        if place is not None:
            _add(hints, CriterionText(text=words, basis="the task text"), [Quote(message=place, quote=words)])
    return hints[:MAXIMUM_CRITERIA]


def _find_message(messages: Sequence[Message], text: str) -> int | None:
    return next((i for i, item in enumerate(messages) if item.role is Role.USER and text in item.content), None)


def _is_worth_naming(action: Action) -> bool:
    return bool(_get_name(action)) and _get_name(action) not in _HARNESS_TOOLS and bool(action.command.strip())


def _get_name(action: Action) -> str:
    return (action.program or action.tool) if action.is_shell else action.tool


def _describe(action: Action) -> str:
    written = _WRITTEN_FILE.search(action.command.partition("\n")[0]) if action.is_shell else None
    if written is not None:
        return f"Write `{written.group(1)}`"
    command = _shorten(action.command)
    return f"Run `{command}`" if action.is_shell else f"Call `{command}`"


def _shorten(command: str) -> str:
    line = next((line for line in command.strip().splitlines() if line.strip()), "").strip()
    is_cut = len(line) > COMMAND_CHARACTERS or "\n" in command.strip()
    return line[:COMMAND_CHARACTERS].rstrip() + (" ..." if is_cut else "")


def _clean_error(error: str) -> str:
    return " ".join(error.split())[:QUOTE_CHARACTERS]


def _quote_failures(messages: Sequence[Message], failures: Sequence[Action], fix: Fix | None) -> list[Quote | None]:
    quotes: list[Quote | None] = []
    for action in failures[:3]:
        if action.observation is not None and action.error.strip():
            quotes.append(Quote(message=action.observation, quote=action.error.strip()[:QUOTE_CHARACTERS]))
        else:
            quotes.append(_quote_action(messages, action))
    if fix is not None:
        quotes.append(_quote_action(messages, fix.change or fix.worked))
    return quotes


def _quote_action(messages: Sequence[Message], action: Action) -> Quote | None:
    """The call as it stands in the message: the command line itself, its JSON form, or the tool's name."""
    content = messages[action.message].content
    line = _shorten(action.command).removesuffix(" ...")
    for wanted in (line, json.dumps(line, ensure_ascii=False)[1:-1], *_list_json_calls(action), action.tool):
        if wanted and wanted in content:
            return Quote(message=action.message, quote=wanted[:QUOTE_CHARACTERS])
    return None


def _list_json_calls(action: Action) -> Iterable[str]:
    name, _, arguments = action.command.partition(" ")
    if arguments:
        yield f'{{"name": "{name}", "arguments": {arguments}}}'
    yield f'"name": "{action.tool}"'


def _add(hints: list[ProposedHint], text: HintText, quotes: Iterable[Quote | None]) -> None:
    found = [quote for quote in quotes if quote is not None and quote.quote.strip()]
    if found:
        unique = {(quote.message, quote.quote): quote for quote in found}
        hints.append(ProposedHint(text=text, evidence=list(unique.values())))


def _spread(hints: list[ProposedHint], count: int) -> list[ProposedHint]:
    """At most so many, evenly out of all: the first and the last are always among them."""
    if len(hints) <= count:
        return hints
    picked = sorted({round(i * (len(hints) - 1) / (count - 1)) for i in range(count)})
    return [hints[i] for i in picked]


def _read_descriptions(tool_definitions: str | None) -> dict[str, str]:
    """First sentence of each offered tool's description, by name. Source: OpenAI tool definitions."""
    try:
        listed = json.loads(tool_definitions or "[]")
    except ValueError:
        return {}
    descriptions: dict[str, str] = {}
    for item in listed if isinstance(listed, list) else []:
        function = item.get("function", item) if isinstance(item, dict) else {}
        if isinstance(function, dict) and function.get("name") and function.get("description"):
            text = " ".join(str(function["description"]).split())
            descriptions[str(function["name"])] = text.partition(". ")[0].rstrip(".") + "."
    return descriptions
