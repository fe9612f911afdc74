"""Aggregation and checks over a dataset: idempotent, in portions, and only what the worker may still write."""

from pathlib import Path

import pytest

from core.curation import decisions
from core.curation.curate import TRIALS_AT_ONCE, curate_dataset
from core.errors import JobStopped, WorkerReplaced
from core.models import CriterionText, Dataset, EvidenceStatus, Extractor, HintState, StrategyText, ToolText
from core.store import Store, open_store
from core.store.curation import HintCounts
from tests.builders import import_list, make_row, talk
from tests.curation.proposals import propose, save_proposals

TRIALS = 2 * TRIALS_AT_ONCE + 1


@pytest.fixture
def dataset(store: Store) -> Dataset:
    """Trials with two attempts each, of which the first succeeded."""
    rows = [
        make_row(talk(f"Task: sort list {n}", f"sort list-{n}.txt {result}"), trial_name=f"t{n}", result=result)
        for n in range(TRIALS)
        for result in ("1.0", "0.0")
    ]
    return import_list(store, rows).dataset


def list_attempts(store: Store, dataset: Dataset) -> list[int]:
    trials = store.traces.list_trials(dataset.id)
    return [attempt.id for trial in trials for attempt in store.traces.list_attempts(trial.id)]


def propose_everywhere(store: Store, dataset: Dataset) -> int:
    hints = [
        propose(StrategyText(do="Sort the list."), "sort list", message=1),
        propose(ToolText(name="sort"), "sort list"),
    ]
    return save_proposals(store, dataset, dict.fromkeys(list_attempts(store, dataset), hints)).id


def snapshot(store: Store, dataset: Dataset) -> list[object]:
    trials = store.traces.list_trials(dataset.id)
    return [(store.curation.list_hints(trial.id), store.curation.list_findings(trial.id)) for trial in trials]


def test_every_trial_gets_its_hints_with_evidence_and_support(store: Store, dataset: Dataset) -> None:
    propose_everywhere(store, dataset)
    curate_dataset(store, dataset)
    for trial in store.traces.list_trials(dataset.id):
        tool, step = store.curation.list_hints(trial.id)
        assert (tool.text, step.text) == (ToolText(name="sort"), StrategyText(do="Sort the list."))
        assert step.attempt_ids == [attempt.id for attempt in store.traces.list_attempts(trial.id)]
        assert [(item.message, item.status) for item in step.evidence] == [(1, EvidenceStatus.EXACT)] * 2
        assert {item.attempt_id for item in step.evidence} == set(step.attempt_ids)
    assert store.curation.count_hints(dataset.id, state=HintState.PROPOSED) == HintCounts(TRIALS, TRIALS, 0, 0)
    assert store.curation.count_hints(dataset.id, state=HintState.PROPOSED, first_trials=2) == HintCounts(2, 2, 0, 0)


def test_curating_again_changes_nothing(store: Store, dataset: Dataset) -> None:
    propose_everywhere(store, dataset)
    curate_dataset(store, dataset)
    before = snapshot(store, dataset)
    curate_dataset(store, dataset)
    assert snapshot(store, dataset) == before


def test_hints_are_the_same_in_every_workspace(tmp_path: Path) -> None:
    found = []
    for name in ("a", "b"):
        with open_store(tmp_path / name) as store:
            dataset = import_list(store, [make_row(talk("Task: sort", "sort list"))]).dataset
            propose_everywhere(store, dataset)
            curate_dataset(store, dataset)
            found.append(snapshot(store, dataset))
    assert found[0] == found[1]


def test_both_extractors_together_make_one_list(store: Store, dataset: Dataset) -> None:
    first = list_attempts(store, dataset)[0]
    save_proposals(store, dataset, {first: [propose(StrategyText(do="Sort the list."), "sort list", message=1)]})
    save_proposals(
        store,
        dataset,
        {first: [propose(StrategyText(do="sort the list"), "sort list", message=1)]},
        extractor=Extractor.RULES,
    )
    curate_dataset(store, dataset)
    (hint,) = store.curation.list_hints(store.traces.list_trials(dataset.id)[0].id)
    assert [origin.extractor for origin in hint.origins] == ["llm", "rules"]


