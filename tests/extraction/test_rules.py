from collections import defaultdict
from pathlib import Path

import pytest

from core.curation.curate import curate_dataset
from core.extraction.attempt import AttemptInput, load_attempt_input
from core.extraction.batch import run_batch
from core.extraction.rules import extract_trial_by_rules
from core.models import (
    AttemptHints,
    CriterionText,
    Dataset,
    EvidenceStatus,
    HintKind,
    Message,
    Outcome,
    PitfallText,
    Role,
    StrategyText,
    ToolText,
)
from core.progress import no_progress
from core.store import Store
from tests.workspaces import create_batch, import_sample, make_settings

REAL_TRACES = Path(__file__).parents[3] / "shared" / "data" / "traces"


def make_attempt(*turns: tuple[str, str], outcome: Outcome = Outcome.SUCCESS, task: str = "Task: x") -> AttemptInput:
    messages = [Message(role=Role(role), content=text) for role, text in turns]
    return AttemptInput(attempt_id=1, conversation_id="c", task_text=task, outcome=outcome, messages=messages)


def call(name: str, arguments: str = "{}") -> tuple[str, str]:
    return "assistant", f'<tool_call>\n{{"name": "{name}", "arguments": {arguments}}}\n</tool_call>'


def pick(hints: AttemptHints, kind: HintKind) -> list[str]:
    return [hint.text.model_dump_json() for hint in hints.hints if hint.text.kind is kind]


def extract_by_rules(attempt: AttemptInput) -> AttemptHints:
    return extract_trial_by_rules([attempt])[attempt.attempt_id]


def run_rules(store: Store, dataset: Dataset) -> None:
    batch = create_batch(store, dataset)
    run_batch(
        store,
        batch,
        settings=make_settings(Path("unused")),
        progress=no_progress,
        check_lease=lambda: None,
    )
    curate_dataset(store, dataset)


def test_a_tool_that_only_failed_is_no_tool() -> None:
    attempt = make_attempt(
        ("user", "Task: x"), call("good"), ("tool", '{"ok": 1}'), call("bad"), ("tool", "Error: no such tool bad")
    )
    tools = pick(extract_by_rules(attempt), HintKind.TOOL)
    assert len(tools) == 1
    assert '"name":"good"' in tools[0]


def test_what_the_user_says_is_never_a_tool() -> None:
    attempt = make_attempt(
        ("user", 'Task: use <tool_call>{"name": "rm", "arguments": {}}</tool_call>'), ("assistant", "No.")
    )
    assert extract_by_rules(attempt).hints == []


def test_steps_come_from_successful_attempts_only() -> None:
    turns = (("user", "Task: x"), call("find"), ("tool", "found"), call("book"), ("tool", "booked"))
    for outcome in Outcome:
        steps = pick(extract_by_rules(make_attempt(*turns, outcome=outcome)), HintKind.STRATEGY)
        assert bool(steps) is (outcome in (Outcome.SUCCESS, Outcome.PARTIAL))


def test_the_same_failure_again_is_a_pitfall_with_every_quote_found() -> None:
    failing = (call("book", '{"date": "1999"}'), ("tool", "Error: date 1999 is in the past"))
    attempt = make_attempt(("user", "Task: x"), *failing, *failing, *failing, outcome=Outcome.FAILURE)
    (hint,) = [hint for hint in extract_by_rules(attempt).hints if isinstance(hint.text, PitfallText)]
    assert isinstance(hint.text, PitfallText)
    assert "Error: date ... is in the past" in hint.text.when
    assert hint.text.avoid == "call `book` again with the same arguments"
    assert hint.text.instead == "change `date`, which the message is about"
    assert [quote.message for quote in hint.evidence] == [2, 4, 6]


def test_what_worked_after_an_error_is_what_to_do_instead() -> None:
    attempt = make_attempt(
        ("user", "Task: x"),
        call("book", '{"date": "1999"}'),
        ("tool", "Error: date 1999 is in the past"),
        call("book", '{"date": "2030"}'),
        ("tool", '{"booked": true}'),
    )
    (hint,) = [hint for hint in extract_by_rules(attempt).hints if isinstance(hint.text, PitfallText)]
    assert isinstance(hint.text, PitfallText)
    assert hint.text.instead == "change `date`, which worked"
    assert [quote.message for quote in hint.evidence] == [2, 3]


def test_demands_of_the_task_are_criteria() -> None:
    task = "Task: Book a flight. It must have WiFi on board. Have fun."
    attempt = make_attempt(("user", task), ("assistant", "Done."), task=task)
    (hint,) = extract_by_rules(attempt).hints
    assert isinstance(hint.text, CriterionText)
    assert hint.text.text == "It must have WiFi on board."


def test_a_command_with_a_secret_is_in_no_hint() -> None:
    attempt = make_attempt(
        ("user", "Task: x"),
        call("login", '{"key": "AKIAIOSFODNN7EXAMPLE"}'),
        ("tool", "ok"),
        call("list"),
        ("tool", "ok"),
    )
    hints = extract_by_rules(attempt)
    assert hints.hints
    assert "AKIAIOSFODNN7EXAMPLE" not in hints.model_dump_json()


def test_the_same_attempt_always_gives_the_same_hints(store: Store, dataset: Dataset) -> None:
    for trial in store.traces.list_trials(dataset.id):
        for attempt in store.traces.list_attempts(trial.id):
            given = load_attempt_input(store, attempt.id)
            assert extract_by_rules(given) == extract_by_rules(given)


def test_every_quote_on_the_sample_is_found_where_it_is_said_to_be(store: Store, dataset: Dataset) -> None:
    run_rules(store, dataset)
    statuses = [
        evidence.status
        for trial in store.traces.list_trials(dataset.id)
        for hint in store.curation.list_hints(trial.id)
        for evidence in hint.evidence
    ]
    assert len(statuses) > 80
    assert set(statuses) == {EvidenceStatus.EXACT}


def test_the_sample_shows_its_planted_lessons(store: Store, dataset: Dataset) -> None:
    run_rules(store, dataset)
    words: defaultdict[str, str] = defaultdict(str)
    for trial in store.traces.list_trials(dataset.id):
        for hint in store.curation.list_hints(trial.id):
            words[trial.name] += hint.text.model_dump_json()
    assert "pip install" in words["csv-to-parquet-sales__h8Wq3Nt"]
    assert "systemctl restart nginx" in words["nginx-strip-prefix__Jm5tR2c"]
    assert "get_user_context" in words["book-flight-sfo-wifi"]
    assert "AKIAIOSFODNN7EXAMPLE" not in "".join(words.values())


@pytest.mark.skipif(not REAL_TRACES.exists(), reason="the real traces are not on this machine")
@pytest.mark.parametrize("name", ["attempts_tau_airline", "cumulative_sweagent", "cumulative_terminus2"])
def test_on_real_traces_every_tool_and_step_has_a_quote_that_is_found(store: Store, name: str) -> None:
    dataset = import_sample(store, REAL_TRACES / f"{name}.parquet")
    run_rules(store, dataset)
    hints = [hint for trial in store.traces.list_trials(dataset.id) for hint in store.curation.list_hints(trial.id)]
    checked = [hint for hint in hints if isinstance(hint.text, ToolText | StrategyText)]
    assert len(checked) > 30
    assert all(any(item.status is not EvidenceStatus.MISSING for item in hint.evidence) for hint in checked)
