"""What was published where; and where everything stands, told by the same rows."""

from typing import Any

import pytest

from core.curation import decisions
from core.models import Dataset, JobKind
from core.store import Store
from core.store.publications import NewPublication, Publication, PublicationState, PublishedTrial
from tests.builders import import_list, make_row, talk
from tests.curation.proposals import save_proposals

ANN = "Ann"


@pytest.fixture
def dataset(store: Store) -> Dataset:
    rows = [make_row(talk("Task: x", str(n)), trial_name=f"t{n}") for n in range(4)]
    import_list(store, rows[:1])
    return import_list(store, rows).dataset


def list_trial_ids(store: Store, dataset: Dataset) -> list[int]:
    return [trial.id for trial in store.traces.list_trials(dataset.id)]


def publish(store: Store, dataset: Dataset, hashes: dict[int, str], **values: Any) -> Publication:
    told: dict[str, Any] = {
        "state": PublicationState.PUBLISHED,
        "repo": "acme/tasks",
        "revision": "sha",
        "url": "https://hub.example/acme/tasks",
        "prefix": "x-hints",
        "published_by": ANN,
    }
    content = {trial_id: PublishedTrial(content_hash) for trial_id, content_hash in hashes.items()}
    new = NewPublication(dataset_id=dataset.id, trials=len(content), **(told | values))
    return store.publications.create_publication(new, content.items())


def list_newest_hashes(store: Store, dataset_id: int) -> dict[int, str]:
    return {
        trial_id: trial.content_hash
        for newest in store.publications.list_newest(dataset_id)[:1]
        for trial_id, trial in store.publications.list_trials(newest.id).items()
    }


def test_a_publication_is_a_row_that_knows_its_trials(store: Store, dataset: Dataset) -> None:
    one, two, *_ = list_trial_ids(store, dataset)
    job = store.jobs.create_job(JobKind.PUBLISH, params={}, dataset_id=dataset.id)
    made = publish(store, dataset, {one: "a", two: "b"}, job_id=job.id)
    assert (made.trials, made.repo, made.revision, made.job_id, made.published_by) == (
        2,
        "acme/tasks",
        "sha",
        job.id,
        ANN,
    )
    assert store.publications.list_publications() == [made]


def test_the_last_hashes_are_those_of_the_newest_publication_of_the_dataset(store: Store, dataset: Dataset) -> None:
    one, two, *_ = list_trial_ids(store, dataset)
    assert list_newest_hashes(store, dataset.id) == {}
    publish(store, dataset, {one: "a", two: "b"})
    publish(store, dataset, {one: "c"}, repo=None, revision=None, url=None, path="/tmp/out")
    assert list_newest_hashes(store, dataset.id) == {one: "c"}
    assert list_newest_hashes(store, 99) == {}


def test_publications_are_listed_newest_first_and_by_dataset(store: Store, dataset: Dataset) -> None:
    ids = [publish(store, dataset, {}).id for _ in range(3)]
    assert [made.id for made in store.publications.list_publications(limit=2)] == ids[:0:-1]
    assert [made.id for made in store.publications.list_publications(dataset_id=dataset.id)] == ids[::-1]
    assert store.publications.list_publications(dataset_id=99) == []


def test_a_pending_publication_counts_as_nothing_and_can_be_forgotten(store: Store, dataset: Dataset) -> None:
    one, two, *_ = list_trial_ids(store, dataset)
    publish(store, dataset, {one: "a"})
    pending = publish(store, dataset, {one: "b", two: "b"}, state=PublicationState.PENDING, revision=None)
    assert list_newest_hashes(store, dataset.id) == {one: "a"}
    assert store.overview.count_stages(dataset.id).published == 1
    assert store.publications.list_unsettled("acme/tasks") == [pending]
    store.publications.save_outcome(pending.id, PublicationState.UNVERIFIED, revision="new")
    store.publications.drop_publication(pending.id)
    assert store.publications.list_publications()[0].revision == "new", "only what is pending can be forgotten"
    assert store.overview.count_stages(dataset.id).published == 2
    pending = publish(store, dataset, {}, state=PublicationState.PENDING)
    store.publications.drop_publication(pending.id)
    assert pending.id not in [row.id for row in store.publications.list_publications()]


def test_a_proposed_publication_is_not_published(store: Store, dataset: Dataset) -> None:
    one, *_ = list_trial_ids(store, dataset)
    publish(store, dataset, {one: "a"}, state=PublicationState.PROPOSED)
    assert store.overview.count_stages(dataset.id).published == 0
    assert store.publications.list_newest(dataset.id) == []


def test_each_place_has_its_newest_publication(store: Store, dataset: Dataset) -> None:
    publish(store, dataset, {})
    folder = publish(store, dataset, {}, repo=None, revision=None, url=None, path="/tmp/out")
    hub = publish(store, dataset, {})
    publish(store, dataset, {}, state=PublicationState.PENDING)
    assert store.publications.list_newest(dataset.id) == [hub, folder]


def test_a_publication_keeps_the_decisions_that_each_trial_was_made_of(store: Store, dataset: Dataset) -> None:
    one, *_ = list_trial_ids(store, dataset)
    trial = PublishedTrial("hash", ("d1", "d2"), "words")
    new = NewPublication(
        dataset_id=dataset.id, state=PublicationState.PUBLISHED, prefix="x", published_by=ANN, trials=1
    )
    made = store.publications.create_publication(new, [(one, trial)])
    assert store.publications.list_trials(made.id) == {one: trial}


def test_each_trial_is_counted_at_the_stages_it_reached(store: Store, dataset: Dataset) -> None:
    trials = store.traces.list_trials(dataset.id)
    attempts = [store.traces.list_attempts(trial.id)[0].id for trial in trials]
    save_proposals(store, dataset, {attempt: [] for attempt in attempts[:3]})
    decisions.approve_trial(store, trials[0], reviewer=ANN, action_id=decisions.new_action_id())
    decisions.reject_trial(store, trials[1], reason="r", reviewer=ANN, action_id=decisions.new_action_id())
    publish(store, dataset, {trials[0].id: "a"})
    stages = store.overview.count_stages(dataset.id)
    assert (stages.trials, stages.attempts, stages.extracted) == (4, 4, 3)
    assert (stages.reviewed, stages.approved, stages.rejected, stages.published) == (2, 1, 1, 1)
    assert (stages.failed_attempts, stages.to_check) == (0, 0)


def test_nothing_reached_any_stage_of_a_dataset_that_is_not_there(store: Store) -> None:
    assert set(store.overview.count_stages(99)) == {0}
