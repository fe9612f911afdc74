"""Failures that came back, and errors that were mended: when, what not to do, and what worked instead.

What fails in several attempts is one pitfall. Where nothing that worked is known and the error names no way out, the
advice is to change what the error is about.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field

from core.extraction.rules_contrast import find_misused_tools
from core.extraction.rules_missing import MISSING_PROGRAM, find_missing_programs
from core.extraction.rules_remedies import describe_remedy
from core.extraction.rules_tools import HARNESS_TOOLS, get_name
from core.extraction.rules_trial import Digest, Lesson, TrialDigest
from core.extraction.rules_wording import (
    clean_error,
    find_written_file,
    is_inline_script,
    quote_call,
    quote_error,
    shorten_command,
    unique_quotes,
)
from core.models import PitfallText, Quote
from core.traces.actions import Action, Fix

MAXIMUM_PITFALLS = 5
_QUOTED_FAILURES = 3
_DIGITS = re.compile(r"\d+")


@dataclass
class _Trouble:
    """One tool failing for one cause, in all attempts where it did."""

    failures: dict[int, list[Action]] = field(default_factory=lambda: defaultdict(list))
    fixes: dict[int, Fix] = field(default_factory=dict)
    is_same_action: bool = False

    @property
    def rank(self) -> tuple[object, ...]:
        """The lowest comes first: mended, in many attempts, often."""
        return (-len(self.failures), not self.fixes, -max(map(len, self.failures.values())))


def find_pitfalls(trial: TrialDigest) -> list[Lesson]:
    """At most five, those of several attempts first."""
    troubles: dict[tuple[str, str], _Trouble] = {}
    for digest in trial.attempts:
        _add_loops(trial, digest, troubles)
        _add_fixes(trial, digest, troubles)
    lessons = [*find_missing_programs(trial), *find_misused_tools(trial)]
    for trouble in sorted(troubles.values(), key=lambda each: each.rank):
        lesson = _build(trial, trouble)
        if lesson is not None and not any(_say_nearly_the_same(lesson, other) for other in lessons):
            lessons.append(lesson)
    return lessons[:MAXIMUM_PITFALLS]


def _add_loops(trial: TrialDigest, digest: Digest, troubles: dict[tuple[str, str], _Trouble]) -> None:
    for loop in digest.loops:
        first = loop.actions[0]
        if MISSING_PROGRAM.search(first.error):
            continue
        trouble = troubles.setdefault(_get_key(trial, first), _Trouble())
        trouble.is_same_action = trouble.is_same_action or loop.same_action
        known = trouble.failures[digest.id]
        known.extend(action for action in loop.actions if action not in known)


def _add_fixes(trial: TrialDigest, digest: Digest, troubles: dict[tuple[str, str], _Trouble]) -> None:
    for fix in digest.fixes:
        if MISSING_PROGRAM.search(fix.failed.error) and fix.change is None:
            continue
        home = next((each for each in troubles.values() if fix.failed in each.failures.get(digest.id, [])), None)
        trouble = home or troubles.setdefault(_get_key(trial, fix.failed), _Trouble())
        trouble.fixes.setdefault(digest.id, fix)
        known = trouble.failures[digest.id]
        known.extend(action for action in fix.failures if action not in known and _is_one(trial, action, fix.failed))


def _is_one(trial: TrialDigest, action: Action, other: Action) -> bool:
    return _get_key(trial, action) == _get_key(trial, other)


def _get_key(trial: TrialDigest, action: Action) -> tuple[str, str]:
    error = clean_error(action.error, task_text=trial.task_text, is_shell=action.is_shell)
    return action.family, _DIGITS.sub("#", error.casefold())


def _build(trial: TrialDigest, trouble: _Trouble) -> Lesson | None:
    # the words are those of an attempt that found the way out
    source = next(iter(trouble.fixes), next(iter(trouble.failures)))
    failed = trouble.failures[source][0]
    fix = trouble.fixes.get(source)
    error = trial.hide_answers(clean_error(failed.error, task_text=trial.task_text, is_shell=failed.is_shell))
    most = max(map(len, trouble.failures.values()))
    remedy = describe_remedy(trial, failed, fix, error)
    if not remedy and trouble.is_same_action:
        remedy = f"go another way: {most} tries changed nothing"
    if not error.strip(" .") or not remedy or (fix is None and most < 2):
        return None
    text = PitfallText(
        when=f"`{get_name(failed)}` answers “{error}”",
        avoid=_describe_repeat(trial, failed),
        instead=remedy,
        symptom=f"the same failure {most} times" if most > 1 else error,
    )
    quotes = {
        digest.id: _quote(digest, trouble.failures[digest.id], trouble.fixes.get(digest.id))
        for digest in trial.attempts
        if digest.id in trouble.failures
    }
    quotes = {each: found for each, found in quotes.items() if found}
    return Lesson(text, quotes) if quotes else None


def _describe_repeat(trial: TrialDigest, failed: Action) -> str:
    name = get_name(failed)
    if not failed.is_shell:
        return f"call `{name}` again with the same arguments"
    if name in HARNESS_TOOLS:
        return f"`{name}` the same again"
    if name == "edit":
        return "send the same edit again"
    if find_written_file(failed):
        return f"write `{find_written_file(failed)}` the same way again"
    command = shorten_command(failed.command)
    if is_inline_script(failed) or command.endswith(" ...") or trial.gives_away(command):
        return f"run the same `{name}` script again" if is_inline_script(failed) else f"run `{name}` again unchanged"
    return f"run `{command}` again unchanged"


def _quote(digest: Digest, failures: list[Action], fix: Fix | None) -> list[Quote]:
    messages = digest.attempt.messages
    quotes: list[Quote | None] = []
    for action in failures[:_QUOTED_FAILURES]:
        quotes.append(quote_error(action) or quote_call(messages[action.message].content, action))
    for worked in (fix.change, fix.worked) if fix else ():
        if worked is not None:
            quotes.append(quote_call(messages[worked.message].content, worked))
    return unique_quotes(quotes)


def _say_nearly_the_same(one: Lesson, other: Lesson) -> bool:
    if not isinstance(one.text, PitfallText) or not isinstance(other.text, PitfallText):
        return False
    return _DIGITS.sub("#", one.text.when) == _DIGITS.sub("#", other.text.when)
