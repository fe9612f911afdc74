"""The dataset's card (`README.md`): what it is, who looked at it, and how to use it. Pure; no time, no publisher."""

from core.models import Dataset, HintKind, Outcome
from core.publishing.card_facts import Card, CardFacts, choose_licence, list_checks
from core.publishing.card_text import build_yaml, describe_share, show_code
from core.publishing.card_use import describe_limits, describe_use
from core.publishing.metadata import list_origins
from core.publishing.names import describe_source
from core.publishing.options import HintSelection

_KIND_WORDS = {
    HintKind.TOOL: "tools",
    HintKind.STRATEGY: "strategy steps",
    HintKind.PITFALL: "pitfalls",
    HintKind.CRITERION: "success criteria",
}
_SELECTION_WORDS = {
    HintSelection.FULL: "The instructions carry every accepted hint.",
    HintSelection.PITFALLS_AND_CRITERIA: "The instructions carry pitfalls and success criteria only.",
    HintSelection.WITHOUT_STRATEGY: "The instructions carry tools, pitfalls and success criteria, and no strategy.",
}


def build_card(dataset: Dataset, facts: CardFacts, card: Card) -> str:
    """The card with the configurations that `load_dataset` reads.

    Args:
        dataset: The source of the traces.
        facts: Of the published tasks.
        card: What was asked for, and what is known of the source.
    """
    parts = [
        build_yaml(choose_licence(card), tasks=facts.tasks + facts.twins),
        f"# Tasks with hints from {show_code(describe_source(dataset))}",
        _describe_contents(facts, card),
        "## Where it comes from",
        _describe_origin(dataset, facts, card),
        "## Who looked at it",
        _describe_review(facts),
        _describe_statuses(facts, card),
        _describe_checks(),
        "## Verifier",
        _describe_verifier(facts),
        "## Licence",
        _describe_licence(card),
        "## Use",
        *describe_use(facts, card),
        "## Limits",
        describe_limits(facts, card),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _describe_contents(facts: CardFacts, card: Card) -> str:
    counts = ", ".join(f"{facts.hints[kind]} {words}" for kind, words in _KIND_WORDS.items())
    text = (
        f"{facts.tasks} agent tasks whose instructions carry hints learned from past attempts, made by Trace Hints. "
        f"Hints: {counts}. {_SELECTION_WORDS[card.options.hint_selection]}"
    )
    if facts.twins:
        text += (
            f" Beside them stand {facts.twins} twins: the same tasks without hints, named `-plain`; `twin_of` in a "
            "twin's metadata names its task."
        )
    return text


def _describe_origin(dataset: Dataset, facts: CardFacts, card: Card) -> str:
    origins = list_origins(sorted(facts.origins, key=repr))
    lines = [f"Traces: {show_code(describe_source(dataset))}" + _name_more("revision", dataset.revision)]
    lines[0] += _name_more("config", dataset.config) + _name_more("split", dataset.split)
    if card.tasks_identity is not None:
        lines.append(
            f"Tasks: {show_code(card.tasks_identity.source)}{_name_more('revision', card.tasks_identity.revision)}; "
            "apart from the instructions they are unchanged"
        )
    for words, names in zip(("Extractor", "Model", "Prompt version"), origins.values(), strict=True):
        if names:
            lines.append(f"{words}: {', '.join(map(show_code, names))}")
    outcomes = [f"{facts.outcomes[outcome.value]} {outcome.value}" for outcome in Outcome]
    lines.append(f"Attempts behind the tasks: {facts.outcomes.total()} ({', '.join(outcomes)})")
    bounds = [
        f"{words} {bound:g}"
        for words, bound in (("at least", card.options.min_pass_rate), ("at most", card.options.max_pass_rate))
        if bound is not None
    ]
    if bounds:
        lines.append(f"Only tasks whose base pass rate is {' and '.join(bounds)}")
    return "\n".join(f"- {line}." for line in lines)


def _name_more(word: str, value: str | None) -> str:
    return f", {word} {show_code(value)}" if value else ""


def _describe_review(facts: CardFacts) -> str:
    if facts.reviewed == facts.tasks:
        text = "A person approved each of these tasks."
    elif not facts.reviewed:
        text = "No person reviewed these tasks: their hints were accepted automatically."
    else:
        text = (
            f"A person approved {facts.reviewed} of these {facts.tasks} tasks; no person reviewed the others. "
            "`reviewed` in each task's metadata says which."
        )
    decided = facts.accepted + facts.rejected
    if not decided:
        return text
    return (
        f"{text} Of the {decided} hints that were decided on for them, people edited "
        f"{describe_share(facts.edited, decided)} and rejected {describe_share(facts.rejected, decided)}."
    )


def _describe_statuses(facts: CardFacts, card: Card) -> str:
    statuses = card.source.statuses
    if statuses is None:
        return ""
    undecided = statuses.trials - statuses.approved - statuses.rejected
    return (
        f"Of the source's {statuses.trials} trials, {statuses.approved} are approved, {statuses.rejected} rejected and "
        f"{undecided} not decided; {facts.tasks} are here."
    )


def _describe_checks() -> str:
    checks = list_checks()
    codes = {severity: ", ".join(f"`{code}`" for code in found) for severity, found in checks.items()}
    return (
        "Code looked for the quotes behind each hint in the attempt it was taken from, and checked its words. Findings "
        f"that keep a hint from being published, unless a person overrode them with a reason: {codes.get('block')}. "
        f"Findings that warn: {codes.get('warn')}. Findings that only tell: {codes.get('info')}. "
        "Before publishing, every file was searched for keys, tokens and "
        "private keys; for those there is no override."
    )


def _describe_verifier(facts: CardFacts) -> str:
    if not facts.with_verifier:
        return "The tasks have no verifier: nothing in them checks whether a solution is right."
    if facts.with_verifier == facts.tasks:
        return "Each task has the verifier of its source task (its folder `tests`)."
    return (
        f"{facts.with_verifier} of {facts.tasks} tasks have the verifier of their source task; the others have none, "
        "and stand in a standard environment. `has_verifier` in each task's metadata says which."
    )


def _describe_licence(card: Card) -> str:
    licence = choose_licence(card)
    if licence is None:
        return "No licence is known to hold for everything here. Ask the source's authors before you build on it."
    if card.options.licence is not None:
        return f"The publisher names the licence {show_code(licence)}."
    return f"The source's card names the licence {show_code(licence)}; it is carried over."
