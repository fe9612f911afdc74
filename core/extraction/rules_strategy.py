"""What the successful attempts of a trial did and the failed ones did not, in the order in which it was done.

Without a successful attempt there is no strategy; with one alone, its steps are all there is to compare.
"""

from collections.abc import Sequence

from core.extraction.rules_purposes import READING
from core.extraction.rules_signs import find_sign
from core.extraction.rules_steps import Step, list_steps
from core.extraction.rules_trial import Lesson, TrialDigest
from core.extraction.rules_wording import (
    find_written_file,
    list_names,
    quote_call,
    read_arguments,
    shorten_command,
    unique_quotes,
)
from core.models import Quote, StrategyText
from core.traces.actions import Action

MAXIMUM_STEPS = 6
MAXIMUM_COMMANDS = 3
"""Steps that give a whole command line: more of them, and the strategy would be the solution itself."""


def find_strategy(trial: TrialDigest) -> list[Lesson]:
    """The steps, at most six, in order; empty where no attempt succeeded or those that did executed nothing."""
    ways = {digest.id: list_steps(digest) for digest in trial.successes}
    ways = {each: steps for each, steps in ways.items() if steps}
    if not ways:
        return []
    failed = [{step.key for step in list_steps(digest)} for digest in trial.failures]
    # the shortest way that led there says most with least
    best = min(ways, key=lambda each: (len(ways[each]), each))
    common = [step for step in ways[best] if _count(step.key, ways) * 2 > len(ways)]
    if failed and all(_contrast(step, ways, failed) <= 0 for step in common):
        # what the failed attempts did just as often is not what made the difference
        return []
    picked = _pick(sorted(common, key=lambda step: _rank(step, ways, failed)), ways, failed)
    if len(picked) == 1 and READING.match(picked[0].key) and _contrast(picked[0], ways, failed) == 1 and not failed:
        # a look-up that everybody starts with is no strategy; the list of tools names it
        return []
    lessons = [_build(trial, step, ways, failed) for step in sorted(picked, key=lambda step: step.position)]
    unique: dict[str, Lesson] = {}
    for lesson in lessons:
        if lesson is not None and isinstance(lesson.text, StrategyText):
            unique.setdefault(lesson.text.do, lesson)
    return list(unique.values())


def _pick(ranked: Sequence[Step], ways: dict[int, list[Step]], failed: Sequence[set[str]]) -> list[Step]:
    """The first steps, of whole command lines only a few, and of those none that failed attempts ran just as often."""
    picked: list[Step] = []
    commands = 0
    for step in ranked:
        is_command = step.actions[0].is_shell
        if is_command and (commands == MAXIMUM_COMMANDS or (failed and _contrast(step, ways, failed) <= 0)):
            continue
        commands += is_command
        picked.append(step)
    return picked[:MAXIMUM_STEPS]


def _count(key: str, ways: dict[int, list[Step]]) -> int:
    return sum(any(step.key == key for step in steps) for steps in ways.values())


def _rank(step: Step, ways: dict[int, list[Step]], failed: Sequence[set[str]]) -> tuple[object, ...]:
    only_shows = all(action.shows_only for action in step.actions)
    # what was missing is a pitfall with its remedy already
    installs = all(action.is_install for action in step.actions)
    return (only_shows, -_contrast(step, ways, failed), installs, -len(step.actions), step.position)


def _contrast(step: Step, ways: dict[int, list[Step]], failed: Sequence[set[str]]) -> float:
    """The share of successful attempts that took the step, less that of the failed ones."""
    also = sum(step.key in keys for keys in failed) / len(failed) if failed else 0.0
    return _count(step.key, ways) / len(ways) - also


def _build(trial: TrialDigest, step: Step, ways: dict[int, list[Step]], failed: Sequence[set[str]]) -> Lesson | None:
    action = _find_clearest(step.actions, trial)
    words = _describe(step.key, action, len(step.actions))
    if trial.gives_away(words) or words.endswith(" ...`"):
        return None
    quotes: dict[int, list[Quote]] = {}
    check = ""
    for digest in trial.successes:
        mine = next((each for each in ways.get(digest.id, []) if each.key == step.key), None)
        if mine is None:
            continue
        shown = action if action in mine.actions else _find_clearest(mine.actions, trial)
        quotes[digest.id] = unique_quotes([quote_call(digest.attempt.messages[shown.message].content, shown)])
        if shown is action:
            check, proof = find_sign(trial, digest, action)
            quotes[digest.id] = unique_quotes([*quotes[digest.id], proof])
    quotes = {each: found for each, found in quotes.items() if found}
    text = StrategyText(do=words, why=_compare(step.key, ways, failed), check=check)
    return Lesson(text, quotes) if quotes else None


def _find_clearest(actions: Sequence[Action], trial: TrialDigest) -> Action:
    return min(
        actions,
        key=lambda each: (trial.gives_away(each.command), each.observation is None, len(each.command), each.command),
    )


def _describe(key: str, action: Action, times: int) -> str:
    kind, _, rest = key.partition(" ")
    if kind == "edit" and rest:
        return f"Change `{rest}`"
    if kind == "inline":
        return f"Work with {list_names(rest.split()[:3])} in a `{action.program}` script"
    written = find_written_file(action)
    if written:
        return f"Write `{written}`"
    if action.is_shell and key.endswith(" own script"):
        return f"Write a script and run it with `{shorten_command(action.command)}`"
    if action.is_shell:
        return f"Run `{shorten_command(action.command)}`"
    arguments = read_arguments(action)
    if len(arguments) == 1 and action.tool.startswith("load"):
        return f"Call `{action.tool}` for `{next(iter(arguments.values()))}`"
    given = f" with {list_names(list(arguments)[:4])}" if arguments else ""
    each = ", once for each" if times >= 3 and len(arguments) == 1 else ""
    return f"Call `{action.tool}`{given}{each}"


def _compare(key: str, ways: dict[int, list[Step]], failed: Sequence[set[str]]) -> str:
    done = _count(key, ways)
    if len(ways) == 1 and not failed:
        return ""
    others = f" and {sum(key in keys for keys in failed)} of {len(failed)} failed ones" if failed else ""
    return f"Done in {done} of {len(ways)} successful attempts{others}"
