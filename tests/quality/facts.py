"""(c) What was read by hand in real traces: `../shared/data/traces/facts.jsonl`, checked through a real import.

Facts of other traces in the same form work, too: the file says which trace each is about.
"""

import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from core.curation.evidence import QuotableAttempt
from core.extraction.attempt import load_trial_inputs
from core.extraction.rules import extract_trial_by_rules
from core.models import AttemptHints, EvidenceStatus, Message, PitfallText, Quote
from core.store import Store, open_store
from core.traces.actions import Action, find_fixes, find_loops, list_actions
from core.traces.outcomes import build_outcome, read_result
from tests.quality.rows import QualityRow
from tests.workspaces import import_sample

FACTS = Path(__file__).parents[3] / "shared" / "data" / "traces" / "facts.jsonl"


class _Case(NamedTuple):
    """A fact, and the episode that it is about as the product sees it."""

    fact: dict[str, Any]
    messages: list[Message]
    """Those of the episode; the attempt may go on."""
    actions: list[Action]
    outcome: str
    hints: AttemptHints
    """What the rules say of the whole attempt, beside the others of its trial."""


def list_fact_rows(path: Path = FACTS) -> list[QualityRow]:
    """So many of so many facts by what they claim; empty where the file is absent."""
    found: dict[str, list[bool]] = defaultdict(list)
    for name, _, is_right in iterate_claims(path):
        found[name].append(is_right)
    return [QualityRow(name, sum(rights), len(rights)) for name, rights in found.items()]


def iterate_claims(path: Path = FACTS) -> Iterator[tuple[str, str, bool]]:
    """What each fact claims, its id, and whether the product says so; nothing where the file is absent."""
    if not path.exists():
        return
    facts = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    by_file: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for fact in facts:
        by_file[fact["file"]].append(fact)
    for file, listed in by_file.items():
        with tempfile.TemporaryDirectory() as folder, open_store(Path(folder)) as store:
            dataset = import_sample(store, path.parents[1] / file)
            for fact in listed:
                case = _load(store, dataset.id, fact)
                for name, is_right in _check(case):
                    yield f"facts: {name}", fact["id"], is_right


def _load(store: Store, dataset_id: int, fact: dict[str, Any]) -> _Case:
    trial = next(each for each in store.traces.list_trials(dataset_id) if each.name == fact["trial_name"])
    episode = next(each for each in store.traces.list_episodes(trial.id) if each.name == fact["episode"])
    attempt = store.traces.get_attempt(episode.attempt_id)
    messages = store.traces.load_messages(attempt.conversation_id)[: episode.message_count]
    inputs = load_trial_inputs(store, trial.id, wanted=[attempt.id])
    hints = extract_trial_by_rules(inputs, wanted=[attempt.id])[attempt.id]
    return _Case(fact, messages, list_actions(messages), attempt.outcome.value, hints)


def _check(case: _Case) -> Iterator[tuple[str, bool]]:
    fact = case.fact
    if "tools" in fact:
        yield "executed tools in order", [action.tool for action in case.actions] == fact["tools"]
    if "n_messages" in fact:
        yield "messages of the episode", len(case.messages) == fact["n_messages"]
    if "result" in fact:
        yield "outcome", build_outcome(read_result(fact["result"])).value == case.outcome
    quotable = QuotableAttempt(1, case.messages)
    for evidence in fact["evidence"]:
        checked = quotable.check(Quote(message=evidence["message"], quote=evidence["quote"]))
        yield "quote verified where it stands", checked.status is EvidenceStatus.EXACT
    if fact["kind"] == "loop":
        yield "loop", _has_loop(case)
        yield "loop among the rules' pitfalls", _has_pitfall(case, _list_loop_messages(case), least=2)
    if fact["kind"] == "error_then_fix":
        yield "error then fix", _has_fix(case)
        failed, changed = (evidence["message"] for evidence in fact["evidence"][:2])
        yield "error then fix among the rules' pitfalls", _has_pitfall(case, {failed, changed}, least=2)


def _has_loop(case: _Case) -> bool:
    loops = find_loops(case.actions)
    if "loop_messages" in case.fact:
        return tuple(case.fact["loop_messages"]) in [loop.messages for loop in loops]
    quoted = {evidence["message"] for evidence in case.fact["evidence"]}
    failed = {action.observation for action in case.actions if action.failed and action.observation in quoted}
    answers = [{action.observation for action in loop.actions} for loop in loops]
    return len(failed) >= 2 and any(failed <= each for each in answers)


def _list_loop_messages(case: _Case) -> set[int]:
    """The answers to the calls of a loop, which is where its quotes stand."""
    calls = set(case.fact.get("loop_messages", []))
    answers = {action.observation for action in case.actions if action.message in calls and action.observation}
    return answers or {evidence["message"] for evidence in case.fact["evidence"]}


def _has_fix(case: _Case) -> bool:
    failed, changed = (evidence["message"] for evidence in case.fact["evidence"][:2])
    return any(
        fix.failed.observation == failed and changed in ((fix.change or fix.worked).message, fix.worked.message)
        for fix in find_fixes(case.actions)
    )


def _has_pitfall(case: _Case, messages: set[int], *, least: int) -> bool:
    return any(
        isinstance(hint.text, PitfallText) and len({quote.message for quote in hint.evidence} & messages) >= least
        for hint in case.hints.hints
    )
