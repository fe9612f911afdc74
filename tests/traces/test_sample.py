"""The sample that ships: small, hand-made, and every number of it known."""

from collections import Counter
from pathlib import Path

import pytest

import core.traces
from core.models import Grouping, Role
from core.store import Store
from tests.builders import Imported, import_path

SAMPLE = Path(core.traces.__file__).parent / "sample.jsonl"
BOOKING = "User: Book flight to SFO with WiFi\nTask: Do whatever the user asked."


@pytest.fixture
def sample(store: Store) -> Imported:
    return import_path(store, SAMPLE)


def test_the_sample_has_45_rows_13_trials_and_26_attempts(sample: Imported) -> None:
    report = sample.report
    assert (report.rows, report.episodes, report.set_aside) == (45, 45, 0)
    assert (report.trials, report.attempts) == (13, 26)
    assert (len(sample.trials), len(sample.attempts)) == (13, 26)


def test_the_sample_has_every_outcome(sample: Imported) -> None:
    assert sample.report.outcomes == {"success": 13, "failure": 9, "partial": 1, "error": 1, "unknown": 2}
    assert Counter(attempt.attempt.outcome for attempt in sample.attempts) == sample.report.outcomes


def test_the_sample_holds_one_made_up_secret(sample: Imported) -> None:
    assert sum(sample.report.secrets.values()) == 1


def test_the_booking_task_of_the_sample_stays_whole(sample: Imported) -> None:
    assert [trial.trial.task_text for trial in sample.trials].count(BOOKING) == 1


def test_every_trial_of_the_sample_has_a_task_without_template(sample: Imported) -> None:
    for trial in sample.trials:
        assert trial.trial.task_text.strip()
        assert "Current terminal state:" not in trial.trial.task_text
        assert not trial.trial.task_text.startswith("You are an AI assistant")
        assert not {"empty-task", "task-texts-disagree"} & set(trial.finding_codes)


def test_the_sample_holds_both_readings_of_episode(sample: Imported) -> None:
    episodes = [len(attempt.episodes) for attempt in sample.attempts]
    assert max(episodes) >= 4
    assert any(
        len(trial.attempts) >= 4 and all(len(a.episodes) == 1 for a in trial.attempts) for trial in sample.trials
    )


def test_the_sample_holds_a_summarisation_break(sample: Imported) -> None:
    # one run, two maximal conversations, each with prefixes
    assert any(
        len(trial.attempts) == 2 and all(len(attempt.episodes) >= 2 for attempt in trial.attempts)
        for trial in sample.trials
    )


def test_the_sample_holds_an_attempt_that_failed_with_the_prompt_alone(sample: Imported) -> None:
    prompts = [a for a in sample.attempts if all(message.role is not Role.ASSISTANT for message in a.messages)]
    assert [attempt.attempt.outcome for attempt in prompts] != []
    assert all(attempt.attempt.outcome in ("failure", "error") for attempt in prompts)


def test_grouping_the_sample_by_task_joins_its_trials(store: Store, sample: Imported) -> None:
    by_task = import_path(store, SAMPLE, group_by=Grouping.TASK)
    assert (by_task.report.trials, by_task.report.attempts, sample.report.shared_tasks) == (11, 26, 2)
