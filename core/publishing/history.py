"""What became of published trials since: which of them are not any more as they were published."""

from typing import NamedTuple

from core.store import Store
from core.store.publications import Publication


class ChangedTrial(NamedTuple):
    """A published trial whose words are others now, or that is approved no more."""

    trial_id: int
    name: str
    change: str
    """`changed` or `not approved`."""
    place: str
    """The repository or folder that holds the older words."""


def list_changed_since(store: Store, dataset_id: int) -> list[ChangedTrial]:
    """Trials that changed since they were published, by place; empty if everything is as it was published."""
    return [
        changed
        for publication in store.publications.list_newest(dataset_id)
        for changed in list_changed(store, publication)
    ]


def list_changed(store: Store, publication: Publication) -> list[ChangedTrial]:
    """Trials of one publication that changed since."""
    place = publication.repo or publication.path or ""
    return [
        ChangedTrial(trial_id, store.traces.get_trial(trial_id).name, change, place)
        for trial_id, change in store.words.list_changed(publication.id).items()
    ]
