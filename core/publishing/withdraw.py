"""Withdrawing published trials: a commit without them and their twins, after which they are under review again.

The others are those of the repository's newest publication, as they stand by their decisions now.
"""

from collections.abc import Collection, Sequence
from uuid import UUID, uuid5

from core.curation.decisions import reopen_trial
from core.errors import PublishError, UsageError
from core.models import Dataset, TrialStatus
from core.progress import Progress
from core.publishing.options import PublishOptions, PublishResult
from core.publishing.publish import run_publish
from core.publishing.recording import Made
from core.publishing.targets import Patience
from core.settings import Settings
from core.store import Store
from core.store.publications import Publication, PublicationKind

REASON = "withdrawn"
"""Of the decision that reopens a trial."""
_NAMESPACE = UUID("5f6f0b0e-6a52-4d0c-a1b7-0c8a3f4ad1ce")


def find_published(store: Store, dataset: Dataset, repo: str) -> Publication:
    """The publication that a repository holds now.

    Raises:
        UsageError: This workspace has published nothing of the dataset there.
    """
    for row in store.publications.list_newest(dataset.id):
        if row.repo is not None and repo in (row.repo, row.repo.split("/")[-1]):
            return row
    raise UsageError(f"Nothing of {dataset.name} was published to {repo} from this workspace. Check --repo-name.")


def find_trials(store: Store, publication: Publication, names: Collection[str]) -> list[int]:
    """Ids of the published trials with these names.

    Raises:
        UsageError: One of them is not published there.
    """
    published = store.publications.list_trial_names(publication.id)
    missing = sorted(set(names) - set(published.values()))
    if missing:
        raise UsageError(f'{publication.repo} holds no trial "{missing[0]}". Its trials are in trace_hints.json there.')
    return [trial_id for trial_id, name in published.items() if name in names]


def run_withdrawal(
    store: Store,
    dataset: Dataset,
    repo: str,
    trial_ids: Sequence[int],
    *,
    settings: Settings,
    progress: Progress,
    made: Made,
    patience: Patience | None = None,
) -> PublishResult:
    """Take trials out of a repository by one commit, and put them under review again once it is made.

    Raises:
        PublishError: Nothing was changed, or the message names the commit; also if no task would be left.
        UsageError: Nothing of the dataset was published there, or there is no token.
        JobStopped: `progress` asked to stop; nothing was changed.
    """
    publication = find_published(store, dataset, repo)
    kept = [
        trial_id for trial_id in store.publications.list_trial_names(publication.id) if trial_id not in set(trial_ids)
    ]
    if not kept:
        raise PublishError(
            f"Without these trials {publication.repo} would hold no task, and an empty dataset does not load. "
            "Make it private or delete it on the Hub instead. Nothing was changed."
        )
    asked = PublishOptions.model_validate_json(publication.options)
    options = asked.model_copy(
        update={"repo": publication.repo, "output_dir": None, "only_trials": kept, "create_pr": False, "replace": False}
    )
    result = run_publish(
        store,
        dataset,
        options,
        settings=settings,
        progress=progress,
        made=made._replace(kind=PublicationKind.WITHDRAW),
        patience=patience,
    )
    return result.model_copy(update={"withdrawn": _reopen(store, trial_ids, made)})


def _reopen(store: Store, trial_ids: Sequence[int], made: Made) -> list[str]:
    names = []
    for trial_id in trial_ids:
        trial = store.traces.get_trial(trial_id)
        names.append(trial.name)
        if trial.status is TrialStatus.APPROVED:
            # the same job has the same id: whoever does it again after an interruption decides once
            action_id = str(uuid5(_NAMESPACE, f"{made.job_id} {trial.id} {trial.version}"))
            reopen_trial(store, trial, reviewer=made.published_by, action_id=action_id, reason=REASON)
    return names
