"""Suggestions: open until a person decides, and never opened again by the machine."""

import pytest

from core.curation.curate import curate_dataset
from core.models import Dataset, Origin, StrategyText, Suggestion
from core.store import Store
from tests.builders import import_list, make_row, talk
from tests.curation.proposals import propose, save_proposals

ORIGIN = Origin(extractor="llm", model="m", prompt_version="p")


@pytest.fixture
def dataset(store: Store) -> Dataset:
    dataset = import_list(store, [make_row(talk("Task: sort the list", "sort list.txt"))]).dataset
    (trial,) = store.traces.list_trials(dataset.id)
    (attempt,) = store.traces.list_attempts(trial.id)
    hints = [propose(StrategyText(do=words), "sort the list") for words in ("Open `a.txt`.", "Sort `a.txt` by name.")]
    save_proposals(store, dataset, {attempt.id: hints})
    curate_dataset(store, dataset)
    return dataset


def suggest(store: Store, dataset: Dataset, name: str, *, hint_ids: list[str] | None = None) -> Suggestion:
    (trial,) = store.traces.list_trials(dataset.id)
    ids = hint_ids or [hint.id for hint in store.curation.list_hints(trial.id)]
    text = StrategyText(do=f"Do {name}.")
    return Suggestion(id=name, trial_id=trial.id, kind="merge", hint_ids=ids, text=text, origin=ORIGIN)


def test_suggestions_come_back_as_they_were_saved_in_their_order(store: Store, dataset: Dataset) -> None:
    saved = [suggest(store, dataset, "b"), suggest(store, dataset, "a")]
    store.suggestions.save_suggestions(saved[0].trial_id, saved)
    assert store.suggestions.list_suggestions(saved[0].trial_id) == saved


def test_new_suggestions_replace_open_ones_and_leave_decided_ones_alone(store: Store, dataset: Dataset) -> None:
    first = [suggest(store, dataset, name) for name in ("a", "b", "c")]
    trial_id = first[0].trial_id
    store.suggestions.save_suggestions(trial_id, first)
    assert store.suggestions.save_suggestion_state("a", "dismissed")
    assert store.suggestions.save_suggestion_state("b", "accepted")
    store.suggestions.save_suggestions(trial_id, [first[0], suggest(store, dataset, "d")])
    states = {item.id: item.state for item in store.suggestions.list_suggestions(trial_id)}
    assert states == {"a": "dismissed", "b": "accepted", "d": "open"}


def test_a_decision_on_a_suggestion_can_be_undone(store: Store, dataset: Dataset) -> None:
    item = suggest(store, dataset, "a")
    store.suggestions.save_suggestions(item.trial_id, [item])
    store.suggestions.save_suggestion_state("a", "accepted")
    store.suggestions.save_suggestion_state("a", "open")
    assert store.suggestions.list_suggestions(item.trial_id) == [item]
    assert not store.suggestions.save_suggestion_state("never saved", "accepted")


def test_a_suggestion_about_a_hint_that_is_gone_is_not_offered(store: Store, dataset: Dataset) -> None:
    item = suggest(store, dataset, "a", hint_ids=["gone"])
    store.suggestions.save_suggestions(item.trial_id, [item])
    assert store.suggestions.list_suggestions(item.trial_id) == []
