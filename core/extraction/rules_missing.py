"""Programs that are not installed: one pitfall for all of them, and prose that a shell took for a program."""

import re

from core.extraction.rules_trial import Digest, Lesson, TrialDigest
from core.extraction.rules_wording import list_imports, list_names, quote_error, unique_quotes
from core.models import PitfallText, Quote
from core.traces.actions import Action

MISSING_PROGRAM = re.compile(
    r"(?:^|[\s:/])([\w.+-]+): (?:command )?not found\b|command not found: (\S+)|(?:^|: )\./(\S+): No such file"
)
_PROSE = re.compile(r"[A-Z][A-Z]{3,}|[A-Z][a-z]+")
_PROGRAM = re.compile(r"[A-Za-z][\w+-]*(?:\.\w+)*")
_NAMED = 4


def find_missing_programs(trial: TrialDigest) -> list[Lesson]:
    """What several attempts or commands looked for in vain, and what a shell should never have seen."""
    missing: dict[str, dict[int, list[Action]]] = {}
    for digest in trial.attempts:
        for action in digest.actions:
            name = _find_name(action)
            if name:
                missing.setdefault(name, {}).setdefault(digest.id, []).append(action)
    prose = {name: uses for name, uses in missing.items() if _PROSE.fullmatch(name)}
    never = {name: uses for name, uses in missing.items() if name not in prose and not _came_later(trial, name, uses)}
    return [*_describe_never(trial, never), *_describe_prose(trial, prose)]


def _find_name(action: Action) -> str:
    match = MISSING_PROGRAM.search(action.error) if action.failed and action.is_shell else None
    name = next((each for each in match.groups() if each), "").strip("'\"") if match else ""
    # a sentence that was taken for a command names no program
    return name if _PROGRAM.fullmatch(name) else ""


def _came_later(trial: TrialDigest, name: str, uses: dict[int, list[Action]]) -> bool:
    """True if it ran in any attempt: then it can be had, and how is another pitfall."""
    return any(
        not action.failed and action.observation is not None and name.rsplit("/", 1)[-1] in action.programs
        for digest in trial.attempts
        for action in digest.actions
        if digest.id not in uses or action.message > uses[digest.id][0].message
    )


def _describe_never(trial: TrialDigest, missing: dict[str, dict[int, list[Action]]]) -> list[Lesson]:
    if not missing:
        return []
    names = sorted(missing, key=lambda name: (-len(missing[name]), -sum(map(len, missing[name].values())), name))
    shown = sorted(names[:_NAMED])
    is_one = len(shown) == 1
    module = _find_module(trial, shown)
    missed = "it was not" if is_one else "none of them was"
    text = PitfallText(
        when=f"a command needs {list_names(shown, last='or')}",
        avoid=f"count on {'it' if is_one else 'them'}",
        instead=f"use Python's `{module}` module, which worked"
        if module
        else f"look first what is there, with `{_find_look(shown)}`: {missed}",
        symptom="command not found",
    )
    return _with_quotes(trial, text, {name: missing[name] for name in shown})


def _find_module(trial: TrialDigest, names: list[str]) -> str:
    """The one of these programs that later scripts did without, by Python's module of the same name."""
    imported = {
        module
        for digest in trial.attempts
        for action in digest.actions
        if not action.failed
        for module in list_imports(action)
    }
    return next((name for name in names if name in imported), "")


def _find_look(names: list[str]) -> str:
    # a wrapper of the project's own is a file in its folder
    program = next((name for name in names if name != "gradlew" and not name.endswith(".sh")), None)
    return f"command -v {program}" if program else "ls"


def _describe_prose(trial: TrialDigest, prose: dict[str, dict[int, list[Action]]]) -> list[Lesson]:
    often = {name: uses for name, uses in prose.items() if sum(map(len, uses.values())) > 1}
    if not often:
        return []
    name = max(often, key=lambda each: (sum(map(len, often[each].values())), each))
    text = PitfallText(
        when=f"the shell answers “{name}: command not found”",
        avoid="write prose into the command",
        instead=f"put nothing but the command there: the shell runs `{name}` and each line after it as one",
        symptom=f"the same failure {sum(map(len, often[name].values()))} times",
    )
    return _with_quotes(trial, text, {name: often[name]})


def _with_quotes(trial: TrialDigest, text: PitfallText, found: dict[str, dict[int, list[Action]]]) -> list[Lesson]:
    quotes = {digest.id: _quote(digest, found) for digest in trial.attempts}
    quotes = {each: listed for each, listed in quotes.items() if listed}
    return [Lesson(text, quotes)] if quotes else []


def _quote(digest: Digest, found: dict[str, dict[int, list[Action]]]) -> list[Quote]:
    return unique_quotes(quote_error(uses[digest.id][0]) for uses in found.values() if digest.id in uses)