def test_only_the_trials_of_a_batch_are_curated_if_asked(store: Store, dataset: Dataset) -> None:
    ids = list_attempts(store, dataset)
    save_proposals(store, dataset, {ids[0]: [propose(CriterionText(text="Sorted by -k1."), "sort list")]})
    batch = save_proposals(store, dataset, {ids[2]: [propose(CriterionText(text="Sorted by -k1."), "sort list")]})
    curate_dataset(store, dataset, batch_id=batch.id)
    trials = store.traces.list_trials(dataset.id)
    assert [len(store.curation.list_hints(trial.id)) for trial in trials[:3]] == [0, 1, 0]
    assert store.curation.list_extracted_trials(dataset.id) == [trials[0].id, trials[1].id]


def test_progress_is_told_in_portions_and_a_stop_keeps_what_was_done(store: Store, dataset: Dataset) -> None:
    propose_everywhere(store, dataset)
    seen: list[tuple[int, int | None]] = []

    def watch(stage: str, *, done: int = 0, total: int | None = None, failed: int = 0) -> None:
        seen.append((done, total))
        if done == TRIALS_AT_ONCE:
            raise JobStopped("Paused by a person.")

    with pytest.raises(JobStopped):
        curate_dataset(store, dataset, progress=watch)
    assert seen == [(0, TRIALS), (TRIALS_AT_ONCE, TRIALS)]
    counts = store.curation.count_hints(dataset.id, state=HintState.PROPOSED)
    assert counts.tools == TRIALS_AT_ONCE
    curate_dataset(store, dataset)
    assert store.curation.count_hints(dataset.id, state=HintState.PROPOSED).tools == TRIALS


def test_a_worker_that_was_replaced_writes_nothing_more(store: Store, dataset: Dataset) -> None:
    propose_everywhere(store, dataset)
    calls: list[int] = []

    def check_lease() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise WorkerReplaced("Another worker took over.")

    with pytest.raises(WorkerReplaced):
        curate_dataset(store, dataset, check_lease=check_lease)
    assert store.curation.count_hints(dataset.id, state=HintState.PROPOSED).tools == TRIALS_AT_ONCE


def test_a_finding_that_no_longer_holds_goes_and_findings_of_the_trial_stay(store: Store) -> None:
    dataset = import_list(store, [make_row(talk("Sort the list", "sort list"))]).dataset
    (attempt,) = list_attempts(store, dataset)
    trial_id = store.traces.list_trials(dataset.id)[0].id

    def find_codes(quote: str) -> list[str]:
        save_proposals(store, dataset, {attempt: [propose(CriterionText(text="Sorted by -k1."), quote)]})
        curate_dataset(store, dataset)
        return [finding.code for finding in store.curation.list_findings(trial_id)]

    assert find_codes("never said") == ["no-verified-quote", "task-by-fallback"]
    assert find_codes("sort list") == ["task-by-fallback"]


def test_new_evidence_for_the_same_undecided_words_replaces_the_old(store: Store) -> None:
    dataset = import_list(store, [make_row(talk("Sort the list", "sort list"))]).dataset
    (attempt,) = list_attempts(store, dataset)
    trial_id = store.traces.list_trials(dataset.id)[0].id
    for quote in ("Sort the", "the list"):
        save_proposals(store, dataset, {attempt: [propose(CriterionText(text="Sorted by -k1."), quote)]})
        curate_dataset(store, dataset)
        (hint,) = store.curation.list_hints(trial_id)
        assert [item.quote for item in hint.evidence] == [quote]


def test_support_of_a_decided_hint_grows_without_a_new_version(store: Store, dataset: Dataset) -> None:
    one, two, *_ = list_attempts(store, dataset)
    trial_id = store.traces.list_trials(dataset.id)[0].id
    save_proposals(store, dataset, {one: [propose(CriterionText(text="Sorted by -k1."), "sort list")]})
    curate_dataset(store, dataset)
    (hint,) = store.curation.list_hints(trial_id)
    decisions.accept_hint(store, hint, reviewer="Ann", action_id=decisions.new_action_id())
    save_proposals(store, dataset, {two: [propose(CriterionText(text="sorted by -k1"), "sort list")]})
    curate_dataset(store, dataset)
    (after,) = store.curation.list_hints(trial_id)
    assert (after.attempt_ids, after.version, after.state) == ([one, two], 1, HintState.ACCEPTED)
