"""The number of a trial names its published folder: it stays the trial's when the source is imported again."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.curation.curate import curate_dataset
from core.models import Dataset, Extractor, Grouping, HintState, StrategyText, TrialStatus
from core.store import Store, open_store
from core.store.batch_models import BatchConfig
from core.traces.importing import import_source
from core.traces.options import ImportOptions
from tests.builders import Imported, ListSource, Row, import_list, make_row, run_sql, talk
from tests.curation.proposals import propose, save_proposals
from tests.workspaces import create_batch


def import_names(store: Store, *names: str, **options: Any) -> Imported:
    rows: list[Row] = [make_row(talk(f"Task: {name}", "done"), trial_name=name, task="one") for name in names]
    return import_list(store, rows, **options)


def list_numbers(imported: Imported) -> dict[str, int]:
    return {found.trial.name: found.trial.number for found in imported.trials}


def test_trials_of_a_new_revision_keep_their_numbers_and_new_ones_get_the_next(store: Store) -> None:
    assert list_numbers(import_names(store, "a", "b", "c")) == {"a": 0, "b": 1, "c": 2}
    assert list_numbers(import_names(store, "new", "c", "a")) == {"new": 3, "c": 2, "a": 0}


def test_a_number_of_a_trial_that_went_is_nobody_elses_until_it_comes_back(store: Store) -> None:
    import_names(store, "a", "b")
    import_names(store, "a")
    assert list_numbers(import_names(store, "x", "b", "a")) == {"x": 2, "b": 1, "a": 0}


def test_another_source_begins_from_0(store: Store) -> None:
    import_names(store, "a", "b")
    source = ListSource([make_row(talk("Task: b", "done"), trial_name="b")], name="other")
    assert list_numbers(Imported(store, *import_source(store, source, ImportOptions()))) == {"b": 0}


def test_another_grouping_never_gives_a_number_to_another_trial(store: Store) -> None:
    import_names(store, "a", "b")
    assert list_numbers(import_names(store, "a", "b", group_by=Grouping.TASK)) == {"one": 2}


def test_two_trials_with_one_name_have_two_numbers(store: Store) -> None:
    # a task, and a trial without one that is called like it
    rows = [
        make_row(talk("Task: x", "done"), trial_name="a", task="same"),
        make_row(talk("Task: y", "done"), trial_name="same"),
    ]
    first = import_list(store, rows, group_by=Grouping.TASK)
    again = import_list(store, rows, group_by=Grouping.TASK, cut_at_marker=True)
    assert [found.trial.name for found in again.trials] == ["same", "same"]
    assert [found.trial.number for found in first.trials] == [0, 1]
    assert sorted(found.trial.number for found in again.trials) == [0, 2]


def test_numbers_that_an_older_version_gave_twice_are_told_apart(store: Store) -> None:
    import_names(store, "a", "b")
    second = import_names(store, "b", "a", "c")
    # as versions did it that numbered every import from 0
    for number, name in ((10, "b"), (11, "a"), (12, "c"), (0, "b"), (1, "a"), (2, "c")):
        run_sql(
            store.home,
            "UPDATE trials SET number = ? WHERE name = ? AND dataset_id = ?",
            number,
            name,
            second.dataset.id,
        )
    assert list_numbers(import_names(store, "d", "c", "b", "a")) == {"d": 3, "c": 2, "b": 0, "a": 1}


@given(st.lists(st.lists(st.sampled_from("abcdefg"), unique=True, min_size=1), min_size=1, max_size=4))
def test_a_name_has_one_number_and_a_number_one_name_over_all_imports(
    tmp_path_factory: pytest.TempPathFactory, revisions: list[list[str]]
) -> None:
    numbers: dict[str, int] = {}
    with open_store(tmp_path_factory.mktemp("numbers")) as store:
        for names in revisions:
            for name, number in list_numbers(import_names(store, *names)).items():
                assert numbers.setdefault(name, number) == number
    assert sorted(numbers.values()) == list(range(len(numbers)))


@pytest.fixture
def with_gaps(store: Store) -> Dataset:
    """Trials with the numbers 1, 3 and 4."""
    import_names(store, "a", "b", "c")
    imported = import_names(store, "b", "x", "y")
    assert list(list_numbers(imported).values()) == [1, 3, 4]
    return imported.dataset


def test_the_first_trials_are_counted_and_not_numbered(store: Store, with_gaps: Dataset) -> None:
    names = [trial.name for trial in store.traces.list_trials(with_gaps.id, first=2)]
    assert names == ["b", "x"]
    batch = create_batch(store, with_gaps, BatchConfig(extractor=Extractor.RULES, first_trials=2))
    assert store.batches.count_requests(batch.id).total == 2
    attempts = {
        trial.id: store.traces.list_attempts(trial.id)[0].id for trial in store.traces.list_trials(with_gaps.id)
    }
    proposals = [propose(StrategyText(do="Do it."), "done", message=1)]
    save_proposals(store, with_gaps, dict.fromkeys(attempts.values(), proposals))
    curate_dataset(store, with_gaps)
    assert store.curation.count_hints(with_gaps.id, state=HintState.PROPOSED, first_trials=2).strategies == 2
    for trial_id in attempts:
        store.subjects.save_status(trial_id, TrialStatus.APPROVED)
    assert list(store.curation.iterate_approved(with_gaps.id, first_trials=2)) == list(attempts)[:2]
    assert list(store.curation.iterate_approved(with_gaps.id)) == list(attempts)
