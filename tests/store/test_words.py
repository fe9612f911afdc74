"""Whether a published trial is still as it was published."""

from core.curation import decisions
from core.models import CriterionText, Dataset, Trial
from core.store import Store
from core.store.publications import NewPublication, Publication, PublicationState, PublishedTrial
from tests.publishing.approved import change_hint, make_approved


def publish(store: Store, dataset: Dataset, trials: list[Trial]) -> Publication:
    words = dict(store.words.iterate_words(dataset.id))
    new = NewPublication(
        dataset_id=dataset.id,
        state=PublicationState.PUBLISHED,
        prefix="p",
        published_by="ada",
        last_decision=store.words.find_last_decision(),
        trials=len(trials),
    )
    return store.publications.create_publication(
        new, ((trial.id, PublishedTrial("h", (), words[trial.id])) for trial in trials)
    )


def test_what_nobody_touched_is_as_it_was_published(store: Store) -> None:
    dataset, trials = make_approved(store, 3)
    assert store.words.list_changed(publish(store, dataset, trials).id) == {}


def test_an_edited_hint_and_a_reopened_trial_are_changes(store: Store) -> None:
    dataset, trials = make_approved(store, 3)
    made = publish(store, dataset, trials)
    change_hint(store, trials[0], position=3, text=CriterionText(text="Another"))
    decisions.reopen_trial(store, trials[2], reviewer="ada", action_id="r")
    assert store.words.list_changed(made.id) == {trials[0].id: "changed", trials[2].id: "not approved"}


def test_a_decision_that_changes_no_word_is_no_change(store: Store) -> None:
    dataset, (trial, *_) = make_approved(store, 1)
    made = publish(store, dataset, [trial])
    decisions.reopen_trial(store, trial, reviewer="ada", action_id="r")
    decisions.approve_trial(store, store.traces.get_trial(trial.id), reviewer="ada", action_id="a")
    assert store.words.list_changed(made.id) == {}


def test_an_edited_task_text_is_a_change(store: Store) -> None:
    dataset, (trial, *_) = make_approved(store, 1)
    made = publish(store, dataset, [trial])
    decisions.edit_task_text(store, trial, "Task: another", reviewer="ada", action_id="e")
    assert store.words.list_changed(made.id) == {trial.id: "changed"}


def test_no_two_lists_of_hints_have_the_same_hash(store: Store) -> None:
    dataset, (one, two) = make_approved(store, 2)
    words = dict(store.words.iterate_words(dataset.id))
    assert words[one.id] != words[two.id]
