"""Real traces that nobody on this project wrote: exact counts, and facts that were read by hand."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.curation.evidence import QuotableAttempt
from core.errors import SourceError
from core.models import EvidenceStatus, Grouping, Outcome, Quote
from core.store import Store
from core.traces.outcomes import build_outcome
from tests.builders import FoundAttempt, Imported, import_path

ImportReal = Callable[..., Imported]


@pytest.fixture
def import_real(store: Store, shared_data: Path) -> ImportReal:
    return lambda name, **options: import_path(store, shared_data / name, **options)


def find_episode(found: Imported, trial_name: str, episode: str) -> tuple[FoundAttempt, int]:
    """The attempt that holds an episode, and the number of its messages."""
    return next(
        (attempt, item.message_count)
        for trial in found.trials
        if trial.trial.name == trial_name
        for attempt in trial.attempts
        for item in attempt.episodes
        if item.name == episode
    )


@pytest.mark.parametrize(
    ("name", "rows", "trials", "attempts", "outcomes"),
    [
        ("attempts_tau_airline", 200, 50, 200, {"success": 84, "failure": 116}),
        ("cumulative_sweagent", 468, 36, 36, {"success": 2, "failure": 14, "unknown": 20}),
        ("cumulative_terminus2", 99, 12, 14, {"success": 5, "partial": 1, "error": 1, "unknown": 7}),
    ],
)
def test_real_traces_give_exactly_these_attempts(
    import_real: ImportReal, name: str, rows: int, trials: int, attempts: int, outcomes: dict[str, int]
) -> None:
    report = import_real(f"traces/{name}.parquet").report
    assert (report.rows, report.episodes, report.set_aside) == (rows, rows, 0)
    assert (report.trials, report.attempts) == (trials, attempts)
    assert report.outcomes == outcomes
    by_task = import_real(f"traces/{name}.parquet", group_by=Grouping.TASK).report
    assert (by_task.attempts, by_task.outcomes) == (attempts, outcomes)


@pytest.mark.parametrize(
    ("name", "per_row", "per_attempt", "tolerance"),
    [("cumulative_sweagent", 2_434_419, 262_143, 0.01), ("cumulative_terminus2", 1_029_195, 117_851, 0.001)],
)
def test_collapsing_prefixes_saves_what_was_measured_by_hand(
    import_real: ImportReal, name: str, per_row: int, per_attempt: int, tolerance: float
) -> None:
    report = import_real(f"traces/{name}.parquet").report
    assert report.tokens_per_row == pytest.approx(per_row, rel=tolerance)
    assert report.tokens_per_attempt == pytest.approx(per_attempt, rel=tolerance)


@pytest.mark.parametrize("name", ["attempts_tau_airline", "cumulative_sweagent", "cumulative_terminus2"])
def test_facts_read_by_hand_hold(import_real: ImportReal, shared_data: Path, name: str) -> None:
    lines = (shared_data / "traces" / "facts.jsonl").read_text("utf-8").splitlines()
    facts: list[dict[str, Any]] = [fact for fact in map(json.loads, lines) if name in fact["file"]]
    assert facts
    found = import_real(f"traces/{name}.parquet")
    for fact in facts:
        attempt, message_count = find_episode(found, fact["trial_name"], fact["episode"])
        assert message_count == fact.get("n_messages", message_count), fact["id"]
        if fact.get("result") is not None:
            assert attempt.attempt.outcome is build_outcome(str(fact["result"])), fact["id"]
        quotable = QuotableAttempt(attempt.attempt.id, attempt.messages)
        for item in fact["evidence"]:
            quote = Quote(message=item["message"], quote=item["quote"])
            assert quotable.check(quote).status is EvidenceStatus.EXACT, (fact["id"], item)
            assert attempt.messages[item["message"]].role == item["role"], fact["id"]


def test_a_summarised_run_has_two_maximal_conversations(import_real: ImportReal) -> None:
    # fact dev-25: the history restarts, episode-2 is not the beginning of episode-3
    found = import_real("traces/cumulative_terminus2.parquet")
    trials = {trial.trial.name: trial.attempts for trial in found.trials}
    attempts = trials["golden-terminus_2-hello-world-context-summarization"]
    assert [(item.name, item.message_count) for item in attempts[0].episodes] == [
        ("episode-0", 2), ("episode-1", 4), ("episode-2", 6),
    ]  # fmt: skip
    assert [item.name for item in attempts[1].episodes] == ["episode-3", "episode-4", "episode-5", "episode-6"]
    assert attempts[1].episodes[0].message_count == 5
    assert sorted(Counter(map(len, trials.values())).items()) == [(1, 10), (2, 2)]


@pytest.mark.parametrize("name", ["cumulative_sweagent", "cumulative_terminus2", "attempts_tau_airline"])
def test_no_template_is_taken_for_a_task(import_real: ImportReal, name: str) -> None:
    for trial in import_real(f"traces/{name}.parquet").trials:
        text = trial.trial.task_text
        assert text.strip(), trial.trial.name
        assert not text.startswith(("SETTING:", "You are an AI assistant", "You are OpenHands")), trial.trial.name
        assert "Current terminal state:" not in text
        assert "empty-task" not in trial.finding_codes


# --- odd shapes of the same traces


def test_messy_results_in_shuffled_order_find_their_attempts(import_real: ImportReal, shared_data: Path) -> None:
    found = import_real("variants/messy_results_order.jsonl")
    assert (found.report.rows, found.report.attempts, found.report.trials) == (13, 12, 3)
    outcomes = {
        (trial.trial.name[12:15], name[-1]): attempt.attempt.outcome
        for trial in found.trials
        for attempt in trial.attempts
        for name in attempt.episode_names
    }
    assert outcomes == {
        ("000", "0"): Outcome.SUCCESS,  # 1
        ("000", "1"): Outcome.FAILURE,  # 0
        ("000", "2"): Outcome.SUCCESS,  # 1.0
        ("000", "3"): Outcome.FAILURE,  # 0.0
        ("001", "0"): Outcome.SUCCESS,  # true
        ("001", "1"): Outcome.FAILURE,  # false
        ("001", "2"): Outcome.SUCCESS,  # "1"
        ("001", "3"): Outcome.FAILURE,  # "0", twice
        ("002", "0"): Outcome.ERROR,  # AgentTimeoutError
        ("002", "1"): Outcome.UNKNOWN,  # null
        ("002", "2"): Outcome.UNKNOWN,  # ""
        ("002", "3"): Outcome.UNKNOWN,  # NaN
    }
    assert [len(attempt.episodes) for attempt in found.attempts].count(2) == 1


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_openai_tool_calls_keep_names_ids_and_answers(import_real: ImportReal, suffix: str) -> None:
    found = import_real(f"variants/openai_tool_roles.{suffix}")
    assert (found.report.attempts, found.report.trials, found.report.set_aside) == (12, 3, 0)
    for attempt in found.attempts:
        made = [call_id for message in attempt.messages for call_id in message.call_ids]
        answered = [message.answers for message in attempt.messages if message.answers]
        assert set(answered) <= set(made)
        assert sum(text.count("<tool_call>") for text in attempt.texts) == len(made)


def test_openai_shapes_hold_the_same_words_as_the_plain_ones(import_real: ImportReal) -> None:
    plain = import_real("traces/attempts_tau_airline.parquet")
    odd = import_real("variants/openai_tool_roles.jsonl")
    for trial in odd.trials:
        for attempt in trial.attempts:
            other, _ = find_episode(plain, trial.trial.name, attempt.episode_names[0])
            assert len(other.messages) == len(attempt.messages)
            assert [m.content for m in other.messages if m.role != "assistant"] == [
                m.content for m in attempt.messages if m.role != "assistant"
            ]


def test_sharegpt_messages_are_read_with_their_roles(import_real: ImportReal) -> None:
    found = import_real("variants/sharegpt_harbor.jsonl")
    assert (found.report.attempts, found.report.trials) == (12, 3)
    roles = Counter(message.role.value for attempt in found.attempts for message in attempt.messages)
    assert {"system", "user", "assistant"} <= set(roles)
    assert "unknown" not in roles


def test_histories_of_swe_agent_keep_the_ids_of_their_calls(import_real: ImportReal, shared_data: Path) -> None:
    found = import_real("variants/sweagent_history_parts.jsonl")
    assert (found.report.attempts, found.report.trials, found.report.set_aside) == (5, 5, 0)
    lines = (shared_data / "variants" / "sweagent_history_parts.jsonl").read_text("utf-8").splitlines()
    for attempt, row in zip(found.attempts, map(json.loads, lines), strict=True):
        said = [next(iter(message.get("tool_call_ids") or [None])) for message in row["conversations"]]
        assert [message.answers for message in attempt.messages] == said
        made = [[call["id"] for call in message.get("tool_calls") or []] for message in row["conversations"]]
        assert [list(message.call_ids) for message in attempt.messages] == made


def test_raw_atif_is_no_dataset_of_rows_and_says_so(import_real: ImportReal) -> None:
    with pytest.raises(SourceError, match="columns episode and conversations missing .it has: atif, trial_name"):
        import_real("variants/atif_raw.jsonl")
