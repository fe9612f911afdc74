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


def list_changed(store: Store, publication: Publication) -> list[ChangedTrial]:
    """Trials of one publication that changed since."""
    return [
        ChangedTrial(trial_id, store.traces.get_trial(trial_id).name, change)
        for trial_id, change in store.words.list_changed(publication.id).items()
    ]
