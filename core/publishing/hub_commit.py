"""The one commit. The client never repeats it, so a lost answer is resolved here: by looking at the head."""

import json
from collections.abc import Sequence

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.errors import HfHubHTTPError

from core.errors import PublishError
from core.publishing.files import CommitFiles
from core.publishing.hub_calls import ERRORS, MAX_TRIES, Calls, HubTimeoutError, is_passing
from core.publishing.hub_tree import holds_files, list_tree

_CONFLICTS = frozenset({409, 412})


def commit_files(
    api: HfApi,
    repo: str,
    parent: str,
    operations: Sequence[CommitOperationAdd | CommitOperationDelete],
    files: CommitFiles,
    calls: Calls,
) -> str:
    """The revision that holds the files. Its parent is `parent`, so nobody else's work is ever overwritten.

    Raises:
        PublishError: Somebody else was faster, or the Hub did not take it.
        HfHubHTTPError: And the others of `ERRORS`: the Hub refused.
    """
    number = 0
    while True:
        number += 1
        try:
            made = calls.run_once(
                lambda: api.create_commit(
                    repo,
                    operations,
                    commit_message=f"Publish {len(files.tasks)} tasks with hints",
                    repo_type="dataset",
                    parent_commit=parent,
                ),
            )
            return str(made.oid)
        except (*ERRORS, HubTimeoutError) as error:
            if _is_refusal(error):
                raise
            revision = _find_commit(api, repo, parent, files, calls)
            if revision is not None:
                return revision
            if number == MAX_TRIES:
                raise
            calls.pause(number, error)


def _is_refusal(error: Exception) -> bool:
    if isinstance(error, HfHubHTTPError) and error.response.status_code in _CONFLICTS:
        return False
    # an answer that is no JSON leaves open what happened
    return not (is_passing(error) or isinstance(error, HubTimeoutError | json.JSONDecodeError))


def _find_commit(api: HfApi, repo: str, parent: str, files: CommitFiles, calls: Calls) -> str | None:
    try:
        head = calls.run(lambda: api.dataset_info(repo)).sha or parent
        if head == parent:
            return None
        tree = list_tree(api, repo, head, calls)
    except (*ERRORS, HubTimeoutError):
        raise PublishError(
            "The Hub broke off while it took the commit, and cannot be asked whether it is in place. "
            "Publish again: a commit that is there is recognised, and no second one is made."
        ) from None
    if holds_files(tree, files):
        return head
    raise PublishError(f"Somebody else changed {repo} meanwhile. Publish again.")
