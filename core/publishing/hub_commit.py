"""The one commit. The client never repeats it, so a lost answer is resolved here: by looking at the head."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.errors import HfHubHTTPError

from core.errors import PublishConflictError, PublishError
from core.publishing.files import CommitFiles
from core.publishing.hub_calls import ERRORS, MAX_TRIES, Calls, HubTimeoutError, is_passing
from core.publishing.hub_pull_requests import find_pull_request
from core.publishing.hub_tree import holds_files, list_tree

_CONFLICTS = frozenset({409, 412})


class CommitWish(NamedTuple):
    """What the commit is to be."""

    repo: str
    parent: str
    """The head that it must be made on, so that nobody else's work is ever overwritten."""
    title: str
    as_pull_request: bool


class Commit(NamedTuple):
    """A commit that is in the repository."""

    revision: str
    reference: str
    """What its files are read back by: the commit, or the reference of a pull request."""
    pull_request: str | None = None


class CommitLostError(PublishError):
    """Whether the commit is in place is unknown."""


def make_commit(
    api: HfApi,
    wish: CommitWish,
    operations: Sequence[CommitOperationAdd | CommitOperationDelete],
    files: CommitFiles,
    calls: Calls,
) -> Commit:
    """The commit that holds the files, made once, however often it takes to learn that.

    Raises:
        PublishConflictError: Somebody else was faster; nothing was published.
        CommitLostError: The Hub cannot be asked whether it is in place.
        HubTimeoutError: It was never made within the time.
        HfHubHTTPError: And the others of `ERRORS`: the Hub refused.
    """
    number = 0
    while True:
        number += 1
        try:
            made = calls.run_once(
                lambda: api.create_commit(
                    wish.repo,
                    operations,
                    commit_message=wish.title,
                    repo_type="dataset",
                    parent_commit=wish.parent,
                    create_pr=wish.as_pull_request,
                )
            )
            return Commit(str(made.oid), made.pr_revision or str(made.oid), made.pr_url)
        except (*ERRORS, HubTimeoutError) as error:
            if _is_refusal(error):
                raise
            is_last = number == MAX_TRIES or calls.is_time_up
            found = _find_commit(api, wish, files, calls)
            if found is not None:
                return found
            if is_last:
                raise
            calls.pause(number, error)


def _is_refusal(error: Exception) -> bool:
    if isinstance(error, HfHubHTTPError) and error.response.status_code in _CONFLICTS:
        return False
    # an answer that is no JSON leaves open what happened
    return not (is_passing(error) or isinstance(error, HubTimeoutError | json.JSONDecodeError))


def _find_commit(api: HfApi, wish: CommitWish, files: CommitFiles, calls: Calls) -> Commit | None:
    calls.grant_time()
    try:
        head = calls.run(lambda: api.dataset_info(wish.repo)).sha or wish.parent
        if wish.as_pull_request:
            found = find_pull_request(api, wish.repo, wish.title, files, calls)
            if found is not None:
                return Commit(found.revision, found.reference, found.url)
        if head == wish.parent:
            return None
        tree = list_tree(api, wish.repo, head, calls)
    except (*ERRORS, HubTimeoutError):
        raise CommitLostError(
            "The Hub broke off while it took the commit, and cannot be asked whether it is in place. "
            "Publish again: a commit that is there is recognised, and no second one is made."
        ) from None
    if not wish.as_pull_request and holds_files(tree, files):
        return Commit(head, head)
    raise PublishConflictError(
        f"Somebody else changed {wish.repo} meanwhile. Look at a new preview, then publish again."
    )
